/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a manifest entry, and module sources however the host stores them. */
#ifndef ROOTWARD_PACK_SOURCE_H
#define ROOTWARD_PACK_SOURCE_H

#include "manifest.h"

/* Contents of one entry: its own data or its source, mapped. Zero it; pack_source_close also after an error. */
struct pack_source {
	struct file_map map;
	unsigned char *plain; /* owned, where the source had to be decompressed */
	const unsigned char *data;
	size_t size;
};

struct err *pack_source_open(const struct entry *e, struct pack_source *out) MUST_CHECK NONNULL(1, 2);
/* Replace the bytes of an open module source (gzip, xz, zstd or plain by magic) by its plain ones. */
struct err *pack_source_plain(struct pack_source *s) MUST_CHECK NONNULL(1);
void pack_source_close(struct pack_source *s);

#endif
