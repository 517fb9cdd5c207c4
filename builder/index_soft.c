/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Soft and weak dependencies of the boot index. kmod looks their names up
 * when it loads a module; here that is done once, with the same lookup, in an
 * index that has everything else already.
 */
#include <string.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/lookup.h"
#include "../early-init/plan/modconf.h"
#include "index_tables.h"

struct id_list {
	VEC(uint32_t) ids;
	VEC(uint32_t) aliases;
};

struct resolver {
	struct index_tables *t;
	struct boot_index ix;
	VEC(struct module_match) matches; /* room for the answers of one lookup */
	struct id_list lists[DEP_KINDS];
};

static bool keep_first(void *arg, uint32_t line)
{
	uint32_t *first = arg;

	if (line < *first)
		*first = line;
	return true;
}

/* Value of the first line of KIND for the module NAME, as kmod takes it; NULL none. */
static const char *first_line(const struct resolver *r, enum index_conf_kind kind, const char *name)
{
	uint32_t first = UINT32_MAX;
	struct index_conf conf;

	index_match_conf(&r->ix, kind, name, keep_first, &first);
	return index_conf_at(&r->ix, kind, first, &conf) == 0 ? conf.value : NULL;
}

/* What WORD names goes to the end of the list of KIND; a name that nothing has is no error, as in kmod. */
static void add_word(struct resolver *r, enum index_dep_kind kind, const char *word, size_t len)
{
	AUTOFREE char *query = xstrndup(word, len);
	char folded[ALIAS_MAX_SIZE];
	errint n;

	while ((n = lookup_modules(&r->ix, NULL, query, LOOKUP_USABLE, r->matches.items, r->matches.cap)) >= 0 &&
	       (size_t)n > r->matches.cap) {
		r->matches.cap = (size_t)n;
		r->matches.items = xrealloc(r->matches.items, r->matches.cap, sizeof(*r->matches.items));
	}
	if (n <= 0 || alias_normalize(query, folded, sizeof(folded)) < 0)
		return;
	for (errint i = 0; i < n; i++) {
		const struct module_match *m = &r->matches.items[i];
		VEC_PUSH(&r->lists[kind].ids, m->module);
		VEC_PUSH(&r->lists[kind].aliases, tables_string(r->t, match_alias(m, folded)));
	}
}

static void resolve_soft(struct resolver *r, const char *value)
{
	struct softdep_cursor cursor = {.at = value};
	const char *word;
	size_t len;

	while (softdep_next(&cursor, &word, &len))
		add_word(r, cursor.list == SOFTDEP_PRE ? DEP_SOFT_PRE : DEP_SOFT_POST, word, len);
}

static void resolve_weak(struct resolver *r, const char *value)
{
	static const char blanks[] = " \t\n\v\f\r";

	for (const char *p = value + strspn(value, blanks); *p; p += strspn(p, blanks)) {
		size_t len = strcspn(p, blanks);
		add_word(r, DEP_WEAK, p, len);
		p += len;
	}
}

static void resolve_module(struct resolver *r, struct table_module *m)
{
	const char *soft = first_line(r, CONF_SOFTDEP, m->name), *weak = first_line(r, CONF_WEAKDEP, m->name);

	if (soft)
		resolve_soft(r, soft);
	if (weak)
		resolve_weak(r, weak);
	for (enum index_dep_kind kind = DEP_SOFT_PRE; kind < DEP_KINDS; kind++) {
		struct id_list *list = &r->lists[kind];
		if (list->ids.count)
			tables_add_list(r->t, m, kind, list->ids.items, list->aliases.items, list->ids.count);
		list->ids.count = list->aliases.count = 0;
	}
}

struct err *tables_resolve_soft_deps(struct index_tables *t)
{
	struct resolver r = {.t = t};
	struct buf bytes = {0};

	tables_assemble(t, &bytes);
	if (index_open(&r.ix, bytes.data, bytes.len) < 0) {
		buf_free(&bytes);
		return err_new(EXIT_FAILED, "larger than its format allows");
	}
	for (size_t i = 0; i < t->modules.count; i++)
		if (!(t->modules.items[i]->flags & MODULE_ABSENT))
			resolve_module(&r, t->modules.items[i]);
	for (size_t kind = 0; kind < DEP_KINDS; kind++) {
		VEC_FREE(&r.lists[kind].ids);
		VEC_FREE(&r.lists[kind].aliases);
	}
	VEC_FREE(&r.matches);
	buf_free(&bytes);
	return NULL;
}
