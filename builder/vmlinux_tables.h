/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the export tables of a vmlinux are. Used by vmlinux.c only. */
#ifndef ROOTWARD_VMLINUX_TABLES_H
#define ROOTWARD_VMLINUX_TABLES_H

#include "elf_view.h"
#include "vmlinux_payload.h"

/* One __ksymtab* section with the __kcrctab* of the same suffix. */
struct export_table {
	struct elf_section symbols, crcs; /* crcs.size 0: a kernel without versions */
	bool gpl_only;
};

/* The kernel has two of them now; before Linux 5.12 there were five. */
#define EXPORT_TABLES_MAX 8

struct export_tables {
	struct export_table t[EXPORT_TABLES_MAX];
	size_t count;
	struct elf_section strings; /* __ksymtab_strings */
	struct elf_section data;    /* read-only data that holds the vermagic, and what lies before it */
};

/* By the section table. */
struct err *export_tables_find(const struct elf_view *elf, struct export_tables *out) MUST_CHECK NONNULL(1, 2);

/*
 * The start of P, a compressed vmlinux, up to the end of its tables into *START
 * (malloc, given to the caller), ELF a view of it without sections. The tables
 * end where the notes begin, for RO_DATA of include/asm-generic/vmlinux.lds.h puts
 * them in this order; on Debian's kernels that is after a third of the bytes.
 * As the section table is at the end, tables are known by what they must be: two
 * runs of entries sorted by name, as many checksums, then the names.
 * False for any other kernel, which must be read as a whole.
 */
bool export_tables_early(const struct vmlinux_payload *p, unsigned char **start, struct elf_view *elf,
			 struct export_tables *out) MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
