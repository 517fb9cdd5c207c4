// SPDX-License-Identifier: GPL-2.0-or-later
/* What is given out and what became of it; what is wanted: planner_want.c. */
#include "planner_state.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 4096

errint planner_new(const struct boot_index *ix, const struct modconf *cmdline, struct planner **out)
{
	uint32_t count = index_module_count(ix);
	struct planner *p;
	struct index_module m;
	size_t nodes = (size_t)count * sizeof(p->node[0]);

	p = calloc(1, sizeof(*p) + nodes + 2 * (size_t)count * sizeof(uint32_t));
	if (!p)
		return -ENOMEM;
	p->ix = ix;
	p->cmdline = cmdline;
	p->count = count;
	p->order = (uint32_t *)(void *)((char *)p->node + nodes);
	p->hold = p->order + count;
	for (uint32_t i = 0; i < count; i++) {
		struct node *n = &p->node[i];

		n->flags = index_module(ix, i, &m) == 0 ? m.flags : 0;
		n->rank = n->flags & MODULE_STORAGE ? RANK_STORAGE : RANK_LATER;
		n->cause = n->chain = n->blocker = n->up = n->why.parent = MODULE_NONE;
	}
	planner_read_pairs(p);
	*out = p;
	return 0;
}

void planner_free(struct planner *p)
{
	free(p);
}

void planner_keep_order(struct planner *p)
{
	p->keep_order = true;
}

static bool is_word(const char *s, size_t len)
{
	static const char word[] = "async_probe";

	return len >= sizeof(word) - 1 && strncmp(s, word, sizeof(word) - 1) == 0 &&
	       (len == sizeof(word) - 1 || s[sizeof(word) - 1] == '=');
}

/* Whether async_probe is ours to add: not forbidden by the index, not decided by the module's own options. */
static bool may_be_async(const struct planner *p, uint32_t id)
{
	const struct node *n = &p->node[id];
	char options[OPTIONS_MAX];
	const char *at = options;

	if ((p->keep_order && (n->flags & MODULE_DEVICES)) || (n->flags & MODULE_NO_ASYNC))
		return false;
	if (lookup_options(p->ix, p->cmdline, id, n->why.alias, options, sizeof(options)) <= 0)
		return true;
	while (*at) {
		size_t len = strcspn(at, " ");

		if (is_word(at, len))
			return false;
		at += len + strspn(at + len, " ");
	}
	return true;
}

bool planner_controllers_first(const struct planner *p)
{
	for (uint32_t i = p->first; !p->disk && i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if ((n->state == LOAD_WAITING || n->state == LOAD_READY) && (n->flags & MODULE_STORAGE) &&
		    n->why.kind == WANT_DEVICE)
			return true;
	}
	return false;
}

static uint32_t find_ready(const struct planner *p, enum load_rank least, bool names_wait)
{
	uint32_t found = MODULE_NONE;
	enum load_rank next = least; /* what is worth taking instead of FOUND */

	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->state != LOAD_READY || n->rank < next || (names_wait && planner_gives_way(n)))
			continue;
		if (n->rank == RANK_FIRST)
			return p->order[i];
		found = p->order[i];
		next = n->rank + 1;
	}
	return found;
}

/*
 * Nothing is ready or in flight but modules wait: they wait for each other.
 * Soft dependencies give way first; a cycle of hard ones can only fail.
 */
static uint32_t break_cycle(struct planner *p)
{
	uint32_t found;

	for (uint32_t i = p->first; i < p->wanted; i++) {
		struct node *n = &p->node[p->order[i]];

		if (n->state == LOAD_WAITING && planner_check_hard(p, n, p->order[i]) == 0) {
			n->state = LOAD_READY;
			return p->order[i];
		}
	}
	for (uint32_t i = p->first; i < p->wanted; i++) {
		struct node *n = &p->node[p->order[i]];

		if (n->state != LOAD_WAITING)
			continue;
		n->state = LOAD_FAILED;
		n->error = -ELOOP;
		planner_advance(p);
		found = find_ready(p, RANK_LATER, false);
		if (found != MODULE_NONE)
			return found;
	}
	return MODULE_NONE;
}

uint32_t planner_give_out(struct planner *p, uint32_t id)
{
	if (id == MODULE_NONE)
		return id;
	p->node[id].state = LOAD_LOADING;
	p->node[id].async = may_be_async(p, id);
	p->in_flight++;
	return id;
}

