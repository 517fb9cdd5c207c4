/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writer of newc cpio archives (Documentation/driver-api/early-userspace/buffer-format.rst):
 * owner 0:0, one link each, inode numbers of our own.
 */
#ifndef ROOTWARD_CPIO_H
#define ROOTWARD_CPIO_H

#include "sink.h"
#include "util.h"

/* The kernel keeps a path with its NUL in PATH_MAX bytes. */
#define CPIO_PATH_MAX 4096
#define CPIO_HEADER_SIZE 110

struct cpio_writer {
	struct sink sink;
	uint64_t offset;   /* bytes given to the sink */
	uint32_t next_ino; /* counts through all archives of an image: the kernel pairs hard links by it */
	uint32_t mtime;
};

struct cpio_member {
	const char *path; /* absolute; stored without its first slash */
	uint32_t mode;	  /* type and permissions, as st_mode */
	uint64_t size;	  /* of the contents that follow */
	unsigned dev_major, dev_minor;
};

/* Header and name; then exactly SIZE bytes through cpio_data; then cpio_pad. */
struct err *cpio_header(struct cpio_writer *w, const struct cpio_member *member) MUST_CHECK NONNULL(1, 2);
struct err *cpio_data(struct cpio_writer *w, const void *data, size_t n) MUST_CHECK NONNULL(1);
/* Zeros up to a multiple of ALIGN (4 after contents). */
struct err *cpio_pad(struct cpio_writer *w, unsigned align) MUST_CHECK NONNULL(1);
/* TRAILER!!! and zeros up to 512 bytes, as other writers of cpio do. */
struct err *cpio_end(struct cpio_writer *w) MUST_CHECK NONNULL(1);

#endif
