/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content_hash.h"

#include <xxhash.h>

void content_hash(const void *data, size_t size, uint64_t out[2])
{
	XXH128_hash_t h = XXH3_128bits(data, size);

	out[0] = h.high64;
	out[1] = h.low64;
}

void content_hash_text(const uint64_t hash[2], char out[CONTENT_HASH_TEXT])
{
	snprintf(out, CONTENT_HASH_TEXT, "%016llx%016llx", (unsigned long long)hash[0], (unsigned long long)hash[1]);
}
