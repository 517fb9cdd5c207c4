/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ELF file says of its needs, read through libelf. */
#include "elf_needed.h"

#include <gelf.h>
#include <json-c/json.h>
#include <libelf.h>
#include <string.h>

/* https://systemd.io/ELF_DLOPEN_METADATA/ */
#define DLOPEN_NOTE_TYPE 0x407c0c0aU
#define DLOPEN_NOTE_OWNER "FDO"
#define DLOPEN_NOTE_MAX ((size_t)64 << 10)

static const char *keep(struct elf_needed *n, const char *s)
{
	return s ? arena_strdup(&n->arena, s) : NULL;
}

static void read_dynamic_entry(Elf *elf, size_t strings, const GElf_Dyn *d, struct elf_needed *out)
{
	const char *s;

	switch (d->d_tag) {
	case DT_NEEDED:
		s = elf_strptr(elf, strings, d->d_un.d_val);
		if (s && *s)
			VEC_PUSH(&out->needed, keep(out, s));
		break;
	case DT_RPATH:
		out->rpath = keep(out, elf_strptr(elf, strings, d->d_un.d_val));
		break;
	case DT_RUNPATH:
		out->runpath = keep(out, elf_strptr(elf, strings, d->d_un.d_val));
		break;
	case DT_FLAGS_1:
		out->nodeflib = (d->d_un.d_val & DF_1_NODEFLIB) != 0;
		break;
	default:
		break;
	}
}

static void read_dynamic(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct elf_needed *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn d;

	for (int i = 0; data && gelf_getdyn(data, i, &d) && d.d_tag != DT_NULL; i++)
		read_dynamic_entry(elf, sh->sh_link, &d, out);
	if (out->runpath)
		out->rpath = NULL;
}

/*
 * glibc does not name libgcc_s as needed: what ends or cancels a thread opens it, and aborts the program without it
 * (sysdeps/gnu/unwind-resume.c, misc/unwind-link.c).
 */
static bool unwinds(const char *symbol)
{
	static const char *const symbols[] = {"pthread_cancel", "pthread_exit", "thrd_exit"};

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		if (strcmp(symbol, symbols[i]) == 0)
			return true;
	return false;
}

static void read_imports(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct elf_needed *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym sym;

	for (int i = 1; data && !out->unwinds_threads && gelf_getsym(data, i, &sym); i++) {
		const char *name = sym.st_shndx == SHN_UNDEF ? elf_strptr(elf, sh->sh_link, sym.st_name) : NULL;
		out->unwinds_threads = name && unwinds(name);
	}
}

static const char *json_text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		   ? json_object_get_string(v)
		   : NULL;
}

/* One hint: {"soname": [...], "priority": "required|recommended|suggested", "feature": ...}; priority defaults to
 * recommended. */
static void read_hint(struct json_object *o, struct elf_needed *out)
{
	const char *priority = json_text(o, "priority");
	struct json_object *names;

	if (priority && strcmp(priority, "suggested") == 0)
		return;
	if (!json_object_object_get_ex(o, "soname", &names) || !json_object_is_type(names, json_type_array))
		return;
	struct elf_dlopen hint = {
	    .required = priority && strcmp(priority, "required") == 0,
	    .feature = keep(out, json_text(o, "feature")),
	};
	for (size_t i = 0; i < json_object_array_length(names) && hint.count < DLOPEN_NAMES_MAX; i++) {
		struct json_object *name = json_object_array_get_idx(names, i);
		if (json_object_is_type(name, json_type_string))
			hint.sonames[hint.count++] = keep(out, json_object_get_string(name));
	}
	if (hint.count == 0)
		return;
	VEC_PUSH(&out->dlopens, hint);
}

static void read_dlopen_note(const char *text, size_t size, struct elf_needed *out)
{
	AUTOFREE char *copy = xstrndup(text, size < DLOPEN_NOTE_MAX ? size : DLOPEN_NOTE_MAX);
	struct json_object *list = json_tokener_parse(copy);

	if (list && json_object_is_type(list, json_type_array))
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
				read_hint(json_object_array_get_idx(list, i), out);
	json_object_put(list);
}

static void read_notes(Elf_Scn *scn, struct elf_needed *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t at = 0, next, name, desc;
	GElf_Nhdr n;

	while (data && (next = gelf_getnote(data, at, &n, &name, &desc)) > 0) {
		const char *base = data->d_buf;
		if (n.n_type == DLOPEN_NOTE_TYPE && n.n_namesz == sizeof(DLOPEN_NOTE_OWNER) &&
		    memcmp(base + name, DLOPEN_NOTE_OWNER, sizeof(DLOPEN_NOTE_OWNER)) == 0)
			read_dlopen_note(base + desc, n.n_descsz, out);
		at = next;
	}
}

static struct err *read_interp(const char *path, const unsigned char *data, size_t size, Elf *elf,
			       struct elf_needed *out)
{
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return err_new(EXIT_FAILED, "%s: ELF file damaged: %s", path, elf_errmsg(-1));
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr ph;
		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_INTERP)
			continue;
		if (ph.p_offset >= size || ph.p_filesz > size - ph.p_offset ||
		    !memchr(data + ph.p_offset, '\0', ph.p_filesz))
			return err_new(EXIT_FAILED, "%s: ELF file damaged: its interpreter lies outside of it", path);
		out->interp = keep(out, (const char *)data + ph.p_offset);
	}
	return NULL;
}

static struct err *read_elf(const char *path, const unsigned char *data, size_t size, Elf *elf, struct elf_needed *out)
{
	GElf_Ehdr eh;
	Elf_Scn *scn = NULL;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
		return err_new(EXIT_FAILED, "%s: ELF file damaged: %s", path, elf_errmsg(-1));
	out->elf_class = eh.e_ident[EI_CLASS];
	out->machine = eh.e_machine;
	TRY(read_interp(path, data, size, elf, out));
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		if (!gelf_getshdr(scn, &sh))
			return err_new(EXIT_FAILED, "%s: ELF file damaged: %s", path, elf_errmsg(-1));
		if (sh.sh_type == SHT_DYNAMIC)
			read_dynamic(elf, scn, &sh, out);
		else if (sh.sh_type == SHT_NOTE)
			read_notes(scn, out);
		else if (sh.sh_type == SHT_DYNSYM)
			read_imports(elf, scn, &sh, out);
	}
	out->is_static = (eh.e_type == ET_EXEC || eh.e_type == ET_DYN) && !out->interp && out->needed.count == 0;
	return NULL;
}

struct err *elf_needed_read(const char *path, const void *data, size_t size, struct elf_needed *out)
{
	*out = (struct elf_needed){0};
	if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0)
		return NULL;
	out->is_elf = true;
	if (elf_version(EV_CURRENT) == EV_NONE)
		abort();
	/* libelf writes to the memory only when it is asked to update. */
	Elf *elf = elf_memory((char *)(uintptr_t)data, size);
	if (!elf)
		return err_new(EXIT_FAILED, "%s: ELF file damaged: %s", path, elf_errmsg(-1));
	struct err *e = read_elf(path, data, size, elf, out);
	elf_end(elf);
	if (e)
		elf_needed_free(out);
	return e;
}

void elf_needed_free(struct elf_needed *n)
{
	VEC_FREE(&n->needed);
	VEC_FREE(&n->dlopens);
	arena_free(&n->arena);
}
