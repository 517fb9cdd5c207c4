/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sections of an ELF file of any class and byte order, read in place from
 * bytes that nobody vouches for. No relocation, no loading, no copies: a view
 * points into the bytes and lives as long as they do. Layouts: elf(5).
 */
#ifndef ROOTWARD_ELF_VIEW_H
#define ROOTWARD_ELF_VIEW_H

#include "util.h"

struct elf_view {
	const unsigned char *data;
	size_t size;
	bool is64, big_endian;
	uint16_t type, machine; /* e_type, e_machine */
	uint64_t shoff;
	uint32_t shnum;
	uint32_t shentsize;
	const char *names; /* section names; ends in NUL */
	size_t names_size;
};

struct elf_section {
	const char *name; /* "" where there is none */
	uint32_t type, link, info;
	uint64_t addr;
	const unsigned char *data; /* NULL for SHT_NOBITS and SHT_NULL */
	size_t size;		   /* of data: 0 where that is NULL */
};

struct elf_symbol {
	const char *name;
	uint64_t value;
	uint16_t shndx;
	unsigned char info;
};

/* Symbols with the strings they name: a table whose every entry can be read. */
struct elf_symtab {
	const struct elf_view *elf;
	const unsigned char *data;
	size_t count;
	uint32_t first_global; /* at most count */
	const char *strings;   /* ends in NUL */
	size_t strings_size;
};

/* Header and section table checked. Errors: not ELF, unknown class or byte order, truncated, no section names. */
struct err *elf_view_open(const void *data, size_t size, struct elf_view *out) MUST_CHECK NONNULL(1, 3);

/*
 * The header alone of a file whose end may not be there: no sections (shnum 0). Errors: not ELF, unknown class or
 * byte order, truncated inside its header.
 */
struct err *elf_view_head(const void *data, size_t size, struct elf_view *out) MUST_CHECK NONNULL(1, 3);

/* Where in the file the first program header of TYPE (PT_*) begins; false when there is none in what is there. */
bool elf_view_segment(const struct elf_view *elf, uint32_t type, uint64_t *offset) MUST_CHECK NONNULL(1, 3);

/* Section I (< shnum); an error names it when it reaches past the end of the file. */
struct err *elf_view_section(const struct elf_view *elf, uint32_t i, struct elf_section *out) MUST_CHECK NONNULL(1, 3);

/* Symbols of SECTION (SHT_SYMTAB). Errors: no string table, or one that does not end in NUL. */
struct err *elf_view_symtab(const struct elf_view *elf, const struct elf_section *section, struct elf_symtab *out)
    MUST_CHECK NONNULL(1, 2, 3);

/* Symbol I (< count); a name outside the string table reads as "". */
struct elf_symbol elf_symtab_at(const struct elf_symtab *tab, size_t i) NONNULL(1);

/* An unsigned number of the file's byte order; the caller has checked that it is inside. */
uint32_t elf_u32(const struct elf_view *elf, const unsigned char *p) NONNULL(1, 2);
uint64_t elf_u64(const struct elf_view *elf, const unsigned char *p) NONNULL(1, 2);

/* "x86-64", "AArch64", ... or "machine N" for those without a name here; BUF holds that. */
const char *elf_machine_name(uint16_t machine, char *buf, size_t size) NONNULL(2) __attribute__((returns_nonnull));

#endif
