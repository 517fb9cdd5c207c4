/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel made in memory for tests of selection and closure. */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

#include <string.h>

#include "../../builder/kernel.h"
#include "../../builder/util.h"
#include "../../early-init/plan/index.h"

/* Loadable module NAME at PATH; PATH NULL: built in. DEPS: names of modules added before, its whole closure. */
static inline struct kmodule *fake_module(struct kernel *k, const char *name, const char *path, const char *const *deps)
{
	struct kmodule *m = arena_alloc(&k->arena, sizeof(*m));

	*m = (struct kmodule){.name = name, .path = path, .builtin = !path, .order = (uint32_t)k->modules.count};
	m->deps = arena_alloc(&k->arena, 16 * sizeof(struct kmodule *));
	for (; deps && *deps; deps++)
		m->deps[m->dep_count++] = strmap_get(&k->by_name, *deps);
	VEC_PUSH(&k->modules, m);
	strmap_put(&k->by_name, m->name, m);
	return m;
}

static inline void fake_alias(struct kernel *k, const char *pattern, const char *module)
{
	VEC_PUSH(&k->aliases, ((struct kalias){pattern, strmap_get(&k->by_name, module)}));
}

static inline void fake_conf(struct kernel *k, int kind, const char *key, const char *value)
{
	VEC_PUSH(&k->conf, ((struct kconf){kind, key, value, "fake.conf:1"}));
}

static inline void fake_kernel_free(struct kernel *k)
{
	VEC_FREE(&k->modules);
	VEC_FREE(&k->aliases);
	VEC_FREE(&k->conf);
	strmap_free(&k->by_name);
	arena_free(&k->arena);
}

#endif
