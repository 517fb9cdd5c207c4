/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done with a block device, by its signature. One row in handler.c and
 * one file that exports the descriptor; root.c and diagnose.c know no type.
 */
#ifndef ROOTWARD_HANDLER_H
#define ROOTWARD_HANDLER_H

#include "boot.h"

struct block_dev;
struct mount_target;

enum handler_role {
	HANDLER_FILESYSTEM, /* may be mounted as root or /usr */
	HANDLER_SWAP,	    /* the resume device */
	HANDLER_NOT_HERE,   /* holds something that this image cannot open */
};

struct handler {
	const char *type;  /* libblkid TYPE, or NULL for every type of USAGE */
	const char *usage; /* libblkid USAGE, or NULL for any */
	enum handler_role role;
	const char *what; /* in words, for the diagnosis: "encrypted volume (LUKS)" */
	/*
	 * Whether DEV, chosen for T, may be mounted now: 0 yes, -EAGAIN not yet
	 * (T->waits_for says for what), -errno never. NULL: always.
	 */
	errint (*ready)(struct boot *b, const struct block_dev *dev, struct mount_target *t);
};

/* The handler for a signature; never NULL for a TYPE. */
const struct handler *handler_find(const char *type, const char *usage) NONNULL(1);

extern const struct handler btrfs_handler, filesystem_handler, swap_handler, swsuspend_handler;

/* ---- btrfs.c ---- */
/* Whether A and B are devices of the same btrfs file system. */
bool btrfs_same_set(const struct block_dev *a, const struct block_dev *b) MUST_CHECK NONNULL(1, 2);

#endif
