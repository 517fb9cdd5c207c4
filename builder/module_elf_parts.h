/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of module_elf_read(): module_elf.c finds sections and reads .modinfo, module_symbols.c the symbols. */
#ifndef ROOTWARD_MODULE_ELF_PARTS_H
#define ROOTWARD_MODULE_ELF_PARTS_H

#include "elf_view.h"
#include "module_elf.h"

/* The sections of a module that say something about it; size 0 where it has none. */
struct module_sections {
	struct elf_section symtab, modinfo;
	struct elf_section versions;		/* CRC and name, 64 bytes each */
	struct elf_section ext_crcs, ext_names; /* the same for names of any length, since Linux 6.14 */
	bool has_exports;			/* there is an __ksymtab* */
	uint32_t gpl_exports;			/* section __ksymtab_gpl, 0 none */
	struct elf_section export_strings;	/* __ksymtab_strings: names and namespaces */
	uint32_t export_strings_number;
};

/* Imports and exports of the module with sections S into OUT. */
struct err *module_symbols_read(const struct elf_view *elf, const struct module_sections *s, struct module_elf *out)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
