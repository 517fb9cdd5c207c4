/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a name or alias to every loadable module that may provide it. Unlike a
 * lookup at boot (early-init/plan/lookup.h, which stops at the first source
 * that answers) it takes all sources together, because the image must hold
 * whatever the kernel may choose.
 */
#ifndef ROOTWARD_ALIAS_MAP_H
#define ROOTWARD_ALIAS_MAP_H

#include "kernel.h"

struct alias_map;

/* K must outlive it. Never NULL. */
struct alias_map *alias_map_new(const struct kernel *k) NONNULL(1) __attribute__((returns_nonnull));
void alias_map_free(struct alias_map *m);

typedef void alias_map_fn(void *arg, struct kmodule *module);
/* FOUND for each module that NAME means (may repeat; builtin ones too). Number of calls. */
size_t alias_map_each(const struct alias_map *m, const char *name, alias_map_fn *found, void *arg) NONNULL(1, 2, 3);

#endif
