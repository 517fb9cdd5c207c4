/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the boot index: its sections put together. Format: index_format.h. */
#ifndef ROOTWARD_PLAN_INDEX_MAKE_H
#define ROOTWARD_PLAN_INDEX_MAKE_H

#include "index_format.h"

/* The bytes of one section. */
struct index_part {
	const void *data;
	size_t len;
};

/*
 * The index of PARTS, one for each enum index_section, and of the release that
 * is the string at RELEASE, into *OUT (malloc'ed). -ENOMEM, -E2BIG larger than
 * the format's offsets reach.
 */
errint index_assemble(const struct index_part parts[SEC_COUNT], uint32_t release, unsigned char **out, size_t *size)
    MUST_CHECK NONNULL(1, 3, 4);

static inline void index_put_u32(unsigned char *at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(v >> 8 * i);
}

/*
 * Bytes that grow, for records and strings. What does not fit in memory sets
 * FAILED and is dropped: to be looked at once, at the end.
 */
struct index_bytes {
	unsigned char *data;
	size_t len, cap;
	bool failed;
};
void index_bytes_add(struct index_bytes *b, const void *data, size_t len) NONNULL(1);
void index_bytes_u32(struct index_bytes *b, uint32_t v) NONNULL(1);

/* A key record before it is written. */
struct index_key {
	const char *pattern;
	uint32_t string; /* of the pattern, in the pool */
	uint32_t prefix, value;
	uint32_t seq; /* its place among equal ones */
};
/* KEYS in the format's order. */
void index_keys_sort(struct index_key *keys, size_t count);

#endif
