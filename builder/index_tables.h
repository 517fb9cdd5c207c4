/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot index while it is made: one buffer a section of ../early-init/plan/index_format.h. */
#ifndef ROOTWARD_INDEX_TABLES_H
#define ROOTWARD_INDEX_TABLES_H

#include "../early-init/plan/index_format.h"
#include "kernel.h"

struct table_module {
	const char *name;
	uint32_t id; /* position in the index */
	uint32_t flags;
	uint32_t path, reason; /* strings */
	struct {
		uint32_t first, count; /* in the ids */
	} deps[DEP_KINDS];
};

struct index_tables {
	const struct kernel *kernel;
	struct arena arena;
	uint32_t release; /* string */
	VEC(struct table_module *) modules;
	struct strmap by_name;	      /* name -> struct table_module * */
	struct table_module **chosen; /* by kmodule.order; NULL: left out */
	struct strmap pool;	      /* string -> its offset in strings */
	struct buf strings, module_records, names, ids, settings;
	struct buf aliases[ALIAS_KINDS], conf[CONF_KINDS], keys[CONF_KINDS];
};

void tables_put_u32(struct buf *b, uint32_t v) NONNULL(1);

/* Bytes of SECTION as far as they are made. */
const struct buf *tables_section(const struct index_tables *t, unsigned section) NONNULL(1);

/* Offset of a copy of S in the pool, whether S is there already or not. */
uint32_t tables_new_string(struct index_tables *t, const char *s) NONNULL(1, 2);

/* Offset of S in the pool, each string once; 0 for NULL. */
uint32_t tables_string(struct index_tables *t, const char *s) NONNULL(1);

/* KIND's list (not DEP_HARD) of M: COUNT ids and the strings of the aliases they were reached by. */
void tables_add_list(struct index_tables *t, struct table_module *m, enum index_dep_kind kind, const uint32_t *ids,
		     const uint32_t *aliases, size_t count) NONNULL(1, 2);

/* The index as it stands, into OUT (empty). May be done again after more was added. */
void tables_assemble(struct index_tables *t, struct buf *out) NONNULL(1, 2);

/* Soft and weak dependencies, by lookup in the index as it stands. */
struct err *tables_resolve_soft_deps(struct index_tables *t) MUST_CHECK NONNULL(1);

#endif
