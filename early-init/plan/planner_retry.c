// SPDX-License-Identifier: GPL-2.0-or-later
/* From the start again: somebody may have helped what failed. */
#include "planner_state.h"

/* One of the order: so nothing that is built in or cannot be loaded. Of what a command loaded nobody can tell. */
static bool to_retry(const struct planner *p, uint32_t id, planner_there_fn *there, const void *arg)
{
	enum load_state state = p->node[id].state;

	return state == LOAD_FAILED || state == LOAD_DEP_FAILED ||
	       (state == LOAD_LOADED && !lookup_load_command(p->ix, id) && !there(arg, id));
}

static void forget(struct node *n)
{
	n->state = LOAD_UNWANTED;
	n->error = 0;
	n->cause = n->chain = n->blocker = MODULE_NONE;
	n->hurried = n->needed = n->depended = false;
}

/* All of them out of the order, so that it has room for them once more. The first of the list that node.again makes. */
static uint32_t take_out(struct planner *p, planner_there_fn *there, const void *arg)
{
	uint32_t first = MODULE_NONE, *last = &first, kept = 0;

	for (uint32_t i = 0; i < p->wanted; i++) {
		uint32_t id = p->order[i];

		if (to_retry(p, id, there, arg)) {
			forget(&p->node[id]);
			*last = id;
			last = &p->node[id].again;
		} else {
			p->node[id].number = kept;
			p->order[kept++] = id;
		}
	}
	*last = MODULE_NONE;
	p->wanted = kept;
	p->first = 0;
	return first;
}

/* One that was held, and then failed, will be held again: HOLD has room for each once, too. */
static void keep_held(struct planner *p)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->held; i++)
		if (p->node[p->hold[i]].state == LOAD_HELD)
			p->hold[kept++] = p->hold[i];
	p->held = kept;
}

/* Modules whose turn has not come yet may need one that was taken out. */
static void want_needed(struct planner *p)
{
	uint32_t count = p->wanted, dep;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = p->order[i];
		struct node *n = &p->node[id];
		struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
		struct load_reason why = {.kind = WANT_HARD_DEP, .parent = id, .by = n->why.by};

		if (n->state != LOAD_WAITING && n->state != LOAD_READY)
			continue;
		for (uint32_t k = 0; k < hard.count; k++)
			if (node_at(p, hard, k, &dep))
				planner_want(p, dep, &why, n->rank);
		planner_evaluate(p, id);
	}
}

/* Whether nobody else will ask for N, which was taken out: what wanted it is done, or was a word. */
static bool asked_once(const struct planner *p, const struct node *n)
{
	uint32_t parent = n->why.parent;

	return n->why.kind == WANT_NAME || ((n->why.kind == WANT_SOFT_DEP || n->why.kind == WANT_DISKS) &&
					    parent < p->count && p->node[parent].state == LOAD_LOADED);
}

void planner_retry(struct planner *p, planner_there_fn *there, const void *arg)
{
	uint32_t id = take_out(p, there, arg);

	keep_held(p);
	want_needed(p);
	for (; id != MODULE_NONE; id = p->node[id].again) {
		struct load_reason why = p->node[id].why;

		if (p->node[id].state == LOAD_UNWANTED && asked_once(p, &p->node[id]))
			planner_want(p, id, &why, p->node[id].rank);
	}
	planner_advance(p);
}
