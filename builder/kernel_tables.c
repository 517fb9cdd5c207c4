/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of depmod. */
#include <string.h>

#include "../early-init/plan/glob.h"
#include "kernel_parts.h"
#include "kmod_bin.h"

#define NAME_SIZE 256

/* modules.order of a kernel with everything is some 250 KiB. */
#define ORDER_MAX ((size_t)16 << 20)

/* Where the modules lie that the kernel was built with; depmod prefers what others put beside it. */
#define OWN_PLACE "kernel/"

struct dep_line {
	struct kmodule *module;
	const char *deps; /* the line behind "PATH:" */
	uint32_t priority;
};

struct table_reader {
	struct kernel *k;
	VEC(struct dep_line) lines;
	struct kaliases *aliases; /* the one being filled */
};

/* One table through ENTRY. REQUIRED: a missing file is an error. */
static struct err *read_table(struct kernel *k, const char *name, bool required, kmod_bin_fn *entry, void *arg)
{
	AUTOFREE char *path = kernel_dir_file(k->sysroot, k->moddir, name);
	struct file_map map;

	if (!path_exists(path))
		return required ? err_new(EXIT_FAILED, "%s missing: run depmod -a %s", path, k->release) : NULL;
	TRY(file_map(path, &map));
	struct err *e = kmod_bin_read(map.data, map.size, entry, arg);
	file_unmap(&map);
	return e ? err_wrap(err_wrap(e, "run depmod -a %s", k->release), "%s", path) : NULL;
}

static struct kmodule *add_module(struct kernel *k, const char *name, size_t len)
{
	struct kmodule *m = arena_alloc(&k->arena, sizeof(*m));

	*m = (struct kmodule){.name = arena_strndup(&k->arena, name, len), .store = STORE_UNKNOWN};
	strmap_put(&k->by_name, m->name, m);
	return m;
}

/* modules.dep: "NAME" -> "PATH: DEP DEP", the priority being the module's position. */
static void dep_entry(void *arg, const char *key, size_t key_len, const char *value, uint32_t priority)
{
	struct table_reader *r = arg;
	size_t path_len = strcspn(value, ":");

	/* depmod writes one line a module; kmod takes the first of several. */
	if (value[path_len] != ':' || strmap_get(&r->k->by_name, key))
		return;
	struct kmodule *m = add_module(r->k, key, key_len);
	m->path = arena_strndup(&r->k->arena, value, path_len);
	m->store = module_store_of(m->path);
	struct dep_line line = {m, arena_strdup(&r->k->arena, value + path_len + 1), priority};
	VEC_PUSH(&r->lines, line);
}

