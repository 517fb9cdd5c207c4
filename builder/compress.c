/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codecs by name and magic; decompression of one whole stream in memory. */
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "compress.h"

/* A module or a program needs far less: a decoder that wants more is fed a forged header. */
#define XZ_MEMORY_MAX (256u << 20)

/* Magics of lib/decompress.c, longer where the format has more of it. */
static const struct {
	const char *name;
	unsigned char magic[6];
	unsigned char magic_size;
} codecs[] = {
    [CODEC_NONE] = {"none", {0}, 0},
    [CODEC_GZIP] = {"gzip", {0x1f, 0x8b, 0x08}, 3},
    [CODEC_XZ] = {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6},
    [CODEC_ZSTD] = {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4},
    [CODEC_LZ4] = {"lz4", {0x02, 0x21, 0x4c, 0x18}, 4},
    [CODEC_BZIP2] = {"bzip2", {'B', 'Z', 'h'}, 3},
    [CODEC_LZMA] = {"lzma", {0x5d, 0, 0}, 3},
    [CODEC_LZO] = {"lzo", {0x89, 'L', 'Z', 'O', 0}, 5},
};

const char *codec_name(enum codec c)
{
	return (size_t)c < ARRAY_SIZE(codecs) ? codecs[c].name : "unknown";
}

enum codec codec_detect(const void *data, size_t size)
{
	for (size_t i = 1; i < ARRAY_SIZE(codecs); i++)
		if (size >= codecs[i].magic_size && memcmp(data, codecs[i].magic, codecs[i].magic_size) == 0)
			return (enum codec)i;
	return CODEC_NONE;
}

/* Output that grows up to a limit. */
struct output {
	unsigned char *data;
	size_t len, cap, limit;
};

/* Room for at least one more byte; false at the limit. */
static bool output_room(struct output *o)
{
	if (o->len < o->cap)
		return true;
	if (o->cap >= o->limit)
		return false;
	o->cap = o->cap > o->limit / 2 ? o->limit : o->cap * 2;
	o->data = xrealloc(o->data, o->cap, 1);
	return true;
}

static void output_start(struct output *o, size_t guess, size_t limit)
{
	size_t cap = guess < 4096 ? 4096 : guess;

	*o = (struct output){.cap = cap < limit ? cap : limit, .limit = limit};
	o->data = xmalloc(o->cap ? o->cap : 1);
}

static struct err *too_large(size_t limit)
{
	return err_new(EXIT_FAILED, "larger than %zu bytes when decompressed", limit);
}

static struct err *trailing(size_t n)
{
	return err_new(EXIT_FAILED, "%zu unexpected bytes after the compressed data", n);
}

static struct err *run_zstd(const void *data, size_t size, struct output *o)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	ZSTD_inBuffer in = {data, size, 0};
	struct err *e = NULL;
	size_t r = 1;

	if (!ctx)
		abort();
	while (r != 0 && !e) {
		if (!output_room(o)) {
			e = too_large(o->limit);
			break;
		}
		ZSTD_outBuffer out = {o->data, o->cap, o->len};
		r = ZSTD_decompressStream(ctx, &out, &in);
		bool stuck = out.pos == o->len && in.pos == in.size;
		o->len = out.pos;
		if (ZSTD_isError(r))
			e = err_new(EXIT_FAILED, "zstd data damaged: %s", ZSTD_getErrorName(r));
		else if (r != 0 && stuck)
			e = err_new(EXIT_FAILED, "zstd data truncated");
	}
	if (!e && in.pos < in.size)
		e = trailing(in.size - in.pos);
	ZSTD_freeDCtx(ctx);
	return e;
}

static const char *lzma_words(lzma_ret r)
{
	switch (r) {
	case LZMA_BUF_ERROR:
		return "truncated";
	case LZMA_MEMLIMIT_ERROR:
		return "needs more memory than allowed (damaged header)";
	case LZMA_OPTIONS_ERROR:
		return "uses unsupported options";
	case LZMA_FORMAT_ERROR:
		return "is not xz";
	default:
		return "damaged";
	}
}

static struct err *run_xz(const void *data, size_t size, struct output *o)
{
	lzma_stream s = LZMA_STREAM_INIT;
	struct err *e = NULL;

	if (lzma_stream_decoder(&s, XZ_MEMORY_MAX, 0) != LZMA_OK)
		abort();
	s.next_in = data;
	s.avail_in = size;
	lzma_ret r = LZMA_OK;
	while (r == LZMA_OK) {
		if (!output_room(o)) {
			e = too_large(o->limit);
			break;
		}
		s.next_out = o->data + o->len;
		s.avail_out = o->cap - o->len;
		r = lzma_code(&s, LZMA_FINISH);
		o->len = o->cap - s.avail_out;
	}
	if (!e && r != LZMA_STREAM_END)
		e = err_new(EXIT_FAILED, "xz data %s", lzma_words(r));
	if (!e && s.avail_in)
		e = trailing(s.avail_in);
	lzma_end(&s);
	return e;
}

static struct err *run_gzip(const void *data, size_t size, struct output *o)
{
	z_stream s = {0};
	struct err *e = NULL;

	if (size > UINT32_MAX)
		return err_new(EXIT_FAILED, "gzip data larger than 4 GiB");
	if (inflateInit2(&s, 15 + 16) != Z_OK)
		abort();
	s.next_in = (void *)(uintptr_t)data;
	s.avail_in = (uInt)size;
	int r = Z_OK;
	while (r == Z_OK) {
		if (!output_room(o)) {
			e = too_large(o->limit);
			break;
		}
		size_t room = o->cap - o->len;
		s.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
		s.next_out = o->data + o->len;
		r = inflate(&s, Z_NO_FLUSH);
		o->len = (size_t)(s.next_out - o->data);
	}
	if (!e && r != Z_STREAM_END)
		e = err_new(EXIT_FAILED, "gzip data %s", r == Z_BUF_ERROR ? "truncated" : "damaged");
	if (!e && s.avail_in)
		e = trailing(s.avail_in);
	inflateEnd(&s);
	return e;
}

/* What a stream of SIZE bytes may become: the frame's own word where it gives one. Only the first allocation. */
static size_t guess_size(enum codec c, const void *data, size_t size)
{
	if (c == CODEC_ZSTD) {
		unsigned long long known = ZSTD_getFrameContentSize(data, size);
		if (known != ZSTD_CONTENTSIZE_UNKNOWN && known != ZSTD_CONTENTSIZE_ERROR && known / 64 <= size)
			return (size_t)known + 1;
	}
	return size < SIZE_MAX / 4 ? size * 4 : size;
}

struct err *decompress(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out, size_t *out_len)
{
	struct output o;
	struct err *e;

	if (c != CODEC_ZSTD && c != CODEC_XZ && c != CODEC_GZIP)
		return err_new(EXIT_FAILED, "%s compression is not supported here", codec_name(c));
	output_start(&o, guess_size(c, data, size), limit);
	if (c == CODEC_ZSTD)
		e = run_zstd(data, size, &o);
	else if (c == CODEC_XZ)
		e = run_xz(data, size, &o);
	else
		e = run_gzip(data, size, &o);
	if (e) {
		free(o.data);
		return e;
	}
	*out = o.data;
	*out_len = o.len;
	return NULL;
}
