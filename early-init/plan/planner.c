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
#include "planner.h"

#include <stdlib.h>
#include <string.h>

#define CLASSES (MODULE_KEYBOARD | MODULE_NETWORK)
/* More matches of one alias than this are not seen; the CPU's alias has about 40 on Debian 6.1. */
#define MATCH_MAX 256
#define OPTIONS_MAX 4096
/* Number of a module whose dependencies are being walked: larger than any other. */
#define NUMBER_OPEN UINT32_MAX

struct node {
	enum load_state state;
	int error;
	uint32_t flags; /* of the index */
	uint32_t cause;
	uint32_t number;  /* place in planner.order; valid once wanted */
	uint32_t chain;	  /* module that must be done before this one, or MODULE_NONE */
	uint32_t blocker; /* WAITING: a module that is not done yet */
	uint32_t up;	  /* while open: the module whose dependencies led here */
	uint32_t child;	  /* while open: next dependency to look at, hard ones first */
	struct load_reason why;
	bool urgent; /* storage, asked for by name, or needed by one of these */
	bool async;
};

struct planner {
	const struct boot_index *ix;
	const struct modconf *cmdline;
	uint32_t count;	   /* modules of the index */
	uint32_t wanted;   /* entries of order */
	uint32_t first;	   /* everything in order before it is done */
	uint32_t released; /* classes */
	unsigned in_flight;
	uint32_t *order; /* wanted modules, dependencies first */
	uint32_t held;	 /* entries of hold */
	uint32_t *hold;	 /* modules that were held, in the order they were asked for; some have left since */
	struct module_match matches[MATCH_MAX];
	struct node node[];
};

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
		n->urgent = n->flags & MODULE_STORAGE;
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

/* Not asked for in a way that leads to a load. */
static bool dormant(const struct node *n)
{
	return n->state == LOAD_UNWANTED || n->state == LOAD_HELD || n->state == LOAD_BLACKLISTED;
}

static bool pending(const struct node *n)
{
	return n->state == LOAD_WAITING || n->state == LOAD_READY || n->state == LOAD_LOADING;
}

static struct node *node_at(struct planner *p, struct index_ids list, uint32_t i, uint32_t *id)
{
	*id = index_id_at(p->ix, list, i);
	return *id < p->count ? &p->node[*id] : NULL;
}

/* The first hard dependency that is not loaded decides: 0 none, 1 blocked, -1 failed. */
static int check_hard(struct planner *p, struct node *n, uint32_t id)
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

/* Whether a soft dependency or the chain holds the module up. */
static bool check_soft(struct planner *p, struct node *n, uint32_t id)
{
	struct index_ids pre = index_deps(p->ix, id, DEP_SOFT_PRE);
	uint32_t dep;

	for (uint32_t i = 0; i < pre.count; i++) {
		const struct node *d = node_at(p, pre, i, &dep);

		if (d && dep != id && pending(d) && d->number < n->number) {
			n->blocker = dep;
			return true;
		}
	}
	/* What root waits for does not queue behind the CPU's other ciphers. */
	if (n->chain == MODULE_NONE || n->urgent || !pending(&p->node[n->chain]))
		return false;
	n->blocker = n->chain;
	return true;
}

/* New state of a module that is wanted and not given out. */
static void evaluate(struct planner *p, uint32_t id)
{
	struct node *n = &p->node[id];

	switch (check_hard(p, n, id)) {
	case -1:
		n->state = LOAD_DEP_FAILED;
		break;
	case 0:
		n->state = check_soft(p, n, id) ? LOAD_WAITING : LOAD_READY;
		break;
	default:
		n->state = LOAD_WAITING;
	}
}

/* Something is done: move what waited for it, and what waited for what fails by that. */
static void advance(struct planner *p)
{
	bool again;

	do {
		again = false;
		for (uint32_t i = p->first; i < p->wanted; i++) {
			struct node *n = &p->node[p->order[i]];

			if (n->state != LOAD_WAITING || pending(&p->node[n->blocker]))
				continue;
			evaluate(p, p->order[i]);
			again |= n->state == LOAD_DEP_FAILED;
		}
	} while (again);
	while (p->first < p->wanted && !pending(&p->node[p->order[p->first]]))
		p->first++;
}

