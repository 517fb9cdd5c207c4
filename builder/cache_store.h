/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the cache: reading, publishing and trimming segments. Only cache.c uses this. */
#ifndef ROOTWARD_CACHE_STORE_H
#define ROOTWARD_CACHE_STORE_H

#include "cache.h"

#define CACHE_MAGIC "RWCACHE1"

/* As on disk, before each entry's data. */
struct cache_header {
	struct cache_key key;
	uint64_t check[2]; /* XXH3-128 of the data */
	uint64_t size;
};

struct cache_segment {
	char name[40];
	const unsigned char *map;
	size_t size;
	struct cache_entry *entries;
	size_t count; /* of entries */
	bool used;    /* an entry was taken from it: it goes to the young end at commit */
};

struct cache_entry {
	struct cache_key key;
	uint64_t check[2];
	const unsigned char *data;
	size_t size;
	struct cache_segment *segment;
};

/* Open addressing by the key, which is a hash already. */
struct cache_table {
	struct cache_entry **slots;
	size_t count, cap;
};

/* Later entries of the same key win. */
void cache_table_add(struct cache_table *t, struct cache_entry *entry) NONNULL(1, 2);

/*
 * Map every sound segment in DIRFD into *SEGMENTS (malloc) and TABLE; remove damaged and forgotten files. False when
 * the disk did not give one back; that one is passed over and stays, or its bad sectors would be another file's.
 */
bool cache_store_load(int dirfd, struct cache_segment **segments, size_t *count, struct cache_table *table)
    MUST_CHECK NONNULL(2, 3, 4);
void cache_segment_unmap(struct cache_segment *s) NONNULL(1);
/* It was used now. */
void cache_segment_touch(int dirfd, const struct cache_segment *s) NONNULL(2);
/* What a build wants to keep: one entry of the segment to be. DATA is borrowed. */
struct cache_fresh {
	struct cache_header head;
	const void *data;
};

/* Write N entries as a new segment, whole or not at all; a failure only warns. */
void cache_store_publish(int dirfd, const char *dir, const struct cache_fresh *entries, size_t n) NONNULL(2, 3);
/* Remove the segments used longest ago until the rest is within MAX_BYTES. */
void cache_store_trim(int dirfd, uint64_t max_bytes);

#endif
