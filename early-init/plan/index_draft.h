/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index while configuration is put into it: index_conf.c, index_soft.c. */
#ifndef ROOTWARD_PLAN_INDEX_DRAFT_H
#define ROOTWARD_PLAN_INDEX_DRAFT_H

#include "index_make.h"

/* The sections that change; the others are BASE's. Strings of BASE keep their offsets. */
struct index_draft {
	const struct boot_index *base;
	struct index_bytes strings, modules, names, ids;
	struct index_bytes conf[CONF_KINDS], keys[CONF_KINDS];
};

/* Offset of a copy of S in the pool; 0 for NULL. */
uint32_t draft_string(struct index_draft *d, const char *s) NONNULL(1);

/* Soft and weak dependencies of every module, looked up in IX, which has everything else. */
errint draft_soft_deps(struct index_draft *d, const struct boot_index *ix) MUST_CHECK NONNULL(1, 2);

#endif
