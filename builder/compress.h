/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every compression that the kernel unpacks is read; zstd, xz, gzip and lz4 (legacy frame) are written. */
#ifndef ROOTWARD_COMPRESS_H
#define ROOTWARD_COMPRESS_H

#include "sink.h"
#include "util.h"

enum codec { CODEC_NONE, CODEC_GZIP, CODEC_XZ, CODEC_ZSTD, CODEC_LZ4, CODEC_BZIP2, CODEC_LZMA, CODEC_LZO };

const char *codec_name(enum codec c) __attribute__((returns_nonnull));
/* By magic; CODEC_NONE when none matches. */
enum codec codec_detect(const void *data, size_t size) NONNULL(1);

/*
 * The one compressed stream at the start of DATA into *OUT (malloc); LIMIT
 * bounds the output; *USED says how much of DATA it took. lzo (by libarchive)
 * takes all: nothing can follow it.
 */
struct err *decompress_prefix(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out,
			      size_t *out_len, size_t *used) MUST_CHECK NONNULL(2, 5, 6, 7);

/* The same for DATA that is nothing but one stream: bytes after it are an error. */
struct err *decompress(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out, size_t *out_len)
    MUST_CHECK NONNULL(2, 5, 6);

/* The first WANT bytes of what DATA becomes, or all of it when that is less; what follows is not looked at. */
struct err *decompress_start(enum codec c, const void *data, size_t size, size_t want, unsigned char **out,
			     size_t *out_len) MUST_CHECK NONNULL(2, 5, 6);

/* Levels codec C takes; false for a codec that is not written here or has none. */
bool codec_levels(enum codec c, int *min, int *max) MUST_CHECK NONNULL(2, 3);

#define COMPRESS_LEVEL_DEFAULT INT32_MIN

/*
 * A compressor with its buffers, one a thread. Writes zstd, xz (CRC32 check and a
 * dictionary of at most 8 MiB, as Documentation/staging/xz.rst asks), gzip (no
 * time, no name) and lz4 (legacy frame: the only one the kernel reads).
 */
struct compressor;
struct compressor *compressor_new(enum codec c, int level) MUST_CHECK;
void compressor_free(struct compressor *c);
/* *OUT is malloc'd, given to the caller. */
struct err *compressor_run(struct compressor *c, const void *data, size_t size, unsigned char **out, size_t *out_len)
    MUST_CHECK NONNULL(1, 2, 4, 5);

/*
 * One stream in pieces: begin, write..., finish. THREADS may speed up zstd and
 * xz; the bytes do not depend on it. After an error the compressor can only be freed.
 */
struct err *compressor_begin(struct compressor *c, unsigned threads, struct sink out) MUST_CHECK NONNULL(1);
struct err *compressor_write(struct compressor *c, const void *data, size_t n) MUST_CHECK NONNULL(1);
struct err *compressor_finish(struct compressor *c) MUST_CHECK NONNULL(1);

#endif
