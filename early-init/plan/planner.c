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
#include "planner_state.h"

#include <stdlib.h>
#include <string.h>

#define CLASSES (MODULE_KEYBOARD | MODULE_NETWORK)
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
	*out = p;
	return 0;
}

void planner_free(struct planner *p)
{
	free(p);
}

/* A file to load, or a command that stands for it. */
static bool loadable(const struct planner *p, uint32_t id)
{
	return (p->node[id].flags & MODULE_PRESENT) || lookup_command(p->ix, id, false);
}

/* Already wanted, now needed sooner. The hard list is a whole closure, so one level is enough. */
static void promote(struct planner *p, uint32_t id, enum load_rank rank)
{
	static const enum index_dep_kind kinds[] = {DEP_HARD, DEP_SOFT_PRE};
	uint32_t dep;

	if (p->node[id].rank >= rank)
		return;
	p->node[id].rank = rank;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct index_ids list = index_deps(p->ix, id, kinds[k]);

		for (uint32_t i = 0; i < list.count; i++) {
			struct node *d = node_at(p, list, i, &dep);

			if (!d || d->rank >= rank)
				continue;
			d->rank = rank;
			/* Its place in an alias chain holds it no longer. */
			if (d->state == LOAD_WAITING && d->number != NUMBER_OPEN)
				planner_evaluate(p, dep);
		}
	}
	if (p->node[id].state == LOAD_WAITING && p->node[id].number != NUMBER_OPEN)
		planner_evaluate(p, id);
}

/* Next dependency of the open module ID, or MODULE_NONE; soft ones that are not in the image are passed over. */
static uint32_t next_child(struct planner *p, uint32_t id, enum want_kind *kind)
{
	struct node *n = &p->node[id];
	struct index_ids hard = index_deps(p->ix, id, DEP_HARD), pre = index_deps(p->ix, id, DEP_SOFT_PRE);
	uint32_t dep;

	while (n->child < hard.count) {
		*kind = WANT_HARD_DEP;
		if (node_at(p, hard, n->child++, &dep))
			return dep;
	}
	while (n->child - hard.count < pre.count) {
		*kind = WANT_SOFT_DEP;
		if (node_at(p, pre, n->child++ - hard.count, &dep) && loadable(p, dep))
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
	if (!loadable(p, id)) {
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

/* Want ID and all it needs. The stack of the walk is kept in the nodes. */
static void want(struct planner *p, uint32_t id, const struct load_reason *why, enum load_rank rank)
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
	want(p, match->module, &why, rank);
	return true;
}

static errint find(struct planner *p, const char *query)
{
	errint n = lookup_modules(p->ix, p->cmdline, query, LOOKUP_USABLE, p->matches, MATCH_MAX);

	return n > MATCH_MAX ? MATCH_MAX : n;
}

errint planner_want_alias(struct planner *p, const char *modalias, uint32_t by)
{
	enum load_rank rank = is_disk(modalias) ? RANK_ROOT : RANK_LATER;
	uint32_t before = MODULE_NONE;
	errint n = find(p, modalias);

	for (errint i = 0; i < n; i++) {
		uint32_t id = p->matches[i].module;

		if (id < p->count && want_match(p, &p->matches[i], before, by, rank))
			before = id;
	}
	return n;
}

errint planner_want_name(struct planner *p, const char *name, uint32_t by)
{
	errint n = find(p, name);

	for (errint i = 0; i < n; i++) {
		const struct module_match *m = &p->matches[i];
		struct load_reason why = {.kind = WANT_NAME, .parent = MODULE_NONE, .alias = m->alias, .by = by};

		if (m->module < p->count)
			want(p, m->module, &why, RANK_ROOT);
	}
	return n == 0 ? -ENOENT : n;
}

void planner_keep_order(struct planner *p)
{
	p->keep_order = true;
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
			want(p, p->hold[i], &why, n->flags & MODULE_NETWORK ? RANK_STORAGE : RANK_LATER);
		}
	}
	p->held = kept;
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

	if (p->keep_order || (n->flags & MODULE_NO_ASYNC))
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

static uint32_t find_ready(const struct planner *p, enum load_rank least)
{
	uint32_t found = MODULE_NONE;
	enum load_rank next = least; /* what is worth taking instead of FOUND */

	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->state != LOAD_READY || n->rank < next)
			continue;
		if (n->rank == RANK_ROOT)
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
		found = find_ready(p, RANK_LATER);
		if (found != MODULE_NONE)
			return found;
	}
	return MODULE_NONE;
}

static uint32_t give_out(struct planner *p, uint32_t id)
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
	uint32_t id = find_ready(p, RANK_LATER);

	return give_out(p, id == MODULE_NONE && p->in_flight == 0 ? break_cycle(p) : id);
}

uint32_t planner_next_urgent(struct planner *p)
{
	return give_out(p, find_ready(p, RANK_STORAGE));
}

bool planner_urgent(const struct planner *p)
{
	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->rank > RANK_LATER && pending(n))
			return true;
	}
	return false;
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
	p->node[module].error = error == -EEXIST ? 0 : error;
	p->node[module].state = p->node[module].error ? LOAD_FAILED : LOAD_LOADED;
	planner_advance(p);
	if (p->node[module].state != LOAD_LOADED)
		return;
	post = index_deps(p->ix, module, DEP_SOFT_POST);
	for (uint32_t i = 0; i < post.count; i++) {
		struct load_reason why = {.kind = WANT_SOFT_DEP, .parent = module, .by = p->node[module].why.by};

		if (node_at(p, post, i, &dep) && loadable(p, dep))
			want(p, dep, &why, p->node[module].rank);
	}
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
