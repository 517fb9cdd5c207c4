/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the boot index (../early-init/plan/index.h reads it). */
#ifndef ROOTWARD_INDEX_WRITE_H
#define ROOTWARD_INDEX_WRITE_H

#include "../early-init/plan/index.h"
#include "kernel.h"

/* What the builder decided for one module of the kernel. */
struct index_choice {
	uint32_t flags;		/* enum module_flag; PRESENT and ABSENT exclude each other; neither: left out wholly */
	const char *image_path; /* PRESENT */
	const char *absent_reason; /* ABSENT */
};

/* Choice for M; called once for each module of the kernel. */
typedef void index_choose_fn(void *arg, const struct kmodule *m, struct index_choice *out);

struct index_setting {
	const char *key, *value;
};

/*
 * Index of kernel K into *OUT (malloc, 8-byte aligned). CHOOSE NULL: every
 * module present at its own path under /lib/modules/KVER (for `resolve -k`).
 * Soft dependencies are resolved with kmod's lookup over the modules chosen.
 */
struct err *index_write(const struct kernel *k, index_choose_fn *choose, void *arg,
			const struct index_setting *settings, size_t setting_count, unsigned char **out, size_t *size)
    MUST_CHECK NONNULL(1, 6, 7);

#endif
