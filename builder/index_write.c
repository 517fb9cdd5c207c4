/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index_write.h"

#include <string.h>

#include "../early-init/plan/index_conf.h"
#include "index_tables.h"

static struct table_module *add_module(struct index_tables *t, const char *name)
{
	struct table_module m = {.name = arena_strdup(&t->arena, name), .id = (uint32_t)t->modules.count};
	struct table_module *kept = arena_alloc(&t->arena, sizeof(*kept));

	*kept = m;
	VEC_PUSH(&t->modules, kept);
	strmap_put(&t->by_name, kept->name, kept);
	return kept;
}

static void present_at_own_path(const struct kernel *k, const struct kmodule *m, struct arena *a,
				struct index_choice *out)
{
	if (!m->path)
		return;
	out->flags |= MODULE_PRESENT;
	out->image_path = m->path[0] == '/' ? m->path : arena_printf(a, "/lib/modules/%s/%s", k->release, m->path);
}

/* Modules of the kernel that are chosen, in kmod's order of priority; builtin ones always. */
static void add_kernel_modules(struct index_tables *t, index_choose_fn *choose, void *arg)
{
	const struct kernel *k = t->kernel;

	t->chosen = xcalloc(k->modules.count, sizeof(*t->chosen));
	for (size_t i = 0; i < k->modules.count; i++) {
		const struct kmodule *m = k->modules.items[i];
		struct index_choice choice = {0};
		if (choose)
			choose(arg, m, &choice);
		else
			present_at_own_path(k, m, &t->arena, &choice);
		if (m->builtin)
			choice.flags |= MODULE_BUILTIN;
		if (m->alias_only)
			choice.flags |= MODULE_ALIAS_ONLY;
		if (!(choice.flags & (MODULE_PRESENT | MODULE_ABSENT | MODULE_BUILTIN)))
			continue;
		struct table_module *kept = add_module(t, m->name);
		kept->flags = choice.flags;
		kept->path = tables_string(t, choice.flags & MODULE_PRESENT ? choice.image_path : m->path);
		kept->reason = tables_string(t, choice.flags & MODULE_ABSENT ? choice.absent_reason : NULL);
		t->chosen[i] = kept;
	}
}

static struct table_module *chosen(const struct index_tables *t, const struct kmodule *m)
{
	return t->chosen[m->order];
}

/* Hard dependencies as kmod loads them: the last one of the line first. */
static struct err *add_hard_deps(struct index_tables *t)
{
	for (size_t i = 0; i < t->kernel->modules.count; i++) {
		const struct kmodule *m = t->kernel->modules.items[i];
		struct table_module *owner = t->chosen[i];
		if (!owner || !m->dep_count)
			continue;
		owner->first_dep = (uint32_t)(t->ids.len / ID_RECORD);
		for (uint32_t d = m->dep_count; d-- > 0;) {
			const struct table_module *dep = chosen(t, m->deps[d]);
			if ((owner->flags & MODULE_PRESENT) && !(dep && dep->flags & (MODULE_PRESENT | MODULE_BUILTIN)))
				return err_new(EXIT_FAILED, "module %s is in the image without %s, which it needs",
					       m->name, m->deps[d]->name);
			if (!dep)
				continue;
			tables_put_u32(&t->ids, dep->id);
			owner->dep_count++;
		}
	}
	return NULL;
}

struct alias_keys {
	struct index_key *items;
	size_t count, cap;
};

/* Sort and write KEYS, and free them. Equal patterns are neighbours then and share their string. */
static void write_keys(struct index_tables *t, struct alias_keys *keys, struct buf *out)
{
	const char *last = NULL;
	uint32_t offset = 0;

	index_keys_sort(keys->items, keys->count);
	for (size_t i = 0; i < keys->count; i++) {
		const struct index_key *key = &keys->items[i];
		if (!last || strcmp(last, key->pattern) != 0)
			offset = tables_new_string(t, key->pattern);
		last = key->pattern;
		tables_put_u32(out, offset);
		tables_put_u32(out, key->prefix);
		tables_put_u32(out, key->value);
	}
	VEC_FREE(keys);
}

/* Aliases of modules with one of FLAGS. */
static void write_aliases(struct index_tables *t, enum index_alias_kind kind, const struct kaliases *aliases,
			  uint32_t flags)
{
	struct alias_keys keys = {0};

	for (size_t i = 0; i < aliases->count; i++) {
		const struct kalias *a = &aliases->items[i];
		const struct table_module *m = chosen(t, a->module);
		struct index_key key = {a->pattern, .prefix = (uint32_t)index_alias_prefix(a->pattern),
					.seq = (uint32_t)keys.count};
		if (!m || !(m->flags & flags))
			continue;
		key.value = m->id;
		VEC_PUSH(&keys, key);
	}
	write_keys(t, &keys, &t->aliases[kind]);
}

