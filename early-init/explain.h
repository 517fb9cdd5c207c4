/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a module did not load, in one line with the way out. Pure; docs/debugging.md shows the table. */
#ifndef ROOTWARD_EXPLAIN_H
#define ROOTWARD_EXPLAIN_H

#include "plan/planner.h"

struct explain_facts {
	const char *name;
	const char *path;	     /* in the image, or NULL */
	const char *release;	     /* kernel the image is for */
	const char *log;	     /* the kernel's lines about it, "" none */
	const char *command;	     /* install command that stands for it, or NULL */
	const char *cause;	     /* the dependency that failed, or NULL */
	const char *absent_reason;   /* why it is not in the image, or NULL */
	const char *exporter;	     /* module with the symbol that LOG misses, or NULL */
	const char *exporter_absent; /* why that one is not in the image; NULL it is */
	enum load_state state;
	int error;	    /* -errno of the load */
	bool network_asked; /* it drives a network card, and this boot asks for the network */
};

/*
 * One row of the table. A row is taken when ERROR is 0 or the load's, and
 * PATTERN is NULL or in the kernel's words. First match wins.
 */
struct explanation {
	int error;
	const char *pattern;
	const char *cause;
	const char *remedy;
};

extern const struct explanation explanations[];
extern const size_t explanation_count;

/* What is slow about a module that is still at it, and what to do about it: the end of a line. OUT, truncated. */
void explain_slow(const char *name, bool network_asked, char *out, size_t size) NONNULL(1, 3);

/* Into OUT, truncated: "module NAME: CAUSE (KERNEL'S WORDS): REMEDY". */
void explain_module(const struct explain_facts *facts, char *out, size_t size) NONNULL(1, 2);

#endif
