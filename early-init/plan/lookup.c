/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookup.h"

#include <string.h>

#include "glob.h"

/* Matches of one kind, kept in kmod's order as they come. */
struct collection {
	const struct boot_index *ix;
	const char *query;
	enum lookup_scope scope;
	enum match_kind kind;
	struct module_match *out;
	size_t max;
	size_t count; /* of all matches, written or not */
	errint error;
};

const char *match_alias(const struct module_match *match, const char *query)
{
	switch (match->kind) {
	case MATCH_CONFIG_ALIAS:
		return match->alias;
	case MATCH_SYMBOL:
	case MATCH_ALIAS:
	case MATCH_BUILTIN_ALIAS:
		return query;
	default:
		return NULL;
	}
}

/* Whether a match of KIND with a module of FLAGS counts: modprobe answers with what configuration names even when
 * nothing has it. */
static bool in_scope(enum lookup_scope scope, enum match_kind kind, uint32_t flags)
{
	if (scope == LOOKUP_ABSENT)
		return flags & MODULE_ABSENT;
	switch (kind) {
	case MATCH_CONFIG_ALIAS:
	case MATCH_COMMAND:
		return true;
	case MATCH_BUILTIN:
		return (flags & (MODULE_BUILTIN | MODULE_ALIAS_ONLY)) == MODULE_BUILTIN;
	case MATCH_BUILTIN_ALIAS:
		return flags & MODULE_BUILTIN;
	default:
		return flags & MODULE_PRESENT;
	}
}

/* One more match, behind those of the same or a lower ORDER; what does not fit is only counted. */
static void collect(struct collection *c, uint32_t id, const char *alias, uint32_t order)
{
	struct module_match m = {id, alias, c->kind, order};
	struct index_module module;

	if (index_module(c->ix, id, &module) < 0 || !in_scope(c->scope, c->kind, module.flags))
		return;
	const char *known_as = match_alias(&m, c->query);
	if (known_as && strlen(module.name) + strlen(known_as) + 2 > ALIAS_MAX_SIZE)
		c->error = -ENAMETOOLONG;
	size_t kept = c->count < c->max ? c->count : c->max;
	c->count++;
	size_t at = kept;
	while (at > 0 && c->out[at - 1].order > order)
		at--;
	if (at == c->max)
		return;
	size_t moved = (kept < c->max ? kept : kept - 1) - at;
	memmove(&c->out[at + 1], &c->out[at], moved * sizeof(*c->out));
	c->out[at] = m;
}

static bool found_config_alias(void *arg, uint32_t line)
{
	struct collection *c = arg;
	struct index_conf conf;

	if (index_conf_at(c->ix, CONF_ALIAS, line, &conf) == 0 && conf.value)
		collect(c, index_find_module(c->ix, conf.value), conf.key, line);
	return true;
}

/* kmod's priority is the module's position in modules.dep: the index's own order. */
static bool found_alias(void *arg, const char *pattern, uint32_t module)
{
	collect(arg, module, pattern, module);
	return true;
}

/* All builtin aliases have one priority: libkmod puts each new one before those it has. */
static bool found_builtin_alias(void *arg, const char *pattern, uint32_t module)
{
	struct collection *c = arg;

	collect(c, module, pattern, UINT32_MAX - (uint32_t)c->count);
	return true;
}

static void match_name(struct collection *c)
{
	/* The index's table of names holds builtin modules too; the scope tells them apart. */
	if (!strchr(c->query, ':'))
		collect(c, index_find_module(c->ix, c->query), NULL, 0);
}

/* An install line, or else a remove line, for exactly this name. kmod cuts the module's name at a '.'. */
static void match_command(struct collection *c)
{
	struct index_range line = index_key_range(c->ix, CONF_INSTALL, c->query);
	enum index_conf_kind kind = CONF_INSTALL;
	char name[ALIAS_MAX_SIZE];
	struct index_conf conf;

	if (line.next == line.end) {
		kind = CONF_REMOVE;
		line = index_key_range(c->ix, kind, c->query);
	}
	if (line.next < line.end && index_conf_at(c->ix, kind, index_key_line(c->ix, kind, line.next), &conf) == 0 &&
	    modname_normalize(c->query, name, sizeof(name)) >= 0)
		collect(c, index_find_module(c->ix, name), conf.key, 0);
}

static void match_kind(struct collection *c, enum match_kind kind)
{
	c->kind = kind;
	switch (kind) {
	case MATCH_CONFIG_ALIAS:
		index_match_conf(c->ix, CONF_ALIAS, c->query, found_config_alias, c);
		break;
	case MATCH_NAME:
		match_name(c);
		break;
	case MATCH_SYMBOL:
		if (strncmp(c->query, "symbol:", strlen("symbol:")) == 0)
			index_match_alias(c->ix, ALIAS_SYMBOL, c->query, found_alias, c);
		break;
	case MATCH_COMMAND:
		match_command(c);
		break;
	case MATCH_ALIAS:
		index_match_alias(c->ix, ALIAS_KERNEL, c->query, found_alias, c);
		break;
	case MATCH_BUILTIN:
		collect(c, index_find_module(c->ix, c->query), NULL, 0);
		break;
	case MATCH_BUILTIN_ALIAS:
		index_match_alias(c->ix, ALIAS_BUILTIN, c->query, found_builtin_alias, c);
		break;
	}
}

