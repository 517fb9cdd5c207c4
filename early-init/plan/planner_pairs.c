// SPDX-License-Identifier: GPL-2.0-or-later
/* What settings of the index say of two modules: "ONE:OTHER ...". */
#include <stdio.h>
#include <string.h>

#include "planner_state.h"

/* What separates pairs; a value of these settings is one line. */
#define BLANKS " \t"

/* The module NAME (LEN bytes) of the index; MODULE_NONE when there is none. */
static uint32_t find_module(const struct planner *p, const char *name, size_t len)
{
	char word[64];

	if (len >= sizeof(word))
		return MODULE_NONE;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	return index_find_module(p->ix, word);
}

static bool needs(const struct planner *p, uint32_t module, uint32_t other)
{
	struct index_ids hard = index_deps(p->ix, module, DEP_HARD);

	for (uint32_t i = 0; i < hard.count; i++)
		if (index_id_at(p->ix, hard, i) == other)
			return true;
	return false;
}

/* Into OUT the pairs of KEY of which the image has both and nobody forbids the other one. */
static void read_pairs(const struct planner *p, const char *key, struct module_pairs *out)
{
	const char *word = index_setting(p->ix, key);

	for (; word && *word && out->count < PAIRS_MAX; word += strspn(word, BLANKS)) {
		size_t len = strcspn(word, BLANKS), one = strcspn(word, ":" BLANKS);
		struct module_pair *pair = &out->at[out->count];

		if (one < len) {
			pair->one = find_module(p, word, one);
			pair->other = find_module(p, word + one + 1, len - one - 1);
			out->count += pair->one < p->count && pair->other < p->count &&
				      !lookup_blacklisted(p->ix, p->cmdline, pair->other);
		}
		word += len;
	}
}

void planner_read_pairs(struct planner *p)
{
	read_pairs(p, "disk-drivers", &p->disks);
	read_pairs(p, "load-requests", &p->requests);
	/* What cannot be loaded before the module that asks for it. */
	for (unsigned i = p->requests.count; i-- > 0;)
		if (needs(p, p->requests.at[i].other, p->requests.at[i].one))
			p->requests.at[i] = p->requests.at[--p->requests.count];
}

void planner_want_disks(struct planner *p, uint32_t bus)
{
	for (unsigned i = 0; i < p->disks.count; i++) {
		uint32_t id = p->disks.at[i].other;
		struct load_reason why = {.kind = WANT_DISKS, .parent = bus, .by = p->node[bus].why.by};

		if (p->disks.at[i].one == bus && planner_loadable(p, id))
			planner_want(p, id, &why, p->node[bus].rank);
	}
}

struct soft_deps planner_soft_deps(const struct planner *p, uint32_t id)
{
	struct index_ids pre = index_deps(p->ix, id, DEP_SOFT_PRE);

	return (struct soft_deps){.of = id, .pre = pre, .count = pre.count + p->requests.count};
}

uint32_t planner_soft_at(const struct planner *p, const struct soft_deps *deps, uint32_t i)
{
	const struct module_pair *request;

	if (i < deps->pre.count)
		return index_id_at(p->ix, deps->pre, i);
	if (i >= deps->count)
		return MODULE_NONE;
	request = &p->requests.at[i - deps->pre.count];
	return request->one == deps->of ? request->other : MODULE_NONE;
}