/* Already wanted, now needed sooner. The hard list is a whole closure, so one level is enough. */
static void promote(struct planner *p, uint32_t id)
{
	static const enum index_dep_kind kinds[] = {DEP_HARD, DEP_SOFT_PRE};
	uint32_t dep;

	if (p->node[id].urgent)
		return;
	p->node[id].urgent = true;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct index_ids list = index_deps(p->ix, id, kinds[k]);

		for (uint32_t i = 0; i < list.count; i++) {
			struct node *d = node_at(p, list, i, &dep);

			if (!d || d->urgent)
				continue;
			d->urgent = true;
			/* Its place in an alias chain holds it no longer. */
			if (d->state == LOAD_WAITING && d->number != NUMBER_OPEN)
				evaluate(p, dep);
		}
	}
	if (p->node[id].state == LOAD_WAITING && p->node[id].number != NUMBER_OPEN)
		evaluate(p, id);
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
static bool enter(struct planner *p, uint32_t id, const struct load_reason *why, uint32_t up, bool urgent)
{
	struct node *n = &p->node[id];

	n->why = *why;
	n->urgent |= urgent;
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
static void want(struct planner *p, uint32_t id, const struct load_reason *why, bool urgent)
{
	uint32_t dep;

	if (!dormant(&p->node[id])) {
		if (urgent)
			promote(p, id);
		return;
	}
	if (!enter(p, id, why, MODULE_NONE, urgent))
		return;
	while (id != MODULE_NONE) {
		struct node *n = &p->node[id];
		struct load_reason because = {.parent = id, .by = why->by};

		dep = next_child(p, id, &because.kind);
		if (dep == MODULE_NONE) {
			n->number = p->wanted;
			p->order[p->wanted++] = id;
			evaluate(p, id);
			id = n->up;
		} else if (!dormant(&p->node[dep])) {
			if (n->urgent)
				promote(p, dep);
		} else if (enter(p, dep, &because, id, n->urgent)) {
			id = dep;
		}
	}
	/* A module may have been evaluated while one of its dependencies was still open. */
	advance(p);
}

static bool must_hold(const struct planner *p, const struct node *n)
{
	return (n->flags & CLASSES) && !(n->flags & MODULE_STORAGE) && !(n->flags & p->released);
}

/* One match of a device's alias. Whether it is on its way to be loaded. */
static bool want_match(struct planner *p, const struct module_match *match, uint32_t before, uint32_t by)
{
	struct node *n = &p->node[match->module];
	struct load_reason why = {.kind = WANT_DEVICE, .parent = MODULE_NONE, .alias = match->alias, .by = by};

	if (!dormant(n))
		return true;
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
	want(p, match->module, &why, false);
	return true;
}

static errint find(struct planner *p, const char *query)
{
	errint n = lookup_modules(p->ix, p->cmdline, query, LOOKUP_USABLE, p->matches, MATCH_MAX);

	return n > MATCH_MAX ? MATCH_MAX : n;
}

errint planner_want_alias(struct planner *p, const char *modalias, uint32_t by)
{
	uint32_t before = MODULE_NONE;
	errint n = find(p, modalias);

	for (errint i = 0; i < n; i++) {
		uint32_t id = p->matches[i].module;

		if (id < p->count && want_match(p, &p->matches[i], before, by))
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
			want(p, m->module, &why, true);
	}
	return n == 0 ? -ENOENT : n;
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

			want(p, p->hold[i], &why, false);
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

	if (n->flags & MODULE_NO_ASYNC)
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

static uint32_t find_ready(const struct planner *p, bool urgent_only)
{
	uint32_t found = MODULE_NONE;

	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->state != LOAD_READY)
			continue;
		if (n->urgent)
			return p->order[i];
		if (found == MODULE_NONE && !urgent_only)
			found = p->order[i];
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

		if (n->state == LOAD_WAITING && check_hard(p, n, p->order[i]) == 0) {
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
		advance(p);
		found = find_ready(p, false);
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
	uint32_t id = find_ready(p, false);

	return give_out(p, id == MODULE_NONE && p->in_flight == 0 ? break_cycle(p) : id);
}

uint32_t planner_next_urgent(struct planner *p)
{
	return give_out(p, find_ready(p, true));
}

bool planner_urgent(const struct planner *p)
{
	for (uint32_t i = p->first; i < p->wanted; i++) {
		const struct node *n = &p->node[p->order[i]];

		if (n->urgent && pending(n))
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
	advance(p);
	if (p->node[module].state != LOAD_LOADED)
		return;
	post = index_deps(p->ix, module, DEP_SOFT_POST);
	for (uint32_t i = 0; i < post.count; i++) {
		struct load_reason why = {.kind = WANT_SOFT_DEP, .parent = module, .by = p->node[module].why.by};

		if (node_at(p, post, i, &dep) && loadable(p, dep))
			want(p, dep, &why, p->node[module].urgent);
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
				    .urgent = n->urgent};
}