errint lookup_modules(const struct boot_index *ix, const struct modconf *cmdline, const char *query,
		      enum lookup_scope scope, struct module_match *out, size_t max)
{
	char name[ALIAS_MAX_SIZE];
	struct collection c = {.ix = ix, .query = name, .scope = scope, .out = out, .max = max};

	(void)cmdline;
	errint r = alias_normalize(query, name, sizeof(name));
	if (r < 0)
		return r;
	/* enum match_kind is in kmod's order; the first that finds anything answers. */
	for (int kind = MATCH_CONFIG_ALIAS; kind <= MATCH_BUILTIN_ALIAS && !c.count; kind++)
		match_kind(&c, (enum match_kind)kind);
	return c.error ? c.error : (errint)c.count;
}

bool lookup_blacklisted(const struct boot_index *ix, const struct modconf *cmdline, uint32_t module)
{
	struct index_module m;

	if (index_module(ix, module, &m) < 0)
		return false;
	if (m.flags & MODULE_BLACKLISTED)
		return true;
	for (size_t i = 0; cmdline && i < cmdline->count; i++)
		if (cmdline->entries[i].kind == CONF_BLACKLIST && strcmp(cmdline->entries[i].key, m.name) == 0)
			return true;
	return false;
}

struct joined {
	char *out;
	size_t size, len;
};

static errint join(struct joined *j, const char *options)
{
	size_t n = options ? strlen(options) : 0, blank = j->len > 0;

	if (n == 0)
		return 0;
	if (n + blank >= j->size - j->len)
		return -ENAMETOOLONG;
	if (blank)
		j->out[j->len++] = ' ';
	memcpy(j->out + j->len, options, n + 1);
	j->len += n;
	return 0;
}

/* Option lines for NAME and for ALIAS in one go, in the order of the lines. */
static errint join_lines(const struct boot_index *ix, const char *name, const char *alias, struct joined *j)
{
	struct index_range a = index_key_range(ix, CONF_OPTIONS, name), b = {0, 0};

	if (alias && strcmp(alias, name) != 0)
		b = index_key_range(ix, CONF_OPTIONS, alias);
	while (a.next < a.end || b.next < b.end) {
		struct index_conf conf;
		uint32_t line_a = a.next < a.end ? index_key_line(ix, CONF_OPTIONS, a.next) : UINT32_MAX;
		uint32_t line_b = b.next < b.end ? index_key_line(ix, CONF_OPTIONS, b.next) : UINT32_MAX;
		bool take_a = b.next == b.end || (a.next < a.end && line_a < line_b);
		if (take_a)
			a.next++;
		else
			b.next++;
		if (index_conf_at(ix, CONF_OPTIONS, take_a ? line_a : line_b, &conf) < 0)
			continue;
		errint r = join(j, conf.value);
		if (r < 0)
			return r;
	}
	return 0;
}

errint lookup_options(const struct boot_index *ix, const struct modconf *cmdline, uint32_t module, const char *alias,
		      char *out, size_t size)
{
	struct joined j = {out, size, 0};
	struct index_module m;

	if (size == 0)
		return -ENAMETOOLONG;
	out[0] = '\0';
	errint r = index_module(ix, module, &m);
	if (r == 0)
		r = join_lines(ix, m.name, alias, &j);
	for (size_t i = 0; r == 0 && cmdline && i < cmdline->count; i++) {
		const struct modconf_entry *e = &cmdline->entries[i];
		if (e->kind == CONF_OPTIONS && (strcmp(e->key, m.name) == 0 || (alias && strcmp(e->key, alias) == 0)))
			r = join(&j, e->value);
	}
	return r < 0 ? r : (errint)j.len;
}

static bool found_command(void *arg, uint32_t line)
{
	uint32_t *first = arg;

	if (line < *first)
		*first = line;
	return true;
}

/*
 * Line of the command for exactly KEY, as kmod keeps it of a module that it
 * found by that line, a pattern before it or not; no remove line when it was
 * found by an install line.
 */
static uint32_t own_command(const struct boot_index *ix, const char *key, enum index_conf_kind kind)
{
	struct index_range install = index_key_range(ix, CONF_INSTALL, key);
	struct index_range own = index_key_range(ix, kind, key);

	if (own.next == own.end || (kind == CONF_REMOVE && install.next < install.end))
		return UINT32_MAX;
	return index_key_line(ix, kind, own.next);
}

/* Command of MODULE; KEY, when given, is the name of the line that it was found by. */
static const char *command_of(const struct boot_index *ix, uint32_t module, const char *key, bool remove)
{
	enum index_conf_kind kind = remove ? CONF_REMOVE : CONF_INSTALL;
	uint32_t first = UINT32_MAX;
	struct index_module m;
	struct index_conf conf;

	if (index_module(ix, module, &m) < 0)
		return NULL;
	/* A module without a file is not found by its name, if there is a line for that. */
	if (key || !(m.flags & MODULE_PRESENT))
		first = own_command(ix, key ? key : m.name, kind);
	if (first == UINT32_MAX)
		index_match_conf(ix, kind, m.name, found_command, &first);
	return index_conf_at(ix, kind, first, &conf) == 0 ? conf.value : NULL;
}

const char *lookup_command(const struct boot_index *ix, uint32_t module, bool remove)
{
	return command_of(ix, module, NULL, remove);
}

const char *lookup_match_command(const struct boot_index *ix, const struct module_match *match, bool remove)
{
	return command_of(ix, match->module, match->alias, remove);
}
