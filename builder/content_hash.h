/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XXH3-128 of contents: tells two versions of a file apart. Not for anything an enemy could choose. */
#ifndef ROOTWARD_CONTENT_HASH_H
#define ROOTWARD_CONTENT_HASH_H

#include "util.h"

#define CONTENT_HASH_TEXT 33 /* 32 hexadecimal digits and a NUL */

void content_hash(const void *data, size_t size, uint64_t out[2]) NONNULL(1, 3);

/* The same of what comes in parts. */
struct content_hasher;
struct content_hasher *content_hasher_new(void);
void content_hasher_add(struct content_hasher *h, const void *data, size_t size) NONNULL(1);
/* Of all parts so far. */
void content_hasher_get(const struct content_hasher *h, uint64_t out[2]) NONNULL(1, 2);
void content_hasher_free(struct content_hasher *h);

/* Canonical text, high half first, as xxh128sum prints it. */
void content_hash_text(const uint64_t hash[2], char out[CONTENT_HASH_TEXT]) NONNULL(1, 2);

#endif
