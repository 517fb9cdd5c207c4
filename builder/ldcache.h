/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reader of /etc/ld.so.cache, new format "glibc-ld.so.cache1.1" (glibc's
 * sysdeps/generic/dl-cache.h), also behind an old-format table. Every offset is checked.
 *
 *   header  char magic[20], u32 nlibs, u32 len_strings, u8 flags, u8 pad[3], u32 extension_offset, u32 unused[3]
 *   entry   i32 flags, u32 key, u32 value (string offsets from the header's start), u32 osversion, u64 hwcap
 */
#ifndef ROOTWARD_LDCACHE_H
#define ROOTWARD_LDCACHE_H

#include "util.h"

struct ldcache {
	const unsigned char *base; /* of the new-format header; borrowed */
	size_t size;
	uint32_t count;
};

struct ldcache_entry {
	const char *soname, *path;
	int32_t flags;
	uint64_t hwcap;
};

/* 0; -EBADMSG not a cache or damaged header. */
errint ldcache_open(struct ldcache *c, const void *data, size_t size) MUST_CHECK NONNULL(1, 2);
/* I-th entry; 0, -ENOENT past the end, -EBADMSG offsets outside. */
errint ldcache_at(const struct ldcache *c, uint32_t i, struct ldcache_entry *out) MUST_CHECK NONNULL(1, 3);

#endif
