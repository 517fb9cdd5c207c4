/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The legacy frame of lz4, as lib/decompress_unlz4.c reads it: the magic, then blocks, each with its compressed size
 * before it (32 bits, little-endian). It has no end of its own: it ends at a size of zero or with the last byte.
 */
#include <lz4.h>
#include <lz4hc.h>
#include <string.h>

#include "compress_internal.h"

#define LZ4_LEGACY_MAGIC 0x184c2102u
/* LZ4_DEFAULT_UNCOMPRESSED_CHUNK_SIZE of the kernel; every block but the last becomes so much. */
#define LZ4_CHUNK ((size_t)8 << 20)

static uint32_t get_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

struct err *lz4_read(const unsigned char *data, size_t size, struct output *o, size_t *used)
{
	size_t at = 4;

	while (size - at >= 4 && !o->enough) {
		uint32_t n = get_le32(data + at);

		if (n == 0)
			break;
		at += 4;
		if (n == LZ4_LEGACY_MAGIC)
			continue;
		if (n > size - at || n > LZ4_COMPRESSBOUND(LZ4_CHUNK))
			return err_new(EXIT_FAILED, "lz4 data truncated");
		size_t want = o->len + LZ4_CHUNK;
		if (want > o->limit)
			want = o->limit;
		if (o->cap < want)
			o->data = xrealloc(o->data, o->cap = want, 1);
		size_t room = o->cap - o->len > LZ4_CHUNK ? LZ4_CHUNK : o->cap - o->len;
		char *to = (char *)o->data + o->len;
		int got = o->start_only
			      ? LZ4_decompress_safe_partial((const char *)data + at, to, (int)n, (int)room, (int)room)
			      : LZ4_decompress_safe((const char *)data + at, to, (int)n, (int)room);
		if (got < 0)
			return o->cap == o->limit && !o->start_only ? output_at_limit(o)
								    : err_new(EXIT_FAILED, "lz4 data damaged");
		o->len += (size_t)got;
		o->enough = o->start_only && o->len == o->limit;
		at += n;
	}
	*used = at;
	return NULL;
}

static void put_le32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

struct err *lz4_write_begin(struct lz4_writer *w, int level, struct sink sink)
{
	unsigned char magic[4];

	w->level = level;
	w->sink = sink;
	w->len = 0;
	if (!w->chunk) {
		w->chunk = xmalloc(LZ4_CHUNK);
		w->block = xmalloc(LZ4_COMPRESSBOUND(LZ4_CHUNK) + 4);
	}
	put_le32(magic, LZ4_LEGACY_MAGIC);
	return sink.write(sink.arg, magic, sizeof(magic));
}

static struct err *flush(struct lz4_writer *w)
{
	if (w->len == 0)
		return NULL;
	int n = LZ4_compress_HC((const char *)w->chunk, (char *)w->block + 4, (int)w->len,
				LZ4_COMPRESSBOUND((int)LZ4_CHUNK), w->level);
	if (n <= 0)
		return err_new(EXIT_FAILED, "lz4: the encoder fails");
	put_le32(w->block, (uint32_t)n);
	w->len = 0;
	return w->sink.write(w->sink.arg, w->block, (size_t)n + 4);
}

struct err *lz4_write_step(struct lz4_writer *w, const void *data, size_t n, bool finish)
{
	const unsigned char *p = data;

	while (n > 0) {
		size_t room = LZ4_CHUNK - w->len, part = n < room ? n : room;
		memcpy(w->chunk + w->len, p, part);
		w->len += part;
		p += part;
		n -= part;
		if (w->len == LZ4_CHUNK)
			TRY(flush(w));
	}
	return finish ? flush(w) : NULL;
}

void lz4_write_free(struct lz4_writer *w)
{
	free(w->chunk);
	free(w->block);
}
