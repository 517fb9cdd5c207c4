/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel invented in memory, for tests of the boot index. */
#ifndef ROOTWARD_TESTS_MADE_KERNEL_H
#define ROOTWARD_TESTS_MADE_KERNEL_H

#include "../../builder/index_write.h"

struct kernel *made_kernel(void);

/* Module NAME with PATH (NULL: built in); DEPS, names between blanks, nearest first, all made before. */
struct kmodule *made_module(struct kernel *k, const char *name, const char *path, const char *deps);

void made_alias(struct kernel *k, const char *pattern, const char *module);
void made_conf(struct kernel *k, enum index_conf_kind kind, const char *key, const char *value);

/* Its index by CHOOSE (NULL: everything), opened on *DATA, which the caller frees. Fails the test where that fails. */
void made_index(const struct kernel *k, index_choose_fn *choose, struct boot_index *ix, unsigned char **data,
		size_t *size);

/* The small kernel of the tests: see made_kernel.c. */
struct kernel *made_example(void);

#endif
