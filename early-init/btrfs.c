/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btrfs on one or several devices: every device that has the file system's
 * UUID is told to the kernel, which says when the set is complete
 * (btrfs-device(8); linux/btrfs.h BTRFS_IOC_DEVICES_READY).
 */
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include "root.h"
#include "textfile.h"

/* With the option "degraded": how long missing devices are waited for all the same. */
#define DEGRADED_WAIT_NS UINT64_C(5000000000)

bool btrfs_same_set(const struct block_dev *a, const struct block_dev *b)
{
	return a->facts.fs_type && strcmp(a->facts.fs_type, "btrfs") == 0 && b->facts.fs_type &&
	       strcmp(b->facts.fs_type, "btrfs") == 0 && a->facts.fs_uuid && b->facts.fs_uuid &&
	       strcasecmp(a->facts.fs_uuid, b->facts.fs_uuid) == 0;
}

/* Register all devices of DEV's set; how many there are. */
static unsigned scan_set(struct boot *b, int control, const struct block_dev *dev)
{
	const struct block_dev *other;
	unsigned count = 0;

	for (unsigned i = 0; (other = block_dev_at(b, i)); i++) {
		struct btrfs_ioctl_vol_args args = {0};
		if (!btrfs_same_set(dev, other))
			continue;
		count++;
		block_node(b, other, args.name, sizeof(args.name));
		if (ioctl(control, BTRFS_IOC_SCAN_DEV, &args) < 0)
			log_debug("btrfs does not take %s: %s", other->facts.devname, strerror(errno));
	}
	return count;
}

/* Where the mount options of T come from, or could. */
static const char *options_word(const struct boot *b, const struct mount_target *t)
{
	if (t == &b->root->root)
		return "rootflags=degraded";
	if (t == &b->root->usr)
		return b->opt.mount_usr || b->opt.mount_usrflags ? "mount.usrflags=degraded"
								 : "the option \"degraded\" in fstab";
	return "the mount option \"degraded\"";
}

static errint btrfs_ready(struct boot *b, const struct block_dev *dev, struct mount_target *t)
{
	struct btrfs_ioctl_vol_args args = {0};
	int CLEANUP(close_fd) control = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
	unsigned count;

	/* No node: built without it or the driver failed; mount(2) will tell. */
	if (control < 0)
		return 0;
	count = scan_set(b, control, dev);
	block_node(b, dev, args.name, sizeof(args.name));
	if (ioctl(control, BTRFS_IOC_DEVICES_READY, &args) <= 0)
		return 0;
	if (mount_has_word(t->flags, "degraded") && clock_ns() - dev->seen_ns > DEGRADED_WAIT_NS)
		return 0;
	snprintf(t->waits_for, sizeof(t->waits_for),
		 "%u devices of the btrfs file system %s are here, others are missing; %s mounts it without them",
		 count, dev->facts.fs_uuid, options_word(b, t));
	return -EAGAIN;
}

const struct handler btrfs_handler = {"btrfs", NULL, HANDLER_FILESYSTEM, "a btrfs file system", btrfs_ready};
