// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wanting a module walks its dependencies depth first, as kmod's probe list
 * does, and numbers the modules as they are left. Two rules follow from that
 * number and make a deadlock among soft dependencies impossible:
 *
 * - a soft dependency is waited for only when its number is smaller: in a
 *   cycle the edge back to a module still open is dropped, where kmod ends
 *   the cycle too;
 * - a module is chained only behind one that was wanted before it.
 *
 * What is left (a hard dependency that leads back through a soft one, a hard
 * cycle in a damaged index) is resolved by planner_next when nothing else
 * could ever move.
 */
#include <string.h>

#include "planner_state.h"

#define CLASSES (MODULE_KEYBOARD | MODULE_NETWORK)

bool planner_loadable(const struct planner *p, uint32_t id)
{
	return (p->node[id].flags & MODULE_PRESENT) || lookup_load_command(p->ix, id);
}

/* ID, unless it was passed over, has at least RANK; whether it had less. */
static bool raised_to(struct planner *p, uint32_t id, enum load_rank rank)
{
	if (id >= p->count || dormant(&p->node[id]) || p->node[id].rank >= rank)
		return false;
	p->node[id].rank = rank;
	return true;
}

/* Its place in an alias chain may hold ID no longer. */
static void look_again(struct planner *p, uint32_t id)
{
	if (p->node[id].state == LOAD_WAITING && p->node[id].number != NUMBER_OPEN)
		planner_evaluate(p, id);
}

/* What ID needs has at least its rank. */
static void raise_needed(struct planner *p, uint32_t id)
{
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
	struct soft_deps pre = planner_soft_deps(p, id);

	for (uint32_t i = 0; i < hard.count + pre.count; i++) {
		uint32_t dep = i < hard.count ? index_id_at(p->ix, hard, i) : planner_soft_at(p, &pre, i - hard.count);

		if (raised_to(p, dep, p->node[id].rank))
			look_again(p, dep);
	}
}

/* Already wanted, now needed sooner, and so is all below it: dependencies come before what needs them in the order. */
static void promote(struct planner *p, uint32_t id, enum load_rank rank)
{
	if (!raised_to(p, id, rank))
		return;
	raise_needed(p, id);
	for (uint32_t i = p->wanted; i-- > p->first;)
		if (pending(&p->node[p->order[i]]))
			raise_needed(p, p->order[i]);
	look_again(p, id);
}

void planner_cpu(struct planner *p, const char *modalias)
{
	p->cpu = modalias;
	p->cpu_known = false;
}

/* Looked up when it is first needed: not before the first loads are under way. */
static void match_cpu(struct planner *p)
{
	struct module_match matches[MATCH_MAX];
	errint n = lookup_modules(p->ix, p->cmdline, p->cpu, LOOKUP_USABLE, matches, MATCH_MAX);

	/* More matches than fit: nothing is passed over. */
	for (uint32_t i = 0; n > MATCH_MAX && i < p->count; i++)
		p->node[i].cpu_has_it = true;
	for (errint i = 0; i < n && i < MATCH_MAX; i++) {
		if (matches[i].module < p->count)
			p->node[matches[i].module].cpu_has_it = true;
	}
	p->cpu_known = true;
}

/* Whether the module would only say that this CPU has not what it is made for. */
static bool cpu_lacks_it(struct planner *p, uint32_t id)
{
	if (!p->cpu || !(p->node[id].flags & MODULE_CPU))
		return false;
	if (!p->cpu_known)
		match_cpu(p);
	return !p->node[id].cpu_has_it;
}

/* Next dependency of the open module ID, or MODULE_NONE; soft ones that are not in the image are passed over. */
static uint32_t next_child(struct planner *p, uint32_t id, enum want_kind *kind)
{
	struct node *n = &p->node[id];
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD);
	struct soft_deps pre = planner_soft_deps(p, id);
	uint32_t dep;

	while (n->child < hard.count) {
		*kind = WANT_HARD_DEP;
		if (node_at(p, hard, n->child++, &dep))
			return dep;
	}
	while (n->child - hard.count < pre.count) {
		uint32_t i = n->child++ - hard.count;

		*kind = i < pre.pre.count ? WANT_SOFT_DEP : WANT_REQUEST;
		dep = planner_soft_at(p, &pre, i);
		if (dep < p->count && planner_loadable(p, dep) && !cpu_lacks_it(p, dep))
			return dep;
	}
	return MODULE_NONE;
}

/* ID is wanted because of WHY; false when there is nothing to walk below it. */
static bool enter(struct planner *p, uint32_t id, const struct load_reason *why, uint32_t up, enum load_rank rank)
{
	struct node *n = &p->node[id];

	n->why = *why;
	if (n->rank < rank)
		n->rank = rank;
	if (n->flags & MODULE_BUILTIN) {
		n->state = LOAD_LOADED;
		return false;
	}
	if (!planner_loadable(p, id)) {
		n->state = LOAD_FAILED;
		n->error = -ENOENT;
		return false;
	}
	n->state = LOAD_WAITING;
	n->number = NUMBER_OPEN;
	n->up = up;
	n->child = 0;
	return true;
}

