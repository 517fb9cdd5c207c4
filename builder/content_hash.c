/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content_hash.h"

#include <xxhash.h>

struct content_hasher {
	XXH3_state_t *state;
};

static void to_words(XXH128_hash_t h, uint64_t out[2])
{
	out[0] = h.high64;
	out[1] = h.low64;
}

void content_hash(const void *data, size_t size, uint64_t out[2])
{
	to_words(XXH3_128bits(data, size), out);
}

struct content_hasher *content_hasher_new(void)
{
	struct content_hasher *h = xcalloc(1, sizeof(*h));

	h->state = XXH3_createState();
	if (!h->state)
		out_of_memory();
	XXH3_128bits_reset(h->state);
	return h;
}

void content_hasher_add(struct content_hasher *h, const void *data, size_t size)
{
	XXH3_128bits_update(h->state, data, size);
}

void content_hasher_get(const struct content_hasher *h, uint64_t out[2])
{
	to_words(XXH3_128bits_digest(h->state), out);
}

void content_hasher_free(struct content_hasher *h)
{
	if (h)
		XXH3_freeState(h->state);
	free(h);
}

void content_hash_text(const uint64_t hash[2], char out[CONTENT_HASH_TEXT])
{
	snprintf(out, CONTENT_HASH_TEXT, "%016llx%016llx", (unsigned long long)hash[0], (unsigned long long)hash[1]);
}
