// SPDX-License-Identifier: GPL-2.0-or-later
/* Large modules that are started before what they need is loaded. */
#include "planner_state.h"

/* Whether all that the waiting module ID lacks is hard dependencies, in flight or ready to be, that FIT. */
static bool may_go_ahead(struct planner *p, uint32_t id, planner_fits_fn *fits, const void *arg)
{
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
	uint32_t dep;

	for (uint32_t i = 0; i < hard.count; i++) {
		const struct node *d = node_at(p, hard, i, &dep);

		if (!d || dep == id || d->state == LOAD_LOADED)
			continue;
		if ((d->state != LOAD_LOADING && d->state != LOAD_READY) || d->ahead ||
		    !fits(arg, id, dep, d->state == LOAD_LOADING))
			return false;
	}
	return !planner_check_soft(p, &p->node[id], id);
}

/* What ID lacks has its turn at once: it is small, whatever else keeps the CPUs busy. */
static void need_now(struct planner *p, uint32_t id)
{
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
	uint32_t dep;

	for (uint32_t i = 0; i < hard.count; i++) {
		struct node *d = node_at(p, hard, i, &dep);

		if (d && pending(d))
			d->needed = true;
	}
}

uint32_t planner_next_ahead(struct planner *p, bool patient, planner_fits_fn *fits, const void *arg)
{
	bool names_wait = patient && planner_controllers_first(p);

	for (uint32_t i = p->first; i < p->wanted; i++) {
		uint32_t id = p->order[i];
		struct node *n = &p->node[id];

		if (n->needed && n->state == LOAD_READY)
			return planner_give_out(p, id);
		if (n->state != LOAD_WAITING || n->rank < RANK_ROOT || n->hurried ||
		    (names_wait && planner_gives_way(n)) || lookup_load_command(p->ix, id) ||
		    !may_go_ahead(p, id, fits, arg))
			continue;
		n->ahead = n->hurried = true;
		need_now(p, id);
		return planner_give_out(p, id);
	}
	return MODULE_NONE;
}

bool planner_too_early(struct planner *p, uint32_t module, int error)
{
	struct node *n = module < p->count ? &p->node[module] : NULL;

	if (!n || n->state != LOAD_LOADING || !n->ahead || (error != -ENOENT && error != -EBUSY))
		return false;
	n->ahead = false;
	p->in_flight--;
	planner_evaluate(p, module);
	planner_advance(p);
	return true;
}
