/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index_conf.h"

#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "index_draft.h"

uint32_t draft_string(struct index_draft *d, const char *s)
{
	size_t offset = d->strings.len;

	if (!s)
		return 0;
	index_bytes_add(&d->strings, s, strlen(s) + 1);
	return (uint32_t)offset; /* a pool that large is refused when it is assembled */
}

static struct index_part base_section(const struct boot_index *base, unsigned section)
{
	size_t len = index_records(base, section) * index_record_size(section);

	return (struct index_part){len ? index_record(base, section, 0) : NULL, len};
}

static void copy_section(const struct boot_index *base, unsigned section, struct index_bytes *out)
{
	struct index_part part = base_section(base, section);

	index_bytes_add(out, part.data, part.len);
}

static unsigned char *module_flags(const struct index_draft *d, uint32_t id)
{
	return d->modules.data + (size_t)id * MODULE_RECORD + MODULE_FLAGS;
}

/* Modules as they are without any configuration. */
static void copy_modules(struct index_draft *d)
{
	copy_section(d->base, SEC_MODULES, &d->modules);
	if (d->modules.failed)
		return;
	for (uint32_t id = 0; id < index_module_count(d->base); id++) {
		unsigned char *flags = module_flags(d, id);

		index_put_u32(flags, index_u32(flags) & ~(uint32_t)MODULE_BLACKLISTED);
		memset(d->modules.data + (size_t)id * MODULE_RECORD + MODULE_DEPS + 8 * DEP_SOFT_PRE, 0,
		       (size_t)8 * (DEP_KINDS - DEP_SOFT_PRE));
	}
}

/* A module that the base knows or that only configuration names. */
struct named {
	char *name; /* malloc'ed when it is new */
	uint32_t id;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The module that LINE names and the base has not: into OUT of ALIAS_MAX_SIZE. */
static bool names_new_module(const struct boot_index *base, const struct conf_line *line, char *out)
{
	if (line->kind == CONF_ALIAS && line->text.value && strlen(line->text.value) < ALIAS_MAX_SIZE)
		memcpy(out, line->text.value, strlen(line->text.value) + 1);
	else if ((line->kind != CONF_INSTALL && line->kind != CONF_REMOVE) ||
		 modname_normalize(line->text.key, out, ALIAS_MAX_SIZE) < 0)
		return false;
	return index_find_module(base, out) == MODULE_NONE;
}

/* New names, each once and in order, in an array of their own; their number or -ENOMEM. */
static long list_new(const struct boot_index *base, const struct conf_line *lines, size_t count, struct named **out)
{
	struct named *all = calloc(count ? count : 1, sizeof(*all));
	char name[ALIAS_MAX_SIZE];
	size_t n = 0, kept = 0;

	*out = all;
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!names_new_module(base, &lines[i], name))
			continue;
		all[n].name = strdup(name);
		if (!all[n].name)
			return -ENOMEM;
		n++;
	}
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && strcmp(all[kept - 1].name, all[i].name) == 0) {
			free(all[i].name);
			all[i].name = NULL;
			continue;
		}
		if (kept != i) {
			all[kept] = all[i];
			all[i].name = NULL;
		}
		kept++;
	}
	return (long)kept;
}

static void add_module(struct index_draft *d, struct named *module)
{
	static const unsigned char nothing[8 * DEP_KINDS];

	module->id = (uint32_t)(d->modules.len / MODULE_RECORD);
	index_bytes_u32(&d->modules, draft_string(d, module->name));
	index_bytes_u32(&d->modules, 0);
	index_bytes_u32(&d->modules, 0);
	index_bytes_u32(&d->modules, MODULE_CONFIG_ONLY);
	index_bytes_add(&d->modules, nothing, sizeof(nothing));
}

/* The base's table of names with the COUNT new ones in their places. */
static errint merge_names(struct index_draft *d, const struct named *new, size_t count)
{
	uint32_t known = index_records(d->base, SEC_NAMES);
	size_t next = 0;

	for (uint32_t i = 0; i < known; i++) {
		uint32_t id = index_u32(index_record(d->base, SEC_NAMES, i));
		struct index_module m;

		if (index_module(d->base, id, &m) < 0)
			return -EBADMSG;
		for (; next < count && strcmp(new[next].name, m.name) < 0; next++)
			index_bytes_u32(&d->names, new[next].id);
		index_bytes_u32(&d->names, id);
	}
	for (; next < count; next++)
		index_bytes_u32(&d->names, new[next].id);
	return 0;
}