static int by_priority(const void *a, const void *b)
{
	const struct dep_line *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* The modules whose paths LINE names. */
static struct err *resolve_deps(struct kernel *k, const struct dep_line *line)
{
	VEC(struct kmodule *) deps = {0};
	struct err *e = NULL;

	for (const char *p = line->deps + strspn(line->deps, " \t"); *p && !e; p += strspn(p, " \t")) {
		char name[NAME_SIZE];
		size_t len = strcspn(p, " \t");
		AUTOFREE char *path = xstrndup(p, len);
		struct kmodule *d =
		    modname_from_path(path, name, sizeof(name)) < 0 ? NULL : strmap_get(&k->by_name, name);
		if (d)
			VEC_PUSH(&deps, d);
		else
			e = err_new(EXIT_VERIFY,
				    "modules.dep is damaged: %s needs %s, which it does not list: run depmod -a %s",
				    line->module->name, path, k->release);
		p += len;
	}
	if (deps.count) {
		line->module->deps = arena_alloc(&k->arena, deps.count * sizeof(*deps.items));
		memcpy(line->module->deps, deps.items, deps.count * sizeof(*deps.items));
		line->module->dep_count = (uint32_t)deps.count;
	}
	VEC_FREE(&deps);
	return e;
}

static struct err *read_dep(struct table_reader *r)
{
	struct kernel *k = r->k;

	TRY(read_table(k, "modules.dep.bin", true, dep_entry, r));
	if (r->lines.count)
		qsort(r->lines.items, r->lines.count, sizeof(*r->lines.items), by_priority);
	for (size_t i = 0; i < r->lines.count; i++) {
		r->lines.items[i].module->order = (uint32_t)i;
		VEC_PUSH(&k->modules, r->lines.items[i].module);
	}
	for (size_t i = 0; i < r->lines.count; i++)
		TRY(resolve_deps(k, &r->lines.items[i]));
	return NULL;
}

static struct kmodule *add_builtin(struct kernel *k, const char *name, size_t len)
{
	struct kmodule *m = add_module(k, name, len);

	m->builtin = true;
	m->order = (uint32_t)k->modules.count;
	VEC_PUSH(&k->modules, m);
	return m;
}

static void builtin_entry(void *arg, const char *key, size_t key_len, const char *value, uint32_t priority)
{
	struct kernel *k = ((struct table_reader *)arg)->k;
	struct kmodule *m = strmap_get(&k->by_name, key);

	(void)value;
	(void)priority;
	if (m)
		m->builtin = true;
	else
		add_builtin(k, key, key_len);
}

static void alias_entry(void *arg, const char *key, size_t key_len, const char *value, uint32_t priority)
{
	struct table_reader *r = arg;
	struct kmodule *m = strmap_get(&r->k->by_name, value);

	(void)priority; /* the module's own */
	if (!m && r->aliases != &r->k->builtin_aliases)
		return;
	if (!m) {
		m = add_builtin(r->k, value, strlen(value));
		m->alias_only = true;
	}
	struct kalias a = {arena_strndup(&r->k->arena, key, key_len), m};
	VEC_PUSH(r->aliases, a);
}

static struct err *read_tables(struct table_reader *r)
{
	struct kernel *k = r->k;

	TRY(read_dep(r));
	TRY(read_table(k, "modules.builtin.bin", false, builtin_entry, r));
	r->aliases = &k->aliases;
	TRY(read_table(k, "modules.alias.bin", true, alias_entry, r));
	r->aliases = &k->symbols;
	TRY(read_table(k, "modules.symbols.bin", false, alias_entry, r));
	r->aliases = &k->builtin_aliases;
	return read_table(k, "modules.builtin.alias.bin", false, alias_entry, r);
}

static bool is_replacement(const struct kmodule *m)
{
	return m->path && strncmp(m->path, OWN_PLACE, strlen(OWN_PLACE)) != 0;
}

static void take_order(struct kernel *k, const char *path)
{
	char name[NAME_SIZE];
	struct kmodule *m = modname_from_path(path, name, sizeof(name)) < 0 ? NULL : strmap_get(&k->by_name, name);

	if (m && is_replacement(m) && !m->own_path && strncmp(path, OWN_PLACE, strlen(OWN_PLACE)) == 0)
		m->own_path = arena_strdup(&k->arena, path);
}

/* The kernel's build wrote it: it names also what modules.dep has no more, because another module took its place. */
static struct err *read_order(struct kernel *k)
{
	AUTOFREE char *path = kernel_dir_file(k->sysroot, k->moddir, "modules.order"), *text = NULL;
	bool any = false;
	char *rest, *line;
	size_t len;

	for (size_t i = 0; i < k->modules.count && !any; i++)
		any = is_replacement(k->modules.items[i]);
	if (!any || !path_exists(path))
		return NULL;
	TRY(file_read(path, ORDER_MAX, &text, &len));
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		take_order(k, line);
	return NULL;
}

struct err *kernel_read_tables(struct kernel *k)
{
	struct table_reader r = {.k = k};
	AUTOFREE char *text = kernel_dir_file(k->sysroot, k->moddir, "modules.dep");

	/* kmod reads only the .bin files, but where depmod's first file is missing it was not run to its end. */
	if (!path_exists(text))
		return err_new(EXIT_FAILED, "%s missing: run depmod -a %s", text, k->release);
	struct err *e = read_tables(&r);
	VEC_FREE(&r.lines);
	return e ? e : read_order(k);
}
