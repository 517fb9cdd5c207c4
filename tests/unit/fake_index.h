/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small invented kernels for tests of the planner. index_*() and lookup_*()
 * are this file's own: a table of modules and of aliases stands for the index.
 */
#ifndef ROOTWARD_TEST_FAKE_INDEX_H
#define ROOTWARD_TEST_FAKE_INDEX_H

#include "../../early-init/plan/planner.h"

#define LIST_MAX 6

/* Dependencies are ids + 1, so that an unnamed rest is empty. */
struct fake_module {
	const char *name;
	uint32_t flags;
	uint32_t deps[DEP_KINDS][LIST_MAX];
	const char *options, *command;
	bool blacklisted;
};

struct fake_alias {
	const char *alias;
	uint32_t modules[LIST_MAX]; /* ids + 1, in kmod's order */
};

#define P MODULE_PRESENT

/* The kernel of the test: arrays of struct fake_module and fake_alias. */
#define KERNEL(m, a) fake_index((m), ARRAY_SIZE(m), (a), ARRAY_SIZE(a))
void fake_index(const struct fake_module *modules, uint32_t module_count, const struct fake_alias *aliases,
		size_t alias_count);
extern const struct fake_alias no_aliases[1];
/* What index_setting() says of "disk-drivers" and "load-requests". */
extern const char *disk_drivers, *load_requests;

/* A planner on the test's kernel. */
struct planner *new_planner(void);
struct load_status status(const struct planner *p, uint32_t id);
/* Everything that is ready now, by name, in order. */
void expect_ready(struct planner *p, const char *names);
/* All loads succeed, one at a time: the whole order. */
void expect_order(struct planner *p, const char *names);

#endif
