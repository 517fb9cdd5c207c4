/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmod_module_get_probe_list of libkmod-module.c. There a module reached by an
 * alias is another object than the same module reached by name, each with its
 * own "visited" and "ignorecmd"; and only modules asked for, not dependencies,
 * are checked for having been visited. Both show in the order and in what is
 * repeated, so both are kept here.
 */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"

/* Nesting of soft dependencies that is followed; real ones nest three deep. */
#define DEPTH_MAX 1000

enum { VISITED = 1, REQUIRED = 2, IGNORE_CMD = 4 };

struct aliased {
	uint32_t id;
	const char *alias;
	unsigned char state;
};

struct probe {
	const struct boot_index *ix;
	struct probe_step *out;
	size_t max, count;
	unsigned depth;
	unsigned char *plain; /* state of the modules reached by name, by id */
	struct aliased *aliased;
	size_t aliased_count;
};

/* State of the object (ID, ALIAS), made on first use; NULL out of memory. Valid until the next call. */
static unsigned char *state_of(struct probe *p, uint32_t id, const char *alias)
{
	if (!alias)
		return &p->plain[id];
	for (size_t i = 0; i < p->aliased_count; i++)
		if (p->aliased[i].id == id && strcmp(p->aliased[i].alias, alias) == 0)
			return &p->aliased[i].state;
	struct aliased *grown = reallocarray(p->aliased, p->aliased_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	p->aliased = grown;
	grown[p->aliased_count] = (struct aliased){id, alias, 0};
	return &grown[p->aliased_count++].state;
}

static errint append(struct probe *p, uint32_t id, const char *alias, bool ignore_cmd)
{
	unsigned char *state = state_of(p, id, alias);

	if (!state)
		return -ENOMEM;
	if (p->count == p->max)
		return -E2BIG;
	*state = (unsigned char)(ignore_cmd ? *state | IGNORE_CMD : *state & ~IGNORE_CMD);
	p->out[p->count++] = (struct probe_step){.module = id, .alias = alias};
	return 0;
}

static errint visit(struct probe *p, uint32_t id, const char *alias, bool ignore_cmd);

static errint visit_list(struct probe *p, struct index_ids list)
{
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t id = index_id_at(p->ix, list, i);
		errint r = id == MODULE_NONE ? 0 : visit(p, id, index_id_alias(p->ix, list, i), false);
		if (r < 0)
			return r;
	}
	return 0;
}

/* modprobe.d(5), on install: with the same name, a softdep takes precedence. */
static bool command_ignored(const struct boot_index *ix, uint32_t id)
{
	return index_deps(ix, id, DEP_SOFT_PRE).count || index_deps(ix, id, DEP_SOFT_POST).count;
}

const char *lookup_load_command(const struct boot_index *ix, uint32_t module)
{
	return command_ignored(ix, module) ? NULL : lookup_command(ix, module, false);
}

/* kmod: __kmod_module_fill_softdep */
static errint fill(struct probe *p, uint32_t id, const char *alias)
{
	errint r = visit_list(p, index_deps(p->ix, id, DEP_SOFT_PRE));

	if (r == 0)
		r = append(p, id, alias, command_ignored(p->ix, id));
	return r < 0 ? r : visit_list(p, index_deps(p->ix, id, DEP_SOFT_POST));
}

/* kmod: __kmod_module_get_probe_list */
static errint visit(struct probe *p, uint32_t id, const char *alias, bool ignore_cmd)
{
	struct index_ids deps = index_deps(p->ix, id, DEP_HARD);
	unsigned char *state = state_of(p, id, alias);
	errint r = 0;

	if (!state)
		return -ENOMEM;
	if (*state & VISITED)
		return 0;
	*state |= VISITED;
	if (p->depth == DEPTH_MAX)
		return -ELOOP;
	p->depth++;
	for (uint32_t i = 0; i < deps.count && r == 0; i++) {
		uint32_t dep = index_id_at(p->ix, deps, i);
		r = dep == MODULE_NONE ? 0 : fill(p, dep, NULL);
	}
	if (r == 0)
		r = ignore_cmd ? append(p, id, alias, true) : fill(p, id, alias);
	p->depth--;
	return r;
}

/* What kmod's objects say once the list is made goes into every step of theirs. */
static errint settle(struct probe *p)
{
	for (size_t i = 0; i < p->count; i++) {
		unsigned char *state = state_of(p, p->out[i].module, p->out[i].alias);
		if (!state)
			return -ENOMEM;
		p->out[i].required = *state & REQUIRED;
		p->out[i].ignore_cmd = *state & IGNORE_CMD;
	}
	return (errint)p->count;
}

errint lookup_probe_list(const struct boot_index *ix, uint32_t module, const char *alias, bool ignore_commands,
			 struct probe_step *out, size_t max)
{
	struct probe p = {.ix = ix, .out = out, .max = max};
	struct index_ids deps = index_deps(ix, module, DEP_HARD);
	errint r = -ENOMEM;

	if (module >= index_module_count(ix))
		return -ENOENT;
	p.plain = calloc(index_module_count(ix), 1);
	unsigned char *target = p.plain ? state_of(&p, module, alias) : NULL;
	if (target) {
		*target |= REQUIRED;
		for (uint32_t i = 0; i < deps.count; i++) {
			uint32_t dep = index_id_at(ix, deps, i);
			if (dep != MODULE_NONE)
				p.plain[dep] |= REQUIRED;
		}
		r = visit(&p, module, alias, ignore_commands);
	}
	if (r == 0)
		r = settle(&p);
	free(p.aliased);
	free(p.plain);
	return r;
}

size_t lookup_probe_bound(const struct boot_index *ix)
{
	size_t bound = 0, longest = 0, reached_by_alias = 1; /* the target itself */

	/* Each object is visited once and appends its dependencies and itself. */
	for (uint32_t id = 0; id < index_module_count(ix); id++) {
		size_t steps = (size_t)index_deps(ix, id, DEP_HARD).count + 1;
		bound += steps;
		longest = steps > longest ? steps : longest;
		reached_by_alias += index_deps(ix, id, DEP_SOFT_PRE).count;
		reached_by_alias += index_deps(ix, id, DEP_SOFT_POST).count;
	}
	return bound + reached_by_alias * longest;
}
