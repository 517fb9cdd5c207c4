/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decompressors of whole streams in memory, with a bound. */
#include <archive.h>
#include <archive_entry.h>
#include <bzlib.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "compress_internal.h"

/* A module or an image needs far less: a decoder that wants more is fed a forged header. */
#define XZ_MEMORY_MAX (256u << 20)

bool output_room(struct output *o)
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

struct err *output_at_limit(struct output *o)
{
	o->enough = o->start_only;
	return o->enough ? NULL : err_new(EXIT_FAILED, "larger than %zu bytes when decompressed", o->limit);
}

static struct err *run_zstd(const void *data, size_t size, struct output *o, size_t *used)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	ZSTD_inBuffer in = {data, size, 0};
	struct err *e = NULL;
	size_t r = 1;

	if (!ctx)
		abort();
	while (r != 0 && !e) {
		if (!output_room(o)) {
			e = output_at_limit(o);
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
	*used = in.pos;
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

/* Both of liblzma's formats. */
static struct err *run_lzma(enum codec c, const void *data, size_t size, struct output *o, size_t *used)
{
	lzma_stream s = LZMA_STREAM_INIT;
	struct err *e = NULL;
	lzma_ret r = c == CODEC_XZ ? lzma_stream_decoder(&s, XZ_MEMORY_MAX, 0) : lzma_alone_decoder(&s, XZ_MEMORY_MAX);

	if (r != LZMA_OK)
		abort();
	s.next_in = data;
	s.avail_in = size;
	while (r == LZMA_OK) {
		if (!output_room(o)) {
			e = output_at_limit(o);
			break;
		}
		s.next_out = o->data + o->len;
		s.avail_out = o->cap - o->len;
		r = lzma_code(&s, LZMA_FINISH);
		o->len = o->cap - s.avail_out;
	}
	if (!e && !o->enough && r != LZMA_STREAM_END)
		e = err_new(EXIT_FAILED, "%s data %s", codec_name(c), lzma_words(r));
	*used = size - s.avail_in;
	lzma_end(&s);
	return e;
}

static struct err *run_gzip(const void *data, size_t size, struct output *o, size_t *used)
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
			e = output_at_limit(o);
			break;
		}
		size_t room = o->cap - o->len;
		s.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
		s.next_out = o->data + o->len;
		r = inflate(&s, Z_NO_FLUSH);
		o->len = (size_t)(s.next_out - o->data);
	}
	if (!e && !o->enough && r != Z_STREAM_END)
		e = err_new(EXIT_FAILED, "gzip data %s", r == Z_BUF_ERROR ? "truncated" : "damaged");
	*used = size - s.avail_in;
	inflateEnd(&s);
	return e;
}

static struct err *run_bzip2(const void *data, size_t size, struct output *o, size_t *used)
{
	bz_stream s = {0};
	struct err *e = NULL;
	int r = BZ_OK;

	if (size > UINT32_MAX)
		return err_new(EXIT_FAILED, "bzip2 data larger than 4 GiB");
	if (BZ2_bzDecompressInit(&s, 0, 0) != BZ_OK)
		abort();
	s.next_in = (void *)(uintptr_t)data;
	s.avail_in = (unsigned)size;
	while (r == BZ_OK) {
		if (!output_room(o)) {
			e = output_at_limit(o);
			break;
		}
		size_t room = o->cap - o->len;
		unsigned part = room > UINT32_MAX ? UINT32_MAX : (unsigned)room;
		s.next_out = (char *)o->data + o->len;
		s.avail_out = part;
		r = BZ2_bzDecompress(&s);
		o->len += part - s.avail_out;
		if (r == BZ_OK && s.avail_in == 0 && s.avail_out > 0)
			r = BZ_UNEXPECTED_EOF;
	}
	if (!e && !o->enough && r != BZ_STREAM_END)
		e = err_new(EXIT_FAILED, "bzip2 data %s", r == BZ_UNEXPECTED_EOF ? "truncated" : "damaged");
	*used = size - s.avail_in;
	BZ2_bzDecompressEnd(&s);
	return e;
}

static struct err *run_lzo(const void *data, size_t size, struct output *o, size_t *used)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct err *e = NULL;
	la_ssize_t n = 0;

	if (!a)
		abort();
	archive_read_support_filter_lzop(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, data, size) != ARCHIVE_OK || archive_read_next_header(a, &entry) != ARCHIVE_OK)
		e = err_new(EXIT_FAILED, "lzo data damaged, or no lzop to read it: %s", archive_error_string(a));
	while (!e) {
		if (!output_room(o)) {
			e = output_at_limit(o);
			break;
		}
		if ((n = archive_read_data(a, o->data + o->len, o->cap - o->len)) < 0)
			e = err_new(EXIT_FAILED, "lzo data damaged: %s", archive_error_string(a));
		else if (n == 0)
			break;
		else
			o->len += (size_t)n;
	}
	*used = size;
	archive_read_free(a);
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

static struct err *run(enum codec c, const void *data, size_t size, struct output *o, size_t *used)
{
	switch (c) {
	case CODEC_GZIP:
		return run_gzip(data, size, o, used);
	case CODEC_XZ:
	case CODEC_LZMA:
		return run_lzma(c, data, size, o, used);
	case CODEC_ZSTD:
		return run_zstd(data, size, o, used);
	case CODEC_LZ4:
		return size < 4 ? err_new(EXIT_FAILED, "lz4 data truncated") : lz4_read(data, size, o, used);
	case CODEC_BZIP2:
		return run_bzip2(data, size, o, used);
	case CODEC_LZO:
		return run_lzo(data, size, o, used);
	case CODEC_NONE:
		break;
	}
	return err_new(EXIT_FAILED, "not compressed in a way that the kernel reads");
}

struct err *decompress_prefix(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out,
			      size_t *out_len, size_t *used)
{
	struct output o;

	output_start(&o, guess_size(c, data, size), limit);
	struct err *e = run(c, data, size, &o, used);
	if (e) {
		free(o.data);
		return e;
	}
	*out = o.data;
	*out_len = o.len;
	return NULL;
}

struct err *decompress_start(enum codec c, const void *data, size_t size, size_t want, unsigned char **out,
			     size_t *out_len)
{
	struct output o;
	size_t used;

	output_start(&o, want, want);
	o.start_only = true;
	struct err *e = run(c, data, size, &o, &used);
	if (e) {
		free(o.data);
		return e;
	}
	*out = o.data;
	*out_len = o.len;
	return NULL;
}

struct err *decompress(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out, size_t *out_len)
{
	AUTOFREE unsigned char *plain = NULL;
	size_t used;

	TRY(decompress_prefix(c, data, size, limit, &plain, out_len, &used));
	if (used < size)
		return err_new(EXIT_FAILED, "%zu unexpected bytes after the compressed data", size - used);
	*out = STEAL_POINTER(plain);
	return NULL;
}
