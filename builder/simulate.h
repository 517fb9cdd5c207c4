/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot of a machine as early-init would plan it: the profile's devices
 * take the place of coldplug, every load succeeds, and loads that may run side
 * by side share a round. The decisions are those of ../early-init/plan/planner.h.
 */
#ifndef ROOTWARD_SIMULATE_H
#define ROOTWARD_SIMULATE_H

#include "../early-init/plan/netroot.h"
#include "../early-init/plan/netspec.h"
#include "../early-init/plan/planner.h"
#include "profile.h"

struct sim_load {
	uint32_t module;
	unsigned round; /* from 1: loads of one round wait for none of each other */
};

struct sim_unmatched {
	const struct hw_device *device;
	uint32_t module;   /* of the kernel, would drive it and is not in the image; MODULE_NONE */
	const char *alias; /* the pattern of MODULE that matches */
};

/* What modules are asked for by. */
struct sim_asker {
	const char *name; /* a device's path, or the setting */
	bool is_device;
};

/* Asked for by name, of the kernel, and not in the image. */
struct sim_missing {
	const char *asker;
	uint32_t module;
};

struct simulation {
	const struct boot_index *ix;	  /* borrowed */
	const struct hw_profile *profile; /* borrowed */
	struct modconf conf;
	struct netspec net; /* what the command line says of it, or network= of the image */
	struct netroot_spec netroot;
	char netroot_words[300]; /* the same for people */
	struct planner *plan;
	VEC(struct sim_asker) askers; /* a planner's cookie, less one, is the place in here */
	VEC(struct sim_load) loads;
	VEC(struct sim_unmatched) unmatched; /* one for each module that would drive the device, or one with none */
	VEC(struct sim_missing) missing;
};

/* Boot P with image index IX and command line CMDLINE (may be NULL). Release with simulation_free, also after an error.
 */
struct err *simulation_run(const struct boot_index *ix, const struct hw_profile *p, const char *cmdline,
			   struct simulation *out) MUST_CHECK NONNULL(1, 2, 4);
void simulation_free(struct simulation *s) NONNULL(1);

/* Name of module ID; "?" when the index does not say. */
const char *sim_module(const struct simulation *s, uint32_t id) NONNULL(1) __attribute__((returns_nonnull));
/* Who asked, for a status, or for what it is a dependency of: the device's path, or the setting; "" unknown. */
const char *sim_asker(const struct simulation *s, const struct load_reason *why) NONNULL(1, 2)
    __attribute__((returns_nonnull));
/* Whether that is a device. */
bool sim_asker_is_device(const struct simulation *s, const struct load_reason *why) NONNULL(1, 2);

#endif
