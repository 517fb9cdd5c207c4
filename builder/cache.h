/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a build may take from an earlier one: compressed modules and what was
 * read out of kernel images, keyed by content.
 *
 * The store is a directory of segment files. A build maps all of them, reads
 * what it can use, and publishes what was new as one more segment by rename:
 * so concurrent builds and kill -9 leave either a whole segment or a
 * temporary file that a later build removes. Nothing is trusted without a
 * check: every entry carries a hash of its bytes, compared at each use, and a
 * segment that does not parse is ignored and removed. What the disk does not
 * give back is a miss, and told once. When the store grows
 * past its bound the segments used longest ago go first.
 *
 * Segment: "RWCACHE1", then entries, each 8-byte aligned:
 *   16 bytes key, 16 bytes XXH3-128 of the data, 8 bytes length (host order), data.
 * The cache is for one machine only, so host byte order is right.
 */
#ifndef ROOTWARD_CACHE_H
#define ROOTWARD_CACHE_H

#include "util.h"

/* 128 bits of XXH3: of the content and of what was done to it. */
struct cache_key {
	uint64_t part[2];
};

/* Default bound of the store in bytes: some four kernels' modules. */
#define CACHE_MAX_BYTES ((uint64_t)256 << 20)

struct cache;

/*
 * Open the store in DIR (created 0700 when missing). DIR NULL: the default,
 * /var/cache/rootward for root, else $XDG_CACHE_HOME/rootward or
 * ~/.cache/rootward; "none": *OUT becomes NULL, and every function here takes
 * NULL for an empty store. A link is followed where nobody else can have made
 * it. A store that cannot be used is an error only when DIR was named; else a
 * warning and NULL.
 */
struct err *cache_open(const char *dir, uint64_t max_bytes, struct cache **out) MUST_CHECK NONNULL(3);
void cache_close(struct cache *c);

/*
 * Key of SIZE bytes of DATA treated as PURPOSE says ("zstd:3", "exports"): two
 * purposes never share an entry, nor do two versions of rootward.
 */
struct cache_key cache_key(const char *purpose, const void *data, size_t size) NONNULL(1, 2);

/* The checked entry of KEY, borrowed until cache_close; false when there is none. Thread-safe. */
bool cache_get(struct cache *c, const struct cache_key *key, const unsigned char **data, size_t *size) NONNULL(2, 3, 4);

/* DATA (borrowed until cache_commit) is what KEY stands for. Thread-safe. */
void cache_put(struct cache *c, const struct cache_key *key, const void *data, size_t size) NONNULL(2, 3);

/* Publish what was put and drop what exceeds the bound. Failures only warn: a build never fails for its cache. */
void cache_commit(struct cache *c);

/* Entries found and not found so far. */
void cache_stats(const struct cache *c, unsigned *hits, unsigned *misses) NONNULL(2, 3);

#endif
