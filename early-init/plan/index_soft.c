/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Soft and weak dependencies. kmod looks their names up when it loads a
 * module; here that is done once, with the same lookup.
 */
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "index_draft.h"
#include "lookup.h"
#include "modconf.h"
#include "text.h"

struct soft_resolver {
	struct index_draft *d;
	const struct boot_index *ix;
	struct module_match *matches; /* room for the answers of one lookup */
	size_t room;
	struct index_bytes ids[DEP_KINDS], aliases[DEP_KINDS]; /* of the module at hand */
};

static bool keep_first(void *arg, uint32_t line)
{
	uint32_t *first = arg;

	if (line < *first)
		*first = line;
	return true;
}

/* Value of the first line of KIND for the module NAME, as kmod takes it; NULL none. */
static const char *first_line(const struct boot_index *ix, enum index_conf_kind kind, const char *name)
{
	uint32_t first = UINT32_MAX;
	struct index_conf conf;

	index_match_conf(ix, kind, name, keep_first, &first);
	return index_conf_at(ix, kind, first, &conf) == 0 ? conf.value : NULL;
}

/* What QUERY names; a name that nothing has is no error, as in kmod: 0. */
static errint look_up(struct soft_resolver *r, const char *query)
{
	errint n;

	while ((n = lookup_modules(r->ix, NULL, query, LOOKUP_USABLE, r->matches, r->room)) >= 0 &&
	       (size_t)n > r->room) {
		struct module_match *grown = reallocarray(r->matches, (size_t)n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->matches = grown;
		r->room = (size_t)n;
	}
	return n < 0 ? 0 : n;
}

/* The modules that WORD names, to the end of the list of KIND. */
static errint add_word(struct soft_resolver *r, enum index_dep_kind kind, const char *word, size_t len)
{
	char folded[ALIAS_MAX_SIZE], *query = strndup(word, len);
	errint n = query ? look_up(r, query) : -ENOMEM;

	if (n > 0 && alias_normalize(query, folded, sizeof(folded)) < 0)
		n = 0;
	for (errint i = 0; i < n; i++) {
		index_bytes_u32(&r->ids[kind], r->matches[i].module);
		index_bytes_u32(&r->aliases[kind], draft_string(r->d, match_alias(&r->matches[i], folded)));
	}
	free(query);
	return n < 0 ? n : 0;
}

static errint resolve_soft(struct soft_resolver *r, const char *value)
{
	struct softdep_cursor cursor = {.at = value};
	const char *word;
	size_t len;
	errint e = 0;

	while (e == 0 && softdep_next(&cursor, &word, &len))
		e = add_word(r, cursor.list == SOFTDEP_PRE ? DEP_SOFT_PRE : DEP_SOFT_POST, word, len);
	return e;
}

static errint resolve_weak(struct soft_resolver *r, const char *value)
{
	errint e = 0;

	for (const char *p = value; e == 0 && *p;) {
		size_t len = 0;

		while (text_is_space(*p))
			p++;
		while (p[len] && !text_is_space(p[len]))
			len++;
		if (len)
			e = add_word(r, DEP_WEAK, p, len);
		p += len;
	}
	return e;
}

/* Ids, then the aliases they were reached by: index_format.h. */
static void write_list(struct soft_resolver *r, uint32_t id, enum index_dep_kind kind)
{
	struct index_bytes *ids = &r->ids[kind], *aliases = &r->aliases[kind];
	unsigned char *deps = r->d->modules.data + (size_t)id * MODULE_RECORD + MODULE_DEPS + 8 * kind;

	if (!ids->len)
		return;
	index_put_u32(deps, (uint32_t)(r->d->ids.len / ID_RECORD));
	index_put_u32(deps + 4, (uint32_t)(ids->len / ID_RECORD));
	index_bytes_add(&r->d->ids, ids->data, ids->len);
	index_bytes_add(&r->d->ids, aliases->data, aliases->len);
	ids->len = aliases->len = 0;
}

static errint resolve_module(struct soft_resolver *r, uint32_t id)
{
	const char *soft, *weak;
	struct index_module m;
	errint e = index_module(r->ix, id, &m);

	if (e < 0 || (m.flags & MODULE_ABSENT))
		return e;
	soft = first_line(r->ix, CONF_SOFTDEP, m.name);
	weak = first_line(r->ix, CONF_WEAKDEP, m.name);
	if (soft)
		e = resolve_soft(r, soft);
	if (e == 0 && weak)
		e = resolve_weak(r, weak);
	for (int kind = DEP_SOFT_PRE; e == 0 && kind < DEP_KINDS; kind++) {
		if (r->ids[kind].failed || r->aliases[kind].failed)
			e = -ENOMEM;
		else
			write_list(r, id, (enum index_dep_kind)kind);
	}
	return e;
}

errint draft_soft_deps(struct index_draft *d, const struct boot_index *ix)
{
	struct soft_resolver r = {.d = d, .ix = ix};
	errint e = 0;

	for (uint32_t id = 0; e == 0 && id < index_module_count(ix); id++)
		e = resolve_module(&r, id);
	for (int kind = 0; kind < DEP_KINDS; kind++) {
		free(r.ids[kind].data);
		free(r.aliases[kind].data);
	}
	free(r.matches);
	return e;
}
