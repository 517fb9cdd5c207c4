/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One compressed archive of an image, from the cache where an earlier build compressed the same bytes. */
#ifndef ROOTWARD_PACK_COMPRESS_H
#define ROOTWARD_PACK_COMPRESS_H

#include "cache.h"
#include "compress.h"
#include "manifest.h"

/*
 * Under what the cache has the compressed form of the bytes with HASH (content_hash.h), a module's or, of KIND
 * "archive ", an archive's. The level counts as it is given: the default of one version may differ from another's.
 */
struct cache_key pack_cache_key(const char *kind, enum codec c, int level, const uint64_t hash[2]) NONNULL(1, 4);

struct pack_stream {
	enum codec codec;
	int level;
	unsigned threads;
	/* Writes the archive to SINK; called once, or with a cache twice, and then the last time counts. */
	struct err *(*fill)(void *arg, struct sink sink);
	void *arg;
	struct sink out; /* gets the compressed bytes */
};

/* CACHE may be NULL. What is put into it belongs to M, which must live until it is committed. */
struct err *pack_compress(const struct pack_stream *s, struct manifest *m, struct cache *cache)
    MUST_CHECK NONNULL(1, 2);

#endif
