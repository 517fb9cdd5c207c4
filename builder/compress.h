/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression the kernel and module tools use: zstd, xz, gzip (in memory, one shot). lz4 (legacy frame) to write. */
#ifndef ROOTWARD_COMPRESS_H
#define ROOTWARD_COMPRESS_H

#include "util.h"

enum codec { CODEC_NONE, CODEC_GZIP, CODEC_XZ, CODEC_ZSTD, CODEC_LZ4, CODEC_BZIP2, CODEC_LZMA, CODEC_LZO };

const char *codec_name(enum codec c) __attribute__((returns_nonnull));
/* By magic; CODEC_NONE when none matches. */
enum codec codec_detect(const void *data, size_t size) NONNULL(1);

/*
 * DATA decompressed into *OUT (malloc). LIMIT bounds the output. Trailing bytes
 * after the compressed stream are an error. Which codecs: gzip xz zstd (lz4
 * lzma bzip2 lzo only through the image reader).
 */
struct err *decompress(enum codec c, const void *data, size_t size, size_t limit, unsigned char **out, size_t *out_len)
    MUST_CHECK NONNULL(2, 5, 6);

/* A compressor with its buffers, one a thread. */
struct compressor;
struct compressor *compressor_new(enum codec c, int level) MUST_CHECK;
void compressor_free(struct compressor *c);
/* *OUT is malloc'd, given to the caller. xz output uses CRC32 check as the kernel demands (Documentation/staging/xz.rst). */
struct err *compressor_run(struct compressor *c, const void *data, size_t size, unsigned char **out, size_t *out_len)
    MUST_CHECK NONNULL(1, 2, 4, 5);

#endif