/* The stack of the walk is kept in the nodes. */
void planner_want(struct planner *p, uint32_t id, const struct load_reason *why, enum load_rank rank)
{
	uint32_t dep;

	if (!dormant(&p->node[id])) {
		promote(p, id, rank);
		return;
	}
	if (!enter(p, id, why, MODULE_NONE, rank))
		return;
	while (id != MODULE_NONE) {
		struct node *n = &p->node[id];
		struct load_reason because = {.parent = id, .by = why->by};

		dep = next_child(p, id, &because.kind);
		if (dep == MODULE_NONE) {
			n->number = p->wanted;
			p->order[p->wanted++] = id;
			planner_evaluate(p, id);
			id = n->up;
		} else if (!dormant(&p->node[dep])) {
			p->node[dep].depended = true;
			promote(p, dep, n->rank);
		} else if (enter(p, dep, &because, id, n->rank)) {
			id = dep;
		}
	}
	/* A module may have been evaluated while one of its dependencies was still open. */
	planner_advance(p);
}

static bool must_hold(const struct planner *p, const struct node *n)
{
	return (n->flags & CLASSES) && !(n->flags & MODULE_STORAGE) && !(n->flags & p->released);
}

/*
 * Whether the device is a disk, and not a controller that may have none: NVMe
 * (PCI class 01.08) and virtio-blk (virtio device 2; on PCI 1001 and 1042).
 * QEMU's and most boards' SATA controllers are there without any disk.
 */
static bool is_disk(const char *modalias)
{
	static const char *const virtio[] = {"virtio:d00000002", "pci:v00001AF4d00001001", "pci:v00001AF4d00001042"};

	for (size_t i = 0; i < ARRAY_SIZE(virtio); i++)
		if (strncmp(modalias, virtio[i], strlen(virtio[i])) == 0)
			return true;
	return strncmp(modalias, "pci:", 4) == 0 && strstr(modalias, "bc01sc08");
}

/* One match of a device's alias. Whether it is on its way to be loaded. */
static bool want_match(struct planner *p, const struct module_match *match, uint32_t before, uint32_t by,
		       enum load_rank rank)
{
	struct node *n = &p->node[match->module];
	struct load_reason why = {.kind = WANT_DEVICE, .parent = MODULE_NONE, .alias = match->alias, .by = by};

	/* A disk has no class of its own: its rank is for what drives disks, not for all that matches it. */
	if (!(n->flags & MODULE_STORAGE))
		rank = n->flags & p->released & MODULE_NETWORK ? RANK_STORAGE : RANK_LATER;
	if (!dormant(n)) {
		p->disk |= rank == RANK_DISK;
		promote(p, match->module, rank);
		return true;
	}
	if (n->state == LOAD_UNWANTED)
		n->why = why;
	if (lookup_blacklisted(p->ix, p->cmdline, match->module)) {
		n->state = LOAD_BLACKLISTED;
		return false;
	}
	if (must_hold(p, n)) {
		if (n->state != LOAD_HELD)
			p->hold[p->held++] = match->module;
		n->state = LOAD_HELD;
		return false;
	}
	n->chain = before;
	p->disk |= rank == RANK_DISK;
	planner_want(p, match->module, &why, rank);
	return true;
}

static errint find(struct planner *p, const char *query)
{
	errint n = lookup_modules(p->ix, p->cmdline, query, LOOKUP_USABLE, p->matches, MATCH_MAX);

	return n > MATCH_MAX ? MATCH_MAX : n;
}

errint planner_want_alias(struct planner *p, const char *modalias, uint32_t by)
{
	enum load_rank rank = is_disk(modalias) ? RANK_DISK : RANK_LATER;
	uint32_t before = MODULE_NONE;
	errint n = find(p, modalias);

	for (errint i = 0; i < n; i++) {
		uint32_t id = p->matches[i].module;

		if (id < p->count && want_match(p, &p->matches[i], before, by, rank))
			before = id;
	}
	return n;
}

static errint want_by_name(struct planner *p, const char *name, uint32_t by, enum load_rank rank, bool obey_blacklist)
{
	errint n = find(p, name), wanted = 0;

	for (errint i = 0; i < n; i++) {
		const struct module_match *m = &p->matches[i];
		struct load_reason why = {.kind = WANT_NAME, .parent = MODULE_NONE, .alias = m->alias, .by = by};

		if (obey_blacklist && lookup_blacklisted(p->ix, p->cmdline, m->module))
			continue;
		wanted++;
		if (m->module < p->count)
			planner_want(p, m->module, &why, rank);
	}
	return n < 0 ? n : n == 0 ? -ENOENT : wanted;
}

errint planner_want_name(struct planner *p, const char *name, uint32_t by)
{
	return want_by_name(p, name, by, RANK_ROOT, false);
}

errint planner_want_first(struct planner *p, const char *name, uint32_t by)
{
	return want_by_name(p, name, by, RANK_FIRST, false);
}

errint planner_want_listed(struct planner *p, const char *name, uint32_t by)
{
	return want_by_name(p, name, by, RANK_ROOT, true);
}

void planner_release(struct planner *p, uint32_t classes)
{
	uint32_t kept = 0;

	p->released |= classes & CLASSES;
	for (uint32_t i = 0; i < p->held; i++) {
		struct node *n = &p->node[p->hold[i]];

		if (n->state != LOAD_HELD)
			continue;
		if (must_hold(p, n)) {
			p->hold[kept++] = p->hold[i];
		} else {
			struct load_reason why = n->why;

			/* Somebody waits for the network when it is released: root may be behind it. */
			planner_want(p, p->hold[i], &why, n->flags & MODULE_NETWORK ? RANK_STORAGE : RANK_LATER);
		}
	}
	p->held = kept;
}
