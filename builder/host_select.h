/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host mode: what one machine needs to reach its root and to type at the
 * emergency shell, decided from its hardware (a profile) and the target
 * kernel, never from what the running kernel has loaded.
 */
#ifndef ROOTWARD_HOST_SELECT_H
#define ROOTWARD_HOST_SELECT_H

#include "kernel.h"
#include "profile.h"

/* MODULE (normalised name, a loadable one of the kernel) is wanted because of REASON. Both live until it returns. */
typedef struct err *host_want_fn(void *arg, const char *module, const char *reason);

/* Whether MODULE is of a kind: the classes of conf.d know. */
typedef bool host_drives_fn(void *arg, const char *module);

/* What is asked of the caller, with ARG. */
struct host_caller {
	host_want_fn *want;
	host_drives_fn *drives_storage; /* disks or what they hang on */
	host_drives_fn *drives_network; /* cards whose drivers the image gets by a feature */
	void *arg;
};

/*
 * Every module that P asks of K, each once, dependencies not included: drivers
 * of the devices on the way to each stack's disks, file systems, what network
 * cards hang on, keyboards.
 * Where P does not tell the disks under "/", "/usr" or of resume, all storage
 * drivers of its devices; without a type for "/" the common file systems. What K has built in is left out. Errors are
 * WANT's.
 */
struct err *host_select(const struct kernel *k, const struct hw_profile *p, const struct host_caller *caller)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