static int by_setting(const void *a, const void *b)
{
	return strcmp(((const struct index_setting *)a)->key, ((const struct index_setting *)b)->key);
}

static void write_settings(struct index_tables *t, const struct index_setting *settings, size_t count)
{
	if (!count)
		return;
	AUTOFREE struct index_setting *sorted = xcalloc(count, sizeof(*sorted));
	memcpy(sorted, settings, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_setting);
	for (size_t i = 0; i < count; i++) {
		tables_put_u32(&t->settings, tables_string(t, sorted[i].key));
		tables_put_u32(&t->settings, tables_string(t, sorted[i].value));
	}
}

static int by_module_name(const void *a, const void *b)
{
	return strcmp((*(struct table_module *const *)a)->name, (*(struct table_module *const *)b)->name);
}

static void write_names(struct index_tables *t)
{
	size_t count = t->modules.count;

	if (!count)
		return;
	AUTOFREE struct table_module **sorted = xcalloc(count, sizeof(*sorted));
	memcpy(sorted, t->modules.items, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_module_name);
	for (size_t i = 0; i < count; i++)
		tables_put_u32(&t->names, sorted[i]->id);
}

/* A module with a table of CPUs looks into it before anything else (x86_match_cpu, module_cpu_feature_match). */
static void flag_by_alias(struct index_tables *t)
{
	const struct kaliases *aliases = &t->kernel->aliases;

	for (size_t i = 0; i < aliases->count; i++) {
		struct table_module *m = chosen(t, aliases->items[i].module);
		if (m && strchr(aliases->items[i].pattern, ':'))
			m->flags |= strncmp(aliases->items[i].pattern, "cpu:", 4) == 0 ? MODULE_CPU : MODULE_DEVICES;
	}
}

static struct err *fill_tables(struct index_tables *t, index_choose_fn *choose, void *arg)
{
	/* Offset 0 is no string, 1 the empty one. */
	buf_add(&t->strings, "\0\0", 2);
	strmap_put(&t->pool, "", (void *)(uintptr_t)1);
	t->release = tables_string(t, t->kernel->release);
	add_kernel_modules(t, choose, arg);
	flag_by_alias(t);
	TRY(add_hard_deps(t));
	write_names(t);
	write_aliases(t, ALIAS_KERNEL, &t->kernel->aliases, MODULE_PRESENT | MODULE_ABSENT);
	write_aliases(t, ALIAS_SYMBOL, &t->kernel->symbols, MODULE_PRESENT | MODULE_ABSENT);
	write_aliases(t, ALIAS_BUILTIN, &t->kernel->builtin_aliases, MODULE_BUILTIN);
	return NULL;
}

/* BASE with the kernel's configuration. */
static struct err *add_conf(const struct kernel *k, const unsigned char *base, size_t base_size, unsigned char **out,
			    size_t *size)
{
	size_t count = k->conf.count;
	AUTOFREE struct conf_line *lines = xcalloc(count ? count : 1, sizeof(*lines));
	struct boot_index ix;
	errint r = index_open(&ix, base, base_size);

	for (size_t i = 0; i < count; i++) {
		const struct kconf *c = &k->conf.items[i];
		lines[i] = (struct conf_line){(enum index_conf_kind)c->kind, {c->key, c->value, c->source}};
	}
	if (r == 0)
		r = index_with_conf(&ix, lines, count, out, size);
	if (r == -E2BIG)
		return err_new(EXIT_FAILED, "larger than its format allows");
	return r < 0 ? err_sys(-r, "configuration of modules") : NULL;
}

struct err *index_write(const struct kernel *k, index_choose_fn *choose, void *arg,
			const struct index_setting *settings, size_t setting_count, unsigned char **out, size_t *size)
{
	struct index_tables t = {.kernel = k};
	AUTOFREE unsigned char *base = NULL;
	size_t base_size = 0;

	struct err *e = fill_tables(&t, choose, arg);
	if (!e) {
		write_settings(&t, settings, setting_count);
		e = tables_assemble(&t, &base, &base_size);
	}
	if (!e)
		e = add_conf(k, base, base_size, out, size);
	tables_free(&t);
	return e ? err_wrap(e, "boot index") : NULL;
}
