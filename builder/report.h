/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot's timeline, as early-init/timeline.c writes it to /run/rootward/boot.json, and its drawings. */
#ifndef ROOTWARD_REPORT_H
#define ROOTWARD_REPORT_H

#include "util.h"

struct report_step {
	const char *kind, *name;
	const char *detail, *why, *parent; /* NULL where there is none; parent: the module it was loaded for */
	int lane;			   /* worker's slot, -1: early-init itself */
	int error;			   /* 0 or -errno */
	uint64_t start_ns, end_ns;	   /* monotonic; end never before start */
	bool critical;
};

struct report {
	struct arena arena;
	const char *kernel;
	uint64_t init_start_ns, end_ns;		 /* of the last step */
	uint64_t unpack_start_ns, unpack_end_ns; /* of the image by the kernel; 0 unknown */
	uint64_t dropped;			 /* steps that early-init had no room for */
	VEC(struct report_step) steps;		 /* by start, then end, then as written */
};

/* TEXT (NUL-terminated JSON). Errors: not JSON, another version, a field that is missing or of the wrong type. */
struct err *report_parse(const char *text, struct report *out) MUST_CHECK NONNULL(1, 2);
void report_free(struct report *r);

/*
 * Mark what the boot waited for, back from switch_root (or the last mount, or
 * the last step): from each step to what it needed that ended last: the mount,
 * its root and file system, the root's device, the modules that drive the
 * devices above it in sysfs, their dependencies (and before each of these what
 * the same module needs and ended last), and early-init's own set-up.
 */
void report_mark_critical(struct report *r) NONNULL(1);

/* A line each step, '*' before those of the critical path. */
void report_print(const struct report *r, FILE *out) NONNULL(1, 2);
/* A bar each step, in lanes; the critical path in colour. Plain SVG 1.1 without scripts. */
void report_svg(const struct report *r, struct buf *out) NONNULL(1, 2);

#endif
