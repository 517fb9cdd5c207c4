/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressors: zstd, xz, gzip and lz4 as the kernel's own decompressors read them. */
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "compress_internal.h"

#define OUT_SIZE (256u << 10)
#define XZ_DICT_MAX (8u << 20)

struct compressor {
	enum codec codec;
	int level;
	struct sink sink;
	ZSTD_CCtx *zstd;
	lzma_stream xz;
	z_stream gzip;
	struct lz4_writer lz4;
	unsigned char *out; /* zstd, xz, gzip: OUT_SIZE */
	bool running;	    /* xz, gzip: the stream must be ended */
};

/* zstd stops at 19: above it the window outgrows what the kernel's unzstd accepts (2^27) and small machines have.
 * lz4: 4 takes half the time of 9 for 1.2 % more bytes, measured with the programs and data of a generic image. */
static const struct {
	int min, max, standard;
} levels[] = {
    [CODEC_NONE] = {0, -1, 0}, [CODEC_GZIP] = {1, 9, 6}, [CODEC_XZ] = {0, 9, 6},
    [CODEC_ZSTD] = {1, 19, 3}, [CODEC_LZ4] = {1, 12, 4},
};

bool codec_levels(enum codec c, int *min, int *max)
{
	if ((size_t)c >= ARRAY_SIZE(levels) || levels[c].max < levels[c].min)
		return false;
	*min = levels[c].min;
	*max = levels[c].max;
	return true;
}

static void zstd_setup(struct compressor *c)
{
	c->zstd = ZSTD_createCCtx();
	if (!c->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel, c->level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1)))
		abort();
}

struct compressor *compressor_new(enum codec codec, int level)
{
	struct compressor *c = xcalloc(1, sizeof(*c));

	c->codec = codec;
	c->level =
	    level != COMPRESS_LEVEL_DEFAULT || (size_t)codec >= ARRAY_SIZE(levels) ? level : levels[codec].standard;
	c->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (codec == CODEC_ZSTD)
		zstd_setup(c);
	return c;
}

static void end_stream(struct compressor *c)
{
	if (c->running && c->codec == CODEC_XZ)
		lzma_end(&c->xz);
	if (c->running && c->codec == CODEC_GZIP)
		deflateEnd(&c->gzip);
	c->running = false;
}

void compressor_free(struct compressor *c)
{
	if (!c)
		return;
	end_stream(c);
	ZSTD_freeCCtx(c->zstd);
	free(c->out);
	lz4_write_free(&c->lz4);
	free(c);
}

static struct err *emit(struct compressor *c, const void *data, size_t n)
{
	return n ? c->sink.write(c->sink.arg, data, n) : NULL;
}

static struct err *zstd_begin(struct compressor *c, unsigned threads)
{
	ZSTD_CCtx_reset(c->zstd, ZSTD_reset_session_only);
	/* Worker mode for one thread too: it cuts the input at the same places for any number of workers. */
	if (ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_nbWorkers, (int)threads)))
		return err_new(EXIT_FAILED, "zstd: libzstd has no threads");
	return NULL;
}

static struct err *zstd_step(struct compressor *c, const void *data, size_t n, bool finish)
{
	ZSTD_inBuffer in = {data, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {c->out, OUT_SIZE, 0};
		left = ZSTD_compressStream2(c->zstd, &out, &in, finish ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_new(EXIT_FAILED, "zstd: %s", ZSTD_getErrorName(left));
		TRY(emit(c, c->out, out.pos));
	} while (finish ? left != 0 : in.pos < in.size);
	return NULL;
}

static struct err *xz_begin(struct compressor *c, unsigned threads)
{
	lzma_options_lzma lzma;

	if (lzma_lzma_preset(&lzma, (uint32_t)c->level))
		return err_new(EXIT_USAGE, "xz has no level %d", c->level);
	if (lzma.dict_size > XZ_DICT_MAX)
		lzma.dict_size = XZ_DICT_MAX;
	lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA2, .options = &lzma}, {.id = LZMA_VLI_UNKNOWN}};
	lzma_mt mt = {.threads = threads, .filters = filters, .check = LZMA_CHECK_CRC32};
	lzma_ret r =
	    threads ? lzma_stream_encoder_mt(&c->xz, &mt) : lzma_stream_encoder(&c->xz, filters, LZMA_CHECK_CRC32);
	if (r != LZMA_OK)
		return err_new(EXIT_FAILED, "xz: the encoder does not start (%d)", (int)r);
	c->running = true;
	return NULL;
}

static struct err *xz_step(struct compressor *c, const void *data, size_t n, bool finish)
{
	lzma_ret r;