/* Targets of aliases, and names with a command of their own: modprobe answers with them though nothing has them. */
static errint add_modules(struct index_draft *d, const struct conf_line *lines, size_t count)
{
	struct named *new;
	long n = list_new(d->base, lines, count, &new);
	errint r = n < 0 ? (errint)n : 0;

	for (long i = 0; i < n; i++)
		add_module(d, &new[i]);
	if (r == 0)
		r = merge_names(d, new, (size_t)n);
	for (size_t i = 0; new &&i < count; i++)
		free(new[i].name);
	free(new);
	return r;
}

static errint add_lines_of(struct index_draft *d, enum index_conf_kind kind, const struct conf_line *lines,
			   size_t count)
{
	struct index_key *keys = calloc(count ? count : 1, sizeof(*keys));
	uint32_t n = 0;

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct index_conf *text = &lines[i].text;
		uint32_t key;

		if (lines[i].kind != kind)
			continue;
		key = draft_string(d, text->key);
		index_bytes_u32(&d->conf[kind], key);
		index_bytes_u32(&d->conf[kind], draft_string(d, text->value));
		index_bytes_u32(&d->conf[kind], draft_string(d, text->source));
		keys[n] = (struct index_key){text->key, key, (uint32_t)index_conf_prefix(kind, text->key), n, .seq = n};
		n++;
	}
	index_keys_sort(keys, n);
	for (uint32_t i = 0; i < n; i++) {
		index_bytes_u32(&d->keys[kind], keys[i].string);
		index_bytes_u32(&d->keys[kind], keys[i].prefix);
		index_bytes_u32(&d->keys[kind], keys[i].value);
	}
	free(keys);
	return 0;
}

static struct index_bytes *own_section(struct index_draft *d, unsigned section)
{
	switch (section) {
	case SEC_STRINGS:
		return &d->strings;
	case SEC_MODULES:
		return &d->modules;
	case SEC_NAMES:
		return &d->names;
	case SEC_IDS:
		return &d->ids;
	default:
		return section >= SEC_KEYS && section < SEC_SETTINGS ? &d->keys[section - SEC_KEYS]
		       : section >= SEC_CONF && section < SEC_KEYS   ? &d->conf[section - SEC_CONF]
								     : NULL;
	}
}

static errint assemble(struct index_draft *d, unsigned char **out, size_t *size)
{
	struct index_part parts[SEC_COUNT];

	for (unsigned s = 0; s < SEC_COUNT; s++) {
		const struct index_bytes *own = own_section(d, s);

		if (own && own->failed)
			return -ENOMEM;
		parts[s] = own ? (struct index_part){own->data, own->len} : base_section(d->base, s);
	}
	return index_assemble(parts, index_u32(d->base->base + OFF_RELEASE), out, size);
}

static void mark_blacklisted(struct index_draft *d, const struct boot_index *ix)
{
	struct index_conf conf;
	struct index_module m;

	for (uint32_t i = 0; i < index_conf_count(ix, CONF_BLACKLIST); i++) {
		uint32_t id =
		    index_conf_at(ix, CONF_BLACKLIST, i, &conf) == 0 ? index_find_module(ix, conf.key) : MODULE_NONE;

		if (index_module(ix, id, &m) == 0 && strcmp(m.name, conf.key) == 0)
			index_put_u32(module_flags(d, id), m.flags | MODULE_BLACKLISTED);
	}
}

static errint fill(struct index_draft *d, const struct conf_line *lines, size_t count)
{
	struct boot_index ix;
	unsigned char *bytes = NULL;
	size_t size;
	errint r;

	copy_section(d->base, SEC_STRINGS, &d->strings);
	copy_section(d->base, SEC_IDS, &d->ids);
	copy_modules(d);
	r = add_modules(d, lines, count);
	for (int kind = 0; r == 0 && kind < CONF_KINDS; kind++)
		r = add_lines_of(d, (enum index_conf_kind)kind, lines, count);
	if (r == 0)
		r = assemble(d, &bytes, &size);
	if (r == 0)
		r = index_open(&ix, bytes, size);
	if (r == 0) {
		mark_blacklisted(d, &ix);
		r = draft_soft_deps(d, &ix);
	}
	free(bytes);
	return r;
}

errint index_with_conf(const struct boot_index *base, const struct conf_line *lines, size_t count, unsigned char **out,
		       size_t *size)
{
	struct index_draft d = {.base = base};
	errint r = count < UINT32_MAX ? fill(&d, lines, count) : -E2BIG;

	if (r == 0)
		r = assemble(&d, out, size);
	for (unsigned s = 0; s < SEC_COUNT; s++) {
		struct index_bytes *own = own_section(&d, s);

		if (own)
			free(own->data);
	}
	return r;
}
