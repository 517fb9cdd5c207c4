/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's part of the boot index while it is made: one buffer a section of ../early-init/plan/index_format.h. */
#ifndef ROOTWARD_INDEX_TABLES_H
#define ROOTWARD_INDEX_TABLES_H

#include "../early-init/plan/index_make.h"
#include "kernel.h"

struct table_module {
	const char *name;
	uint32_t id; /* position in the index */
	uint32_t flags;
	uint32_t path, reason;	       /* strings */
	uint32_t first_dep, dep_count; /* DEP_HARD, in the ids */
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
	struct buf aliases[ALIAS_KINDS];
};

void tables_put_u32(struct buf *b, uint32_t v) NONNULL(1);

/* Offset of a copy of S in the pool, whether S is there already or not. */
uint32_t tables_new_string(struct index_tables *t, const char *s) NONNULL(1, 2);

/* Offset of S in the pool, each string once; 0 for NULL. */
uint32_t tables_string(struct index_tables *t, const char *s) NONNULL(1);

/* The index, without any configuration, into *OUT (malloc'ed). */
struct err *tables_assemble(struct index_tables *t, unsigned char **out, size_t *size) MUST_CHECK NONNULL(1, 2, 3);

void tables_free(struct index_tables *t) NONNULL(1);

#endif
