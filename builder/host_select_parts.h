/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What host_select.c and host_keyboards.c share. */
#ifndef ROOTWARD_HOST_SELECT_PARTS_H
#define ROOTWARD_HOST_SELECT_PARTS_H

#include "../early-init/plan/lookup.h"
#include "host_select.h"

struct host_selection {
	const struct kernel *k;
	const struct hw_profile *p;
	struct boot_index ix; /* of the whole kernel: the one lookup decides here as at boot */
	struct strmap seen;   /* modules that were wanted already */
	const struct host_caller *caller;
};

/* Whether MODULE is of the kind that is being taken. */
typedef bool host_takes_fn(const struct host_selection *s, const char *module);

/*
 * The loadable modules that QUERY names and TAKES (NULL: any) accepts, each wanted with a reason made of WHY, and of
 * the alias where one matched. *FOUND counts what drives QUERY in this kernel, built in or not.
 */
struct err *host_want_query(struct host_selection *s, const char *query, const char *why, host_takes_fn *takes,
			    unsigned *found) MUST_CHECK NONNULL(1, 2, 3, 5);
/* The same for device D, by its alias or its driver's name; the reason is WHAT and its path. */
struct err *host_want_device(struct host_selection *s, const struct hw_device *d, const char *what,
			     host_takes_fn *takes) MUST_CHECK NONNULL(1, 2, 3);

/* Whether D is above the device at SYSPATH, or is it. */
bool host_is_above(const struct hw_device *d, const char *syspath) MUST_CHECK NONNULL(1, 2);

/* ---- host_keyboards.c ---- */
/* The drivers on the way to each keyboard. */
struct err *host_select_keyboards(struct host_selection *s) MUST_CHECK NONNULL(1);
/*
 * Pin and GPIO controllers, where something needs them that does not hang on them: a card slot (its detection) under a
 * stack, a keyboard on I2C (its interrupt).
 */
struct err *host_select_pins(struct host_selection *s) MUST_CHECK NONNULL(1);

#endif
