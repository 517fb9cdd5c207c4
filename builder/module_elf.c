/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module_elf.h"

#include <elf.h>
#include <string.h>

#include "../early-init/plan/modinfo.h"
#include "../early-init/plan/signature.h"
#include "module_elf_parts.h"

static struct err *find_sections(const struct elf_view *elf, struct module_sections *out)
{
	*out = (struct module_sections){0};
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

/* "NAME:type" or "NAME:words": module_param_cb() makes only the second, MODULE_PARM_DESC() need not be there. */
static void keep_param(struct module_elf *out, const char *value)
{
	size_t len = strcspn(value, ":");

	for (size_t i = 0; i < out->params.count; i++)
		if (strncmp(out->params.items[i], value, len) == 0 && out->params.items[i][len] == '\0')
			return;
	VEC_PUSH(&out->params, arena_strndup(&out->arena, value, len));
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
	else if (strcmp(key, "parmtype") == 0 || strcmp(key, "parm") == 0)
		keep_param(out, value);
}

static struct err *open_module(const void *data, size_t size, struct elf_view *elf, struct module_sections *s)
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
	struct module_sections s;
	struct module_signature sig;
	*out = (struct module_elf){0};
	signature_read(data, size, &sig);
	keep_signature(&sig, out);
	struct err *e = open_module(data, sig.module_size, &elf, &s);
	if (!e) {
		out->machine = elf.machine;
		each_modinfo(&s.modinfo, keep_modinfo, out);
		e = module_symbols_read(&elf, &s, out);
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
	struct module_sections s;
	TRY(open_module(data, size, &elf, &s));
	each_modinfo(&s.modinfo, fn, arg);
	return NULL;
}
