/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alias_map.h"

#include <string.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/index.h"

/* Longest name or alias that is looked up: the kernel's MODULE_NAME_LEN is 56, CPU aliases are up to PAGE_SIZE. */
#define NAME_MAX_LEN 4096

/* Patterns that share their first KEY_LEN characters, linked; those with a shorter literal prefix are under "". */
#define KEY_LEN 5

struct pattern {
	const char *text; /* normalised */
	struct kmodule *module;
	struct pattern *next;
};

struct alias_map {
	struct arena arena;
	const struct kernel *kernel;
	struct strmap literal; /* alias without wildcards -> struct pattern * */
	struct strmap wild;    /* first KEY_LEN characters -> struct pattern * */
};

static void add(struct alias_map *m, const char *alias, struct kmodule *module)
{
	char text[NAME_MAX_LEN];

	if (!module || alias_normalize(alias, text, sizeof(text)) < 0)
		return;
	size_t prefix = glob_literal_prefix(text);
	bool literal = !text[prefix];
	struct pattern *p = arena_alloc(&m->arena, sizeof(*p));

	p->text = arena_strdup(&m->arena, text);
	p->module = module;
	const char *key = literal ? p->text : arena_strndup(&m->arena, text, prefix < KEY_LEN ? 0 : KEY_LEN);
	struct strmap *map = literal ? &m->literal : &m->wild;
	/* Kept in order: a later one goes behind the head, order among the rest does not matter to a set. */
	p->next = strmap_put(map, key, p);
}

struct alias_map *alias_map_new(const struct kernel *k)
{
	struct alias_map *m = xcalloc(1, sizeof(*m));

	m->kernel = k;
	for (size_t i = k->aliases.count; i-- > 0;)
		add(m, k->aliases.items[i].pattern, k->aliases.items[i].module);
	for (size_t i = k->builtin_aliases.count; i-- > 0;)
		add(m, k->builtin_aliases.items[i].pattern, k->builtin_aliases.items[i].module);
	for (size_t i = k->conf.count; i-- > 0;)
		if (k->conf.items[i].kind == CONF_ALIAS && k->conf.items[i].value)
			add(m, k->conf.items[i].key, kernel_module(k, k->conf.items[i].value));
	return m;
}

void alias_map_free(struct alias_map *m)
{
	if (!m)
		return;
	strmap_free(&m->literal);
	strmap_free(&m->wild);
	arena_free(&m->arena);
	free(m);
}

static size_t each_wild(const struct alias_map *m, const char *key, const char *name, alias_map_fn *found, void *arg)
{
	size_t n = 0;

	for (const struct pattern *p = strmap_get(&m->wild, key); p; p = p->next)
		if (glob_match(p->text, name)) {
			found(arg, p->module);
			n++;
		}
	return n;
}

size_t alias_map_each(const struct alias_map *m, const char *name, alias_map_fn *found, void *arg)
{
	char query[NAME_MAX_LEN], key[KEY_LEN + 1];
	size_t n = 0;

	if (alias_normalize(name, query, sizeof(query)) < 0)
		return 0;
	struct kmodule *by_name = kernel_module(m->kernel, query);
	if (by_name) {
		found(arg, by_name);
		n++;
	}
	for (const struct pattern *p = strmap_get(&m->literal, query); p; p = p->next) {
		found(arg, p->module);
		n++;
	}
	n += each_wild(m, "", query, found, arg);
	if (strlen(query) < KEY_LEN)
		return n;
	memcpy(key, query, KEY_LEN);
	key[KEY_LEN] = '\0';
	return n + each_wild(m, key, query, found, arg);
}
