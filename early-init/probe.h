/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bytes of one block device say: signature and partition table, by libblkid. */
#ifndef ROOTWARD_PROBE_H
#define ROOTWARD_PROBE_H

#include "plan/base.h"

/* A partition as its table describes it. Strings are owned; NULL where the table has none. */
struct probe_partition {
	unsigned partno;
	char *uuid, *label, *type; /* as udev: PARTUUID PARTLABEL PARTTYPE ("0x83" in an MBR) */
	uint64_t flags;		   /* GPT attribute bits, 0 else */
};

/* More partitions than this are not looked at (the kernel's own limit for a disk is 256). */
#define PROBE_PARTITIONS_MAX 256

struct probe_result {
	char *type, *usage, *uuid, *label; /* libblkid TYPE, USAGE, UUID, LABEL; NULL without a signature */
	char *uuid_sub;			   /* UUID_SUB: of a device that shares UUID with others */
	bool ambivalent;		   /* several signatures contradict each other: type is NULL */
	char *table_uuid;		   /* of the partition table in it */
	struct probe_partition *parts;
	unsigned nparts;
};

/*
 * Read FD (block device or image file; borrowed). 0, also when nothing is
 * recognised; -errno as read(2) gave it, or -EIO. OUT is overwritten; the
 * caller frees it with probe_free, also after an error. When one of the many
 * places where a signature may be cannot be read, OUT still has the partition
 * table that was found.
 */
errint probe_fd(int fd, struct probe_result *out) MUST_CHECK NONNULL(2);
/* Frees the strings and the table in R (not R) and empties it. */
void probe_free(struct probe_result *r) NONNULL(1);

#endif
