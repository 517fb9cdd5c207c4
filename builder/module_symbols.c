/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module needs and exports, with the CRCs that it was built with. */
#include <elf.h>
#include <string.h>

#include "module_elf_parts.h"

/* Room of one entry of __versions: struct modversion_info of include/linux/module.h is always 64 bytes. */
#define VERSION_ENTRY 64

/* Names with a CRC, for the length of one module_elf_read: open addressing, at most half full. */
struct crc_table {
	struct crc_slot {
		const char *name; /* NULL: free */
		uint32_t crc;
	} * slots;
	size_t mask;
};

static size_t hash_name(const char *name)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static void crc_table_init(struct crc_table *t, size_t names)
{
	size_t cap = 16;
	while (cap < names * 2)
		cap *= 2;
	t->slots = xcalloc(cap, sizeof(*t->slots));
	t->mask = cap - 1;
}

static void crc_table_free(struct crc_table *t)
{
	free(t->slots);
}

/* NAME's slot, or the free one where it belongs. */
static struct crc_slot *crc_slot(const struct crc_table *t, const char *name)
{
	size_t i = hash_name(name) & t->mask;
	while (t->slots[i].name && strcmp(t->slots[i].name, name) != 0)
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static void crc_put(struct crc_table *t, const char *name, uint32_t crc)
{
	struct crc_slot *slot = crc_slot(t, name);
	if (!slot->name) /* the kernel takes the first of several */
		*slot = (struct crc_slot){name, crc};
}

/* One entry for each of __versions. Its CRC field is an unsigned long of the target. */
static void read_versions(const struct elf_view *elf, const struct elf_section *versions, struct crc_table *t)
{
	size_t crc_len = elf->is64 ? 8 : 4;
	for (size_t at = 0; versions->size - at >= VERSION_ENTRY; at += VERSION_ENTRY) {
		const unsigned char *p = versions->data + at;
		const char *name = (const char *)p + crc_len;
		if (!memchr(name, '\0', VERSION_ENTRY - crc_len))
			continue;
		crc_put(t, name, elf->is64 ? (uint32_t)elf_u64(elf, p) : elf_u32(elf, p));
	}
}

/* __version_ext_names holds as many NUL-terminated names as __version_ext_crcs holds CRCs. */
static void read_ext_versions(const struct elf_view *elf, const struct module_sections *s, struct crc_table *t)
{
	const char *name = (const char *)s->ext_names.data;
	size_t left = s->ext_names.size;
	for (size_t i = 0; i < s->ext_crcs.size / 4; i++) {
		const char *end = left ? memchr(name, '\0', left) : NULL;
		if (!end)
			return;
		crc_put(t, name, elf_u32(elf, s->ext_crcs.data + i * 4));
		left -= (size_t)(end - name) + 1;
		name = end + 1;
	}
}

/*
 * "_GLOBAL_OFFSET_TABLE_" is left undefined and unused by old assemblers; the
 * kernel passes over it (ignore_undef_symbol of kernel/module/main.c).
 */
static bool may_be_missing(const struct elf_symbol *sym)
{
	return ELF64_ST_BIND(sym->info) == STB_WEAK || strcmp(sym->name, "_GLOBAL_OFFSET_TABLE_") == 0;
}

static void read_imports(const struct elf_symtab *tab, const struct crc_table *versions, struct module_elf *out)
{
	for (size_t i = tab->first_global; i < tab->count; i++) {
		struct elf_symbol sym = elf_symtab_at(tab, i);
		if (sym.shndx != SHN_UNDEF || !sym.name[0])
			continue;
		struct symbol_ref ref = {.name = sym.name, .weak = may_be_missing(&sym)};
		const struct crc_slot *slot = crc_slot(versions, sym.name);
		if (slot->name) {
			ref.crc = slot->crc;
			ref.has_crc = true;
		}
		VEC_PUSH(&out->imports, ref);
	}
	/* No symbol refers to it, but the kernel compares its CRC first (check_modstruct_version). */
	const struct crc_slot *layout = crc_slot(versions, "module_layout");
	if (layout->name)
		VEC_PUSH(&out->imports,
			 ((struct symbol_ref){.name = "module_layout", .crc = layout->crc, .has_crc = true}));
}

/* The CRC that a __crc_NAME symbol stands for: its value itself (before Linux 5.19), or what its section holds there.
 */
static bool crc_value(const struct elf_view *elf, const struct elf_symbol *sym, uint32_t *crc)
{
	*crc = (uint32_t)sym->value;
	if (sym->shndx == SHN_ABS)
		return true;
	struct elf_section s;
	struct err *e =
	    sym->shndx < elf->shnum ? elf_view_section(elf, sym->shndx, &s) : err_new(EXIT_VERIFY, "no such section");
	bool ok = !e && s.size >= 4 && sym->value <= s.size - 4;
	if (ok)
		*crc = elf_u32(elf, s.data + sym->value);
	err_free(e);
	return ok;
}

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* The string of __ksymtab_strings that a __kstrtabns_NAME symbol stands for; NULL none or empty. */
static const char *export_space(const struct module_sections *s, const struct elf_symbol *sym)
{
	const struct elf_section *strings = &s->export_strings;

	if (!s->export_strings_number || sym->shndx != s->export_strings_number || sym->value >= strings->size)
		return NULL;
	const unsigned char *text = strings->data + sym->value;
	return *text && memchr(text, '\0', strings->size - (size_t)sym->value) ? (const char *)text : NULL;
}

/* What the symbol table says of exports beside their names: NAME -> CRC, and NAME -> place of its namespace. */
static void collect_exports(const struct elf_symtab *tab, const struct module_sections *s, struct crc_table *crcs,
			    struct crc_table *spaces)
{
	size_t names = 0, spaced = 0;
	for (size_t i = 1; i < tab->count; i++) {
		const char *name = elf_symtab_at(tab, i).name;
		names += after(name, "__crc_") != NULL;
		spaced += after(name, "__kstrtabns_") != NULL;
	}
	crc_table_init(crcs, names);
	crc_table_init(spaces, spaced);
	for (size_t i = 1; i < tab->count; i++) {
		struct elf_symbol sym = elf_symtab_at(tab, i);
		const char *name = after(sym.name, "__crc_");
		uint32_t crc;
		if (name && sym.shndx != SHN_UNDEF && crc_value(tab->elf, &sym, &crc))
			crc_put(crcs, name, crc);
		name = after(sym.name, "__kstrtabns_");
		if (name && export_space(s, &sym))
			crc_put(spaces, name, (uint32_t)sym.value);
	}
}

/* modpost and EXPORT_SYMBOL leave __ksymtab_NAME, __kstrtabns_NAME and, with versions, __crc_NAME among the symbols. */
static void read_exports(const struct elf_symtab *tab, const struct module_sections *s, struct module_elf *out)
{
	CLEANUP(crc_table_free) struct crc_table crcs = {0};
	CLEANUP(crc_table_free) struct crc_table spaces = {0};
	collect_exports(tab, s, &crcs, &spaces);
	for (size_t i = 1; i < tab->count; i++) {
		struct elf_symbol sym = elf_symtab_at(tab, i);
		const char *name = after(sym.name, "__ksymtab_");
		if (!name || sym.shndx == SHN_UNDEF)
			continue;
		const struct crc_slot *slot = crc_slot(&crcs, name);
		const struct crc_slot *space = crc_slot(&spaces, name);
		struct symbol_ref ref = {
		    .name = name,
		    .crc = slot->crc,
		    .has_crc = slot->name != NULL,
		    .gpl_only = s->gpl_exports && sym.shndx == s->gpl_exports,
		    .space = space->name ? (const char *)s->export_strings.data + space->crc : NULL,
		};
		VEC_PUSH(&out->exports, ref);
	}
}

struct err *module_symbols_read(const struct elf_view *elf, const struct module_sections *s, struct module_elf *out)
{
	struct elf_symtab tab;
	CLEANUP(crc_table_free) struct crc_table versions = {0};
	if (!s->symtab.size)
		return err_new(EXIT_VERIFY,
			       "stripped of its symbol table, no kernel loads it: install the module anew");
	TRY(elf_view_symtab(elf, &s->symtab, &tab));
	crc_table_init(&versions, s->versions.size / VERSION_ENTRY + s->ext_crcs.size / 4);
	read_versions(elf, &s->versions, &versions);
	read_ext_versions(elf, s, &versions);
	read_imports(&tab, &versions, out);
	if (s->has_exports)
		read_exports(&tab, s, out);
	return NULL;
}
