/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module_elf.h"

#include <elf.h>
#include <string.h>

#include "../early-init/plan/modinfo.h"
#include "../early-init/plan/signature.h"
#include "elf_view.h"

/* Room of one entry of __versions: struct modversion_info of include/linux/module.h is always 64 bytes. */
#define VERSION_ENTRY 64

/* The sections of a module that say something about it; size 0 where it has none. */
struct sections {
	struct elf_section symtab, modinfo;
	struct elf_section versions;		/* CRC and name, 64 bytes each */
	struct elf_section ext_crcs, ext_names; /* the same for names of any length, since Linux 6.14 */
	bool has_exports;			/* there is an __ksymtab* */
	uint32_t gpl_exports;			/* section __ksymtab_gpl, 0 none */
	struct elf_section export_strings;	/* __ksymtab_strings: names and namespaces */
	uint32_t export_strings_number;
};

static struct err *find_sections(const struct elf_view *elf, struct sections *out)
{
	*out = (struct sections){0};
	for (uint32_t i = 1; i < elf->shnum; i++) {
		struct elf_section s;
		TRY(elf_view_section(elf, i, &s));
		if (!s.size)
			continue;
		if (s.type == SHT_SYMTAB)
			out->symtab = s;
		else if (strcmp(s.name, ".modinfo") == 0)
			out->modinfo = s;
		else if (strcmp(s.name, "__versions") == 0)
			out->versions = s;
		else if (strcmp(s.name, "__version_ext_crcs") == 0)
			out->ext_crcs = s;
		else if (strcmp(s.name, "__version_ext_names") == 0)
			out->ext_names = s;
		else if (strncmp(s.name, "__ksymtab", strlen("__ksymtab")) == 0)
			out->has_exports = true;
		if (strcmp(s.name, "__ksymtab_gpl") == 0)
			out->gpl_exports = i;
		if (strcmp(s.name, "__ksymtab_strings") == 0) {
			out->export_strings = s;
			out->export_strings_number = i;
		}
	}
	return NULL;
}

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
static void read_ext_versions(const struct elf_view *elf, const struct sections *s, struct crc_table *t)
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
static const char *export_space(const struct sections *s, const struct elf_symbol *sym)
{
	const struct elf_section *strings = &s->export_strings;

	if (!s->export_strings_number || sym->shndx != s->export_strings_number || sym->value >= strings->size)
		return NULL;
	const unsigned char *text = strings->data + sym->value;
	return *text && memchr(text, '\0', strings->size - (size_t)sym->value) ? (const char *)text : NULL;
}

/* What the symbol table says of exports beside their names: NAME -> CRC, and NAME -> place of its namespace. */
static void collect_exports(const struct elf_symtab *tab, const struct sections *s, struct crc_table *crcs,
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
static void read_exports(const struct elf_symtab *tab, const struct sections *s, struct module_elf *out)
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

static struct err *read_symbols(const struct elf_view *elf, const struct sections *s, struct module_elf *out)
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

/* depends= is a list joined by commas. */
static void split_depends(struct module_elf *out, const char *list)
{
	for (;;) {
		size_t n = strcspn(list, ",");
		if (n)
			VEC_PUSH(&out->depends, arena_strndup(&out->arena, list, n));
		if (!list[n])
			return;
		list += n + 1;
	}
}

/* A key of .modinfo; FN gets it with its NUL. Longer ones are none of the kernel's: those are under 20 bytes. */
#define MODINFO_KEY_MAX 64

static void each_modinfo(const struct elf_section *section, modinfo_fn *fn, void *arg)
{
	struct modinfo info;
	struct modinfo_entry entry;
	char key[MODINFO_KEY_MAX];
	modinfo_from_strings((const char *)section->data, section->size, &info);
	while (modinfo_next(&info, &entry)) {
		if (entry.key_len >= sizeof(key))
			continue;
		memcpy(key, entry.key, entry.key_len);
		key[entry.key_len] = '\0';
		fn(arg, key, entry.value);
	}
}

static void keep_modinfo(void *arg, const char *key, const char *value)
{
	struct module_elf *out = arg;
	if (strcmp(key, "name") == 0)
		out->name = value;
	else if (strcmp(key, "vermagic") == 0)
		out->vermagic = value;
	else if (strcmp(key, "license") == 0)
		out->license = value;
	else if (strcmp(key, "import_ns") == 0)
		VEC_PUSH(&out->import_spaces, value);
	else if (strcmp(key, "firmware") == 0)
		VEC_PUSH(&out->firmware, value);
	else if (strcmp(key, "softdep") == 0)
		VEC_PUSH(&out->softdeps, value);
	else if (strcmp(key, "alias") == 0)
		VEC_PUSH(&out->aliases, value);
	else if (strcmp(key, "depends") == 0)
		split_depends(out, value);
	else if (strcmp(key, "parmtype") == 0)
		VEC_PUSH(&out->params, arena_strndup(&out->arena, value, strcspn(value, ":")));
}

static struct err *open_module(const void *data, size_t size, struct elf_view *elf, struct sections *s)
{
	TRY(elf_view_open(data, size, elf));
	if (elf->type != ET_REL)
		return err_new(EXIT_VERIFY, "not a kernel module: an ELF file, but not a relocatable one");
	return find_sections(elf, s);
}

/* A key's serial number or id has 20 bytes; what is longer is none. */
#define KEY_MAX 256

static void keep_signature(const struct module_signature *sig, struct module_elf *out)
{
	out->has_signature = sig->present;
	out->sig_id = sig->id;
	out->sig_hash = sig->hash;
	if (sig->signer.at)
		out->sig_signer = arena_strndup(&out->arena, (const char *)sig->signer.at, sig->signer.len);
	if (sig->key.at && sig->key.len <= KEY_MAX) {
		char *key = arena_alloc(&out->arena, SIGNATURE_HEX_SIZE(sig->key.len));
		signature_hex(&sig->key, key);
		out->sig_key = key;
	}
}

struct err *module_elf_read(const void *data, size_t size, struct module_elf *out)
{
	struct elf_view elf;
	struct sections s;
	struct module_signature sig;
	*out = (struct module_elf){0};
	signature_read(data, size, &sig);
	keep_signature(&sig, out);
	struct err *e = open_module(data, sig.module_size, &elf, &s);
	if (!e) {
		out->machine = elf.machine;
		each_modinfo(&s.modinfo, keep_modinfo, out);
		e = read_symbols(&elf, &s, out);
	}
	if (e)
		module_elf_free(out);
	return e;
}

void module_elf_free(struct module_elf *m)
{
	VEC_FREE(&m->import_spaces);
	VEC_FREE(&m->firmware);
	VEC_FREE(&m->params);
	VEC_FREE(&m->softdeps);
	VEC_FREE(&m->aliases);
	VEC_FREE(&m->depends);
	VEC_FREE(&m->imports);
	VEC_FREE(&m->exports);
	arena_free(&m->arena);
}

struct err *module_elf_modinfo(const void *data, size_t size, modinfo_fn *fn, void *arg)
{
	struct elf_view elf;
	struct sections s;
	TRY(open_module(data, size, &elf, &s));
	each_modinfo(&s.modinfo, fn, arg);
	return NULL;
}
