/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index_make.h"

#include <stdlib.h>
#include <string.h>

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

static void put_u64(unsigned char *at, uint64_t v)
{
	index_put_u32(at, (uint32_t)v);
	index_put_u32(at + 4, (uint32_t)(v >> 32));
}

errint index_assemble(const struct index_part parts[SEC_COUNT], uint32_t release, unsigned char **out, size_t *size)
{
	size_t total = padded(INDEX_HEADER_SIZE), at = total;
	unsigned char *bytes;

	for (unsigned s = 0; s < SEC_COUNT; s++) {
		if (parts[s].len > UINT32_MAX - 8 || total > UINT32_MAX - padded(parts[s].len))
			return -E2BIG;
		total += padded(parts[s].len);
	}
	bytes = calloc(1, total);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, INDEX_MAGIC, INDEX_MAGIC_SIZE);
	index_put_u32(bytes + OFF_VERSION, INDEX_VERSION);
	index_put_u32(bytes + OFF_SECTIONS, SEC_COUNT);
	put_u64(bytes + OFF_SIZE, total);
	index_put_u32(bytes + OFF_RELEASE, release);
	for (unsigned s = 0; s < SEC_COUNT; s++) {
		index_put_u32(bytes + OFF_TABLE + 8 * s, (uint32_t)at);
		index_put_u32(bytes + OFF_TABLE + 8 * s + 4, (uint32_t)(parts[s].len / index_record_size(s)));
		if (parts[s].len)
			memcpy(bytes + at, parts[s].data, parts[s].len);
		at += padded(parts[s].len);
	}
	put_u64(bytes + OFF_CHECKSUM, index_checksum(bytes + OFF_CHECKED, total - OFF_CHECKED));
	*out = bytes;
	*size = total;
	return 0;
}

void index_bytes_add(struct index_bytes *b, const void *data, size_t len)
{
	if (b->failed || !len)
		return;
	if (b->cap - b->len < len) {
		size_t cap = b->len + len > 2 * b->cap ? b->len + len : 2 * b->cap;
		unsigned char *grown = realloc(b->data, cap);

		if (!grown) {
			b->failed = true;
			return;
		}
		b->data = grown;
		b->cap = cap;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void index_bytes_u32(struct index_bytes *b, uint32_t v)
{
	unsigned char bytes[4];

	index_put_u32(bytes, v);
	index_bytes_add(b, bytes, sizeof(bytes));
}

static int by_key(const void *a, const void *b)
{
	const struct index_key *x = a, *y = b;
	int order = index_key_order(x->pattern, x->prefix, y->pattern, y->prefix);

	return order ? order : x->seq < y->seq ? -1 : x->seq > y->seq;
}

void index_keys_sort(struct index_key *keys, size_t count)
{
	if (count)
		qsort(keys, count, sizeof(*keys), by_key);
}
