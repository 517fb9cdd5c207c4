/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of loader.c and loader_report.c, beside what boot.h says. */
#ifndef ROOTWARD_LOADER_H
#define ROOTWARD_LOADER_H

#include "workers.h"

/* Frees B->loader, when there is one; workers that run are left to themselves. For tests. */
void loader_free(struct boot *b);
/* Start what is urgent and ready: while coldplug still looks around. */
void loader_kick_urgent(struct boot *b);
/*
 * Load what rd.driver.pre and its like name, and nothing else, before the hardware is looked at. What sleeps or takes
 * longer than a second is left behind. Without such words nothing is waited for.
 */
void loader_load_first(struct boot *b);
/* Want what modules-load.d names; POST: what rd.driver.post names. */
void loader_want_configured(struct boot *b, bool post);
/* The shell was left: before all devices are looked at again, as planner_retry(). */
void loader_retry(struct boot *b);

/* ---- loader_ahead.c ---- */

/*
 * For planner_next_ahead(), with B: whether loading ID takes so much longer than DEP that DEP is known to the kernel
 * when ID is linked.
 */
bool load_fits_ahead(const void *b, uint32_t id, uint32_t dep, bool loading) NONNULL(1);

/* ---- loader_report.c: what became of each load, in words ---- */

/* The kernel's own words about modules that failed. */
struct load_failures {
	struct load_failure {
		uint32_t module;
		char log[WORKER_LOG_MAX];
	} * at; /* malloc'ed */
	size_t count;
};

/* Keep LOG for loader_explain(). Without memory the explanation will lack it. */
void load_failed(struct load_failures *f, uint32_t id, const char *log) NONNULL(1, 3);
/* What was kept; NULL before loader_init(). */
const struct load_failures *loader_failures(const struct boot *b) NONNULL(1);
/* Module ID is done on LANE: to the log and the timeline. */
void load_ended(struct boot *b, uint32_t id, int lane, int error, uint64_t start_ns, const struct worker_report *report)
    NONNULL(1, 6);
/* Module ID is still at it while the real init starts. */
void load_outlives(struct boot *b, uint32_t id, uint64_t start_ns) NONNULL(1);

#endif
