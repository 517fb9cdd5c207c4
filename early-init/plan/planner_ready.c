// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the wanted modules may be loaded now. */
#include "planner_state.h"

int planner_check_hard(struct planner *p, struct node *n, uint32_t id)
{
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
	uint32_t blocker = MODULE_NONE, dep;

	for (uint32_t i = 0; i < hard.count; i++) {
		const struct node *d = node_at(p, hard, i, &dep);

		if (!d || dep == id || d->state == LOAD_LOADED)
			continue;
		if (!pending(d)) {
			n->cause = d->state == LOAD_DEP_FAILED ? d->cause : dep;
			return -1;
		}
		if (blocker == MODULE_NONE)
			blocker = dep;
	}
	n->blocker = blocker;
	return blocker != MODULE_NONE;
}

bool planner_check_soft(struct planner *p, struct node *n, uint32_t id)
{
	struct soft_deps pre = planner_soft_deps(p, id);

	for (uint32_t i = 0; i < pre.count; i++) {
		uint32_t dep = planner_soft_at(p, &pre, i);

		if (dep < p->count && dep != id && pending(&p->node[dep]) && p->node[dep].number < n->number) {
			n->blocker = dep;
			return true;
		}
	}
	/* What root waits for does not queue behind the CPU's other ciphers. */
	if (n->chain == MODULE_NONE || n->rank > RANK_LATER || !pending(&p->node[n->chain]))
		return false;
	n->blocker = n->chain;
	return true;
}

void planner_evaluate(struct planner *p, uint32_t id)
{
	struct node *n = &p->node[id];

	switch (planner_check_hard(p, n, id)) {
	case -1:
		n->state = LOAD_DEP_FAILED;
		break;
	case 0:
		n->state = planner_check_soft(p, n, id) ? LOAD_WAITING : LOAD_READY;
		break;
	default:
		n->state = LOAD_WAITING;
	}
}

void planner_advance(struct planner *p)
{
	bool again;

	do {
		again = false;
		for (uint32_t i = p->first; i < p->wanted; i++) {
			struct node *n = &p->node[p->order[i]];

			if (n->state != LOAD_WAITING || pending(&p->node[n->blocker]))
				continue;
			planner_evaluate(p, p->order[i]);
			again |= n->state == LOAD_DEP_FAILED;
		}
	} while (again);
	while (p->first < p->wanted && !pending(&p->node[p->order[p->first]]))
		p->first++;
}
