/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the compression share. */
#ifndef ROOTWARD_COMPRESS_INTERNAL_H
#define ROOTWARD_COMPRESS_INTERNAL_H

#include "compress.h"

/* Output that grows up to a limit. */
struct output {
	unsigned char *data;
	size_t len, cap, limit;
	bool start_only; /* enough at the limit, instead of too much */
	bool enough;	 /* and there it is */
};

/* Room for at least one more byte; false at the limit. */
bool output_room(struct output *o) NONNULL(1);
/* No room is left: the end of what is wanted, or the error that it is too much. */
struct err *output_at_limit(struct output *o) MUST_CHECK NONNULL(1);

/* A legacy frame at the start of DATA, at least 4 bytes, into O; *USED says how much of DATA it took. */
struct err *lz4_read(const unsigned char *data, size_t size, struct output *o, size_t *used)
    MUST_CHECK NONNULL(1, 3, 4);

/* A legacy frame being written. Zero-initialise; used again for the next frame, freed after the last one. */
struct lz4_writer {
	int level;
	struct sink sink;
	unsigned char *chunk, *block; /* input being gathered (LEN bytes), and a block with its size */
	size_t len;
};
struct err *lz4_write_begin(struct lz4_writer *w, int level, struct sink sink) MUST_CHECK NONNULL(1);
struct err *lz4_write_step(struct lz4_writer *w, const void *data, size_t n, bool finish) MUST_CHECK NONNULL(1, 2);
void lz4_write_free(struct lz4_writer *w) NONNULL(1);

#endif
