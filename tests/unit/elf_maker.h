/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small ELF files made for tests: 64 bits, little endian, sections and symbols as the caller says. */
#ifndef ROOTWARD_TESTS_ELF_MAKER_H
#define ROOTWARD_TESTS_ELF_MAKER_H

#include <elf.h>

#include "../../builder/util.h"

#define ELF_MAKER_SECTIONS 24

struct elf_maker {
	struct buf body;    /* the sections' bytes, in order */
	struct buf names;   /* .shstrtab */
	struct buf symbols; /* .symtab, its null symbol left to elf_finish */
	struct buf strings; /* .strtab */
	Elf64_Shdr headers[ELF_MAKER_SECTIONS];
	unsigned count; /* section 0 included */
};

void elf_begin(struct elf_maker *m);
/* Number of the new section. */
unsigned elf_add(struct elf_maker *m, const char *name, const void *data, size_t size, uint64_t addr);
/* Global (BIND STB_GLOBAL or STB_WEAK) symbols only; SHNDX 0 is an import. */
void elf_symbol(struct elf_maker *m, const char *name, unsigned bind, uint16_t shndx, uint64_t value);
/* The file into OUT; M is freed. */
void elf_finish(struct elf_maker *m, uint16_t type, uint16_t machine, struct buf *out);

/* One entry of __versions. */
void version_entry(struct buf *versions, uint32_t crc, const char *name);

/* A module for KERNEL_MAGIC: imports printk with CRC 0x11111111; EXPORT (may be NULL) is exported with CRC 0x22222222;
 * NEEDS (may be NULL) is imported with NEEDS_CRC. */
void make_module(struct buf *out, const char *name, const char *vermagic, const char *export_name, const char *needs,
		 uint32_t needs_crc);
/* A vmlinux that exports printk with CRC 0x11111111 and says KERNEL_MAGIC. */
void make_vmlinux(struct buf *out);
#define KERNEL_RELEASE "6.1.0-test"
#define KERNEL_MAGIC KERNEL_RELEASE " SMP preempt mod_unload modversions "

#endif
