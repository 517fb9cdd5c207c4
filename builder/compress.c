/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codecs by name and magic. */
#include <string.h>

#include "compress.h"

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
