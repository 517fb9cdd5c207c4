/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the loader: loader.c decides when a module is started, lanes.c has it loaded and sees what became of it. */
#ifndef ROOTWARD_LANES_H
#define ROOTWARD_LANES_H

#include "loader.h"

/*
 * As many loads at once as there are CPUs, and one more for each that sleeps (a driver that waits for its device).
 * More only get in each other's way: the kernel links modules under locks that are spun for. One that runs for
 * PATIENCE_MS is not waited for either.
 */
#define LANES_MAX 64
#define PATIENCE_MS 1000
/* How often loads that hold others up are looked at, whether they sleep. */
#define LOOK_MS 10

struct lane {
	struct worker worker; /* may be there without a load */
	bool busy;
	uint32_t module;
	bool urgent;
	uint64_t start_ns;
};

struct loader {
	struct lane lanes[LANES_MAX];
	struct worker_slot *slots; /* one a lane, shared with the workers */
	int done;		   /* eventfd(2): workers say that they are done */
	unsigned cpus;
	uint64_t urgent_first; /* urgent modules are under way, with pauses below QUIET_MS, since then */
	uint64_t urgent_last;  /* until then */
	bool urgent_now;       /* the last turn saw some */
	bool timer_set;	       /* kick again in QUIET_MS */
	bool look_set;	       /* kick again in LOOK_MS */
	bool first_only;       /* loader_load_first() is at it: nothing else is started */
	uint64_t next_look_ns; /* until then no load is taken to sleep */
	struct load_failures failures;
};

/* Give module ID to the worker of LANE, which is not busy; how it ends goes to the planner, at once if it cannot begin.
 */
void lane_start(struct boot *b, unsigned lane, uint32_t id) NONNULL(1);
/* What has become of the loads that are done. */
void lanes_collect(struct boot *b) NONNULL(1);
/* Whether a CPU is free for one more load; URGENT ones go beside those that are not. */
bool lanes_cpu_free(struct loader *l, bool urgent) NONNULL(1);

#endif