	c->xz.next_in = data;
	c->xz.avail_in = n;
	do {
		c->xz.next_out = c->out;
		c->xz.avail_out = OUT_SIZE;
		r = lzma_code(&c->xz, finish ? LZMA_FINISH : LZMA_RUN);
		if (r != LZMA_OK && r != LZMA_STREAM_END)
			return err_new(EXIT_FAILED, "xz: the encoder fails (%d)", (int)r);
		TRY(emit(c, c->out, OUT_SIZE - c->xz.avail_out));
	} while (finish ? r != LZMA_STREAM_END : c->xz.avail_in > 0);
	return NULL;
}

static struct err *gzip_begin(struct compressor *c)
{
	c->gzip = (z_stream){0};
	if (deflateInit2(&c->gzip, c->level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_new(EXIT_USAGE, "gzip has no level %d", c->level);
	c->running = true;
	return NULL;
}

static struct err *gzip_step(struct compressor *c, const void *data, size_t n, bool finish)
{
	const unsigned char *p = data;
	int r;

	do {
		/* zlib counts in 32 bits. */
		uInt part = n > (1u << 30) ? 1u << 30 : (uInt)n;
		c->gzip.next_in = (void *)(uintptr_t)p;
		c->gzip.avail_in = part;
		bool last = finish && part == n;
		do {
			c->gzip.next_out = c->out;
			c->gzip.avail_out = OUT_SIZE;
			r = deflate(&c->gzip, last ? Z_FINISH : Z_NO_FLUSH);
			if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
				return err_new(EXIT_FAILED, "gzip: the encoder fails (%d)", r);
			TRY(emit(c, c->out, OUT_SIZE - c->gzip.avail_out));
		} while (last ? r != Z_STREAM_END : c->gzip.avail_out == 0);
		p += part;
		n -= part;
	} while (n > 0);
	return NULL;
}

struct err *compressor_begin(struct compressor *c, unsigned threads, struct sink out)
{
	c->sink = out;
	end_stream(c);
	if (!c->out && c->codec != CODEC_LZ4)
		c->out = xmalloc(OUT_SIZE);
	switch (c->codec) {
	case CODEC_NONE:
		return NULL;
	case CODEC_ZSTD:
		return zstd_begin(c, threads);
	case CODEC_XZ:
		return xz_begin(c, threads);
	case CODEC_GZIP:
		return gzip_begin(c);
	case CODEC_LZ4:
		return lz4_write_begin(&c->lz4, c->level, out);
	default:
		return err_new(EXIT_FAILED, "%s is read, not written", codec_name(c->codec));
	}
}

static struct err *step(struct compressor *c, const void *data, size_t n, bool finish)
{
	switch (c->codec) {
	case CODEC_ZSTD:
		return zstd_step(c, data, n, finish);
	case CODEC_XZ:
		return xz_step(c, data, n, finish);
	case CODEC_GZIP:
		return gzip_step(c, data, n, finish);
	case CODEC_LZ4:
		return lz4_write_step(&c->lz4, data, n, finish);
	default:
		return emit(c, data, n);
	}
}

struct err *compressor_write(struct compressor *c, const void *data, size_t n)
{
	return n ? step(c, data, n, false) : NULL;
}

struct err *compressor_finish(struct compressor *c)
{
	TRY(step(c, "", 0, true));
	end_stream(c);
	return NULL;
}

/* In one call libzstd knows the size: no window buffer, and the frame says how much memory the reader needs. */
static struct err *zstd_run(struct compressor *c, const void *data, size_t size, unsigned char **out, size_t *out_len)
{
	size_t bound = ZSTD_compressBound(size);
	unsigned char *dst = xmalloc(bound);

	ZSTD_CCtx_reset(c->zstd, ZSTD_reset_session_only);
	size_t n = ZSTD_compress2(c->zstd, dst, bound, data, size);
	if (ZSTD_isError(n)) {
		free(dst);
		return err_new(EXIT_FAILED, "zstd: %s", ZSTD_getErrorName(n));
	}
	*out = xrealloc(dst, n, 1);
	*out_len = n;
	return NULL;
}

static struct err *buf_write(void *arg, const void *data, size_t n)
{
	buf_add(arg, data, n);
	return NULL;
}

struct err *compressor_run(struct compressor *c, const void *data, size_t size, unsigned char **out, size_t *out_len)
{
	CLEANUP(buf_free) struct buf b = {0};

	if (c->codec == CODEC_ZSTD)
		return zstd_run(c, data, size, out, out_len);
	TRY(compressor_begin(c, 0, (struct sink){buf_write, &b}));
	TRY(compressor_write(c, data, size));
	TRY(compressor_finish(c));
	*out_len = b.len;
	*out = b.data ? (unsigned char *)b.data : xmalloc(1);
	b.data = NULL;
	return NULL;
}
