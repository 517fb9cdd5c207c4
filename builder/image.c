/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of an initramfs, as unpack_to_rootfs() of the kernel's init/initramfs.c walks them. */
#include "image.h"

#include <string.h>

#include "image_cpio.h"
#include "image_paths.h"

/* Of all segments, unpacked: the kernel would need as much memory. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define PLAIN_MAX ((size_t)16 << 20)
#else
#define PLAIN_MAX ((size_t)2 << 30)
#endif

static size_t skip_zeros(const unsigned char *data, size_t size, size_t at)
{
	while (at < size && data[at] == 0)
		at++;
	return at;
}

/* A compressed segment may hold several archives, with zeros between them. */
static struct err *parse_plain(struct image *img, const unsigned char *data, size_t size)
{
	size_t at = 0;

	while ((at = skip_zeros(data, size, at)) < size) {
		size_t end;
		if (data[at] != '0')
			return err_new(EXIT_FAILED, "no cpio archive at byte %zu of the unpacked data", at);
		if (at % 4)
			return err_new(EXIT_FAILED, "archive at byte %zu of the unpacked data: not at a multiple of 4",
				       at);
		TRY(image_cpio_parse(img, data, size, at, (unsigned)img->segments.count, &end));
		at = end;
	}
	return NULL;
}

/* Bytes that the compressed segments so far have become: never more than PLAIN_MAX. */
static size_t unpacked(const struct image *img)
{
	size_t sum = 0;

	for (size_t i = 0; i < img->segments.count; i++)
		if (img->segments.items[i].codec != CODEC_NONE)
			sum += (size_t)img->segments.items[i].plain_size;
	return sum;
}

static struct err *parse_compressed(struct image *img, const unsigned char *data, size_t size, size_t at, size_t *end)
{
	enum codec codec = codec_detect(data + at, size - at);
	struct image_segment seg = {.codec = codec, .offset = at};
	unsigned char *plain;
	size_t plain_size, used, before = img->entries.count;

	if (codec == CODEC_NONE)
		return err_new(EXIT_FAILED, "neither a cpio archive nor a compression that the kernel knows");
	TRY(decompress_prefix(codec, data + at, size - at, PLAIN_MAX - unpacked(img), &plain, &plain_size, &used));
	VEC_PUSH(&img->buffers, plain);
	TRY(err_wrap(parse_plain(img, plain, plain_size), "%s", codec_name(codec)));
	seg.size = used;
	seg.plain_size = plain_size;
	seg.entries = (unsigned)(img->entries.count - before);
	VEC_PUSH(&img->segments, seg);
	*end = at + used;
	return NULL;
}

static struct err *parse_stored(struct image *img, const unsigned char *data, size_t size, size_t at, size_t *end)
{
	size_t before = img->entries.count;

	if (at % 4)
		return err_new(EXIT_FAILED,
			       "a plain cpio archive that is not at a multiple of 4: the kernel does not read it");
	TRY(image_cpio_parse(img, data, size, at, (unsigned)img->segments.count, end));
	struct image_segment seg = {
	    .codec = CODEC_NONE,
	    .offset = at,
	    .size = *end - at,
	    .plain_size = *end - at,
	    .entries = (unsigned)(img->entries.count - before),
	};
	VEC_PUSH(&img->segments, seg);
	return NULL;
}

static struct err *parse(struct image *img, const unsigned char *data, size_t size)
{
	size_t at = 0;

	while ((at = skip_zeros(data, size, at)) < size) {
		struct err *e = data[at] == '0' ? parse_stored(img, data, size, at, &at)
						: parse_compressed(img, data, size, at, &at);
		if (e)
			return err_wrap(e, "segment %zu at byte %zu", img->segments.count + 1, at);
	}
	if (img->segments.count == 0)
		return err_new(EXIT_FAILED, size ? "only zeros: not an initramfs" : "empty: not an initramfs");
	/* Now that nothing moves any more. */
	image_resolve_paths(img);
	return NULL;
}

struct err *image_parse(const void *data, size_t size, struct image *out)
{
	*out = (struct image){0};
	struct err *e = parse(out, data, size);
	if (e)
		image_close(out);
	return e;
}

struct err *image_open(const char *path, struct image *out)
{
	struct file_map map;

	*out = (struct image){0};
	TRY(file_map(path, &map));
	struct err *e = image_parse(map.data, map.size, out);
	if (e)
		file_unmap(&map);
	else
		out->map = map;
	return err_wrap(e, "%s", path);
}

void image_close(struct image *img)
{
	for (size_t i = 0; i < img->buffers.count; i++)
		free(img->buffers.items[i]);
	VEC_FREE(&img->buffers);
	VEC_FREE(&img->segments);
	VEC_FREE(&img->entries);
	strmap_free(&img->by_path);
	file_unmap(&img->map);
	arena_free(&img->arena);
}
