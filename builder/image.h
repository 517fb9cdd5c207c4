/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads any initramfs as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst):
 * concatenated newc/crc cpio archives, each optionally compressed (gzip bzip2 lzma xz lzo lz4 zstd),
 * zero padding between them.
 */
#ifndef ROOTWARD_IMAGE_H
#define ROOTWARD_IMAGE_H

#include "compress.h"
#include "util.h"

struct image_entry {
	const char *path; /* where it is in the end: with one leading '/', no "./", its parents no links */
	uint32_t mode, uid, gid, nlink, mtime, ino, rdev_major, rdev_minor;
	uint64_t size;
	const unsigned char
	    *data; /* contents (of the link's last name with data, for hard links); symlink target not NUL-terminated */
	unsigned segment; /* 0-based number of the archive it is in */
};

struct image_segment {
	enum codec codec;
	uint64_t offset, size; /* in the file, compressed */
	uint64_t plain_size;
	unsigned entries;
};

struct image {
	struct arena arena;
	struct file_map map;
	VEC(struct image_segment) segments;
	VEC(struct image_entry) entries; /* in archive order; later ones of the same path win */
	struct strmap by_path;		 /* path -> struct image_entry * (the winning one: as in the kernel) */
	VEC(unsigned char *) buffers;	 /* decompressed segments, owned */
};

/* Errors: not a cpio at all, truncated, damaged member (offset named), unknown compression. */
struct err *image_open(const char *path, struct image *out) MUST_CHECK NONNULL(1, 2);
struct err *image_parse(const void *data, size_t size, struct image *out) MUST_CHECK NONNULL(1, 3);
const struct image_entry *image_find(const struct image *img, const char *path)
    NONNULL(1, 2); /* follows dir symlinks like /lib */
/* The same; FOLLOW_LAST also follows PATH itself where it is a symlink. NULL: not there, or links without end. */
const struct image_entry *image_follow(const struct image *img, const char *path, bool follow_last) NONNULL(1, 2);
void image_close(struct image *img);

#endif
