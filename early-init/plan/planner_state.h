/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the planner: planner_want.c decides what is wanted, planner_ready.c what is ready, planner.c gives it out.
 */
#ifndef ROOTWARD_PLANNER_STATE_H
#define ROOTWARD_PLANNER_STATE_H

#include "planner.h"

/* More matches of one alias than this are not seen; the CPU's alias has about 40 on Debian 6.1. */
#define MATCH_MAX 256
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
	uint32_t again;	  /* within planner_retry(): the next module that is taken out */
	uint32_t child;	  /* while open: next dependency to look at, hard ones first */
	struct load_reason why;
	enum load_rank rank; /* its own or that of what needs it, the higher one */
	bool async;
	bool cpu_has_it; /* an alias of the module matches the CPU's */
	bool ahead;	 /* given out before what it needs was loaded, and not done */
	bool hurried;	 /* it was: not a second time */
	bool needed;	 /* by one that was given out ahead: its turn is at once */
	bool depended;	 /* it was asked for, and then found to be what another one needs */
};

/* Of a setting "ONE:OTHER ...": planner_pairs.c. */
struct module_pairs {
	unsigned count;
	struct module_pair {
		uint32_t one, other;
	} at[PAIRS_MAX];
};

/* What is loaded before a module when it can be: pre soft dependencies, and what it asks the kernel for. */
struct soft_deps {
	uint32_t of;
	struct index_ids pre;
	uint32_t count; /* for planner_soft_at() */
};

struct planner {
	const struct boot_index *ix;
	const struct modconf *cmdline;
	uint32_t count;	   /* modules of the index */
	uint32_t wanted;   /* entries of order */
	uint32_t first;	   /* everything in order before it is done */
	uint32_t released; /* classes */
	unsigned in_flight;
	bool keep_order;	      /* planner_keep_order */
	bool disk;		      /* some device is a disk */
	bool cpu_known;		      /* node.cpu_has_it is filled in */
	struct module_pairs disks;    /* a bus, and the driver of disks on it */
	struct module_pairs requests; /* a module, and what it asks the kernel for while it is loaded */
	const char *cpu;	      /* its modalias, or NULL */
	uint32_t *order;	      /* wanted modules, dependencies first */
	uint32_t held;		      /* entries of hold */
	uint32_t *hold; /* modules that were held, in the order they were asked for; some have left since */
	struct module_match matches[MATCH_MAX];
	struct node node[];
};

/* Not asked for in a way that leads to a load. */
static inline bool dormant(const struct node *n)
{
	return n->state == LOAD_UNWANTED || n->state == LOAD_HELD || n->state == LOAD_BLACKLISTED;
}

static inline bool pending(const struct node *n)
{
	return n->state == LOAD_WAITING || n->state == LOAD_READY || n->state == LOAD_LOADING;
}

static inline struct node *node_at(struct planner *p, struct index_ids list, uint32_t i, uint32_t *id)
{
	*id = index_id_at(p->ix, list, i);
	return *id < p->count ? &p->node[*id] : NULL;
}

/*
 * One that was asked for by name, but not to be the first, and that no other one needs: where there are only
 * controllers, these come first.
 */
static inline bool planner_gives_way(const struct node *n)
{
	return n->why.kind == WANT_NAME && !n->depended && n->rank != RANK_FIRST;
}

/* A file to load, or a command that stands for it. */
bool planner_loadable(const struct planner *p, uint32_t id);
/* Want ID, because of WHY, and all it needs. */
void planner_want(struct planner *p, uint32_t id, const struct load_reason *why, enum load_rank rank);
/* Whether every hard dependency of ID is loaded: 0 yes, 1 one is pending (N->blocker), -1 one failed (N->cause). */
int planner_check_hard(struct planner *p, struct node *n, uint32_t id);
/* Whether a soft dependency or the chain holds the module up (N->blocker). */
bool planner_check_soft(struct planner *p, struct node *n, uint32_t id);
/* New state of a module that is wanted and not given out. */
void planner_evaluate(struct planner *p, uint32_t id);
/* Whether a controller, but no disk, is there and its driver not under way: what it will find takes time to answer. */
bool planner_controllers_first(const struct planner *p);
/* ID is given out, MODULE_NONE is not; returned. */
uint32_t planner_give_out(struct planner *p, uint32_t id);
/* Fill in P->disks and P->requests from the index's settings "disk-drivers" and "load-requests". */
void planner_read_pairs(struct planner *p);
/* What is loaded before ID, and the I-th of it: below DEPS->pre.count a soft dependency. May be no module
 * (MODULE_NONE). */
struct soft_deps planner_soft_deps(const struct planner *p, uint32_t id);
uint32_t planner_soft_at(const struct planner *p, const struct soft_deps *deps, uint32_t i);
/* The module BUS is loaded: want the driver of disks on it, when it is a bus of disks. */
void planner_want_disks(struct planner *p, uint32_t bus);
/* Something is done: move what waited for it, and what waited for what fails by that. */
void planner_advance(struct planner *p);

#endif
