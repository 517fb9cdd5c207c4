// SPDX-License-Identifier: GPL-2.0-or-later
/* Drivers of disks that are loaded with the bus the disks hang on, before the first of them is found. */
#include <stdio.h>
#include <string.h>

#include "planner_state.h"

/* The module NAME (LEN bytes) of the image; MODULE_NONE when there is none. */
static uint32_t find_module(const struct planner *p, const char *name, size_t len)
{
	struct module_match match;
	char word[64];

	if (len >= sizeof(word))
		return MODULE_NONE;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	return lookup_modules(p->ix, p->cmdline, word, LOOKUP_USABLE, &match, 1) > 0 ? match.module : MODULE_NONE;
}

void planner_find_disks(struct planner *p)
{
	const char *word = index_setting(p->ix, "disk-drivers");

	for (; word && *word && p->buses < BUSES_MAX; word += strspn(word, " ")) {
		size_t len = strcspn(word, " "), bus = strcspn(word, ": ");
		struct disk_bus *d = &p->bus[p->buses];

		if (bus < len) {
			d->bus = find_module(p, word, bus);
			d->driver = find_module(p, word + bus + 1, len - bus - 1);
			p->buses += d->bus < p->count && d->driver < p->count;
		}
		word += len;
	}
}

void planner_want_disks(struct planner *p, uint32_t bus)
{
	for (unsigned i = 0; i < p->buses; i++) {
		uint32_t id = p->bus[i].driver;
		struct load_reason why = {.kind = WANT_DISKS, .parent = bus, .by = p->node[bus].why.by};

		if (p->bus[i].bus == bus && planner_loadable(p, id) && !lookup_blacklisted(p->ix, p->cmdline, id))
			planner_want(p, id, &why, p->node[bus].rank);
	}
}