uint32_t planner_next(struct planner *p)
{
	uint32_t id = find_ready(p, RANK_LATER, false);

	return planner_give_out(p, id == MODULE_NONE && p->in_flight == 0 ? break_cycle(p) : id);
}

uint32_t planner_next_first(struct planner *p)
{
	return planner_give_out(p, find_ready(p, RANK_FIRST, false));
}

/* Whether a module of at least LEAST is on its way. */
static bool any_pending(const struct planner *p, enum load_rank least)
{
	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->rank >= least && pending(n))
			return true;
	}
	return false;
}

/* Whether a disk is there, and its driver or what somebody asked for by name (root's file system) is on its way. */
static bool disk_first(const struct planner *p)
{
	return p->disk && any_pending(p, RANK_ROOT);
}

/* The first module of RANK_ROOT in STATE; NAMES_WAIT: none that gives way. */
static uint32_t first_for_root(const struct planner *p, enum load_state state, bool names_wait)
{
	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->rank == RANK_ROOT && n->state == state && !(names_wait && planner_gives_way(n)))
			return p->order[i];
	}
	return MODULE_NONE;
}

uint32_t planner_next_urgent(struct planner *p, bool patient)
{
	bool names_wait = patient && planner_controllers_first(p);
	uint32_t id = find_ready(p, RANK_FIRST, false);

	/* Two chains lead to root, its file system's and its disk's: neither waits for the other. */
	if (id == MODULE_NONE && first_for_root(p, LOAD_LOADING, false) == MODULE_NONE)
		id = first_for_root(p, LOAD_READY, names_wait);
	if (id == MODULE_NONE)
		id = find_ready(p, patient && disk_first(p) ? RANK_ROOT : RANK_STORAGE, names_wait);
	/* The controllers wait for something else. */
	if (id == MODULE_NONE && names_wait && p->in_flight == 0)
		id = find_ready(p, RANK_STORAGE, false);
	return planner_give_out(p, id);
}

bool planner_storage_seen(const struct planner *p)
{
	for (uint32_t i = 0; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if ((n->flags & MODULE_STORAGE) && n->why.kind == WANT_DEVICE)
			return true;
	}
	return false;
}

bool planner_urgent(const struct planner *p)
{
	return any_pending(p, RANK_STORAGE);
}

bool planner_first_pending(const struct planner *p)
{
	return any_pending(p, RANK_FIRST);
}

bool planner_named_pending(const struct planner *p)
{
	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->why.kind == WANT_NAME && (n->state == LOAD_WAITING || n->state == LOAD_READY))
			return true;
	}
	return false;
}

void planner_done(struct planner *p, uint32_t module, int error)
{
	struct index_ids post;
	uint32_t dep;

	if (module >= p->count || p->node[module].state != LOAD_LOADING)
		return;
	p->in_flight--;
	p->node[module].ahead = false;
	p->node[module].error = error == -EEXIST ? 0 : error;
	p->node[module].state = p->node[module].error ? LOAD_FAILED : LOAD_LOADED;
	planner_advance(p);
	if (p->node[module].state != LOAD_LOADED)
		return;
	post = index_deps(p->ix, module, DEP_SOFT_POST);
	for (uint32_t i = 0; i < post.count; i++) {
		struct load_reason why = {.kind = WANT_SOFT_DEP, .parent = module, .by = p->node[module].why.by};

		if (node_at(p, post, i, &dep) && planner_loadable(p, dep))
			planner_want(p, dep, &why, p->node[module].rank);
	}
	planner_want_disks(p, module);
}

unsigned planner_in_flight(const struct planner *p)
{
	return p->in_flight;
}

bool planner_idle(const struct planner *p)
{
	return p->in_flight == 0 && p->first == p->wanted;
}

void planner_status(const struct planner *p, uint32_t module, struct load_status *out)
{
	const struct node *n;

	memset(out, 0, sizeof(*out));
	out->cause = out->why.parent = MODULE_NONE;
	if (module >= p->count)
		return;
	n = &p->node[module];
	*out = (struct load_status){.state = n->state,
				    .error = n->error,
				    .cause = n->cause,
				    .why = n->why,
				    .async = n->async,
				    .rank = n->rank,
				    .urgent = n->rank > RANK_LATER};
}
