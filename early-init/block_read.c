/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device of the table: read it, keep what it says. */
#include <fcntl.h>
#include <limits.h> /* CDSL_CURRENT */
#include <linux/cdrom.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "block.h"
#include "textfile.h"

/* Holds nearly every signature and the partition tables; the backup ones lie at the device's end. */
#define PREFETCH_BYTES (128 * 1024)
/* The end of a disk, where libblkid looks for members of a dozen kinds of RAID: one read instead of as many. */
#define PREFETCH_END_BYTES (512 * 1024)
#define PREFETCH_END_LEAST (16 * 1024 * 1024)
/* Devices that are being read at a time; PID 1 has 1024 descriptors and needs some for the rest. */
#define OPEN_MAX 512

void block_free_parts(struct block_dev *dev)
{
	struct probe_result owned = {.parts = dev->parts, .nparts = dev->nparts, .table_uuid = dev->table_uuid};

	probe_free(&owned);
	dev->parts = NULL;
	dev->nparts = 0;
	dev->table_uuid = NULL;
}

void block_close(struct block_dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

static void take_partition_facts(struct block_table *t, struct block_dev *part)
{
	const struct block_dev *disk = block_find(t, part->facts.disk);

	if (!disk || disk->state != BLOCK_READ)
		return;
	for (unsigned i = 0; i < disk->nparts; i++) {
		const struct probe_partition *p = &disk->parts[i];
		if (p->partno != part->facts.partno)
			continue;
		block_set_string(&part->facts.part_uuid, p->uuid);
		block_set_string(&part->facts.part_label, p->label);
		block_set_string(&part->facts.part_type, p->type);
		block_set_string(&part->facts.disk_uuid, disk->table_uuid);
		part->facts.part_flags = p->flags;
		return;
	}
}

/* A partition and its disk may be read in either order. */
static void give_partition_facts(struct block_table *t, const struct block_dev *disk)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->devs[i]->facts.disk && strcmp(t->devs[i]->facts.disk, disk->facts.devname) == 0)
			take_partition_facts(t, t->devs[i]);
}

static void keep_result(struct block_table *t, struct block_dev *dev, struct probe_result *r)
{
	block_set_string(&dev->facts.fs_type, r->type);
	block_set_string(&dev->facts.fs_uuid, r->uuid);
	block_set_string(&dev->facts.fs_label, r->label);
	block_set_string(&dev->uuid_sub, r->uuid_sub);
	dev->ambivalent = r->ambivalent;
	dev->handler = r->type ? handler_find(r->type, r->usage) : NULL;
	if (dev->facts.disk) {
		take_partition_facts(t, dev);
		return;
	}
	block_free_parts(dev);
	dev->parts = STEAL_POINTER(r->parts);
	dev->nparts = r->nparts;
	r->nparts = 0;
	dev->table_uuid = STEAL_POINTER(r->table_uuid);
}

/* A machine may have more disks than a process may have descriptors; the rest of them has its turn later. */
static bool too_many_open(const struct block_table *t)
{
	unsigned open = 0;

	for (unsigned i = 0; t->count > OPEN_MAX && i < t->count; i++)
		open += t->devs[i]->fd >= 0;
	return open >= OPEN_MAX;
}

static bool worth_retrying(int error)
{
	return error == -ENXIO || error == -EBUSY || error == -EIO || error == -EAGAIN || error == -ENOENT ||
	       error == -ENODEV || error == -EINTR;
}

static void note_failure(const struct block_table *t, struct block_dev *dev, errint err)
{
	bool known = dev->again && dev->error == err;

	dev->error = err;
	if (err == -ENOMEDIUM) {
		dev->again = false;
		dev->state = BLOCK_NO_MEDIUM;
		return;
	}
	if (worth_retrying(err) && (t->retry_ns == 0 || clock_ns() - dev->asked_ns < t->retry_ns))
		return;
	dev->state = BLOCK_FAILED;
	dev->again = false;
	block_close(dev);
	if (!known)
		log_warn("%s cannot be read: %s", dev->facts.devname,
			 err == -EAGAIN ? "it does not answer" : strerror(-err));
}

/*
 * A CD drive has a size without a medium, too, and fails to read: it must be asked. With a medium it may still be
 * spinning up.
 */
static errint medium_there(const struct block_dev *dev)
{
	if (strncmp(dev->facts.devname, "sr", 2) != 0)
		return 0;
	switch (ioctl(dev->fd, CDROM_DRIVE_STATUS, CDSL_CURRENT)) {
	case CDS_NO_DISC:
	case CDS_TRAY_OPEN:
		return -ENOMEDIUM;
	case CDS_DRIVE_NOT_READY:
		return -EAGAIN;
	default: /* there is one, or it cannot say */
		return 0;
	}
}

/*
 * Have the end of DEV, which answers, read as well, without waiting for it: true when that was begun just now. A disk
 * that cannot read its end is probed all the same. A CD's end may not be readable, and on a small device nobody looks.
 */
static bool prefetch_end(struct block_dev *dev)
{
	uint64_t size = dev->facts.size;

	if (dev->end_asked || dev->facts.disk || size < PREFETCH_END_LEAST || strncmp(dev->facts.devname, "sr", 2) == 0)
		return false;
	dev->end_asked = true;
	return posix_fadvise(dev->fd, (off_t)(size - PREFETCH_END_BYTES), PREFETCH_END_BYTES, POSIX_FADV_WILLNEED) == 0;
}

/*
 * Open DEV, once, and have its beginning read without waiting for it: a disk
 * that never answers must not stop the loop. One that answers its first read
 * answers the next ones. 0 there to be probed, -EAGAIN on its way, -errno.
 */
static errint prepare(struct boot *b, struct block_dev *dev)
{
	char node[512], byte;
	struct iovec one = {&byte, 1};
	struct stat st;
	errint err;

	if (dev->fd < 0 && too_many_open(b->blocks))
		return -EAGAIN;
	if (dev->fd < 0) {
		block_node(b, dev, node, sizeof(node));
		/* O_NONBLOCK: an empty drive answers at once and its tray stays as it is. */
		dev->fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	if (dev->fd < 0)
		return -errno;
	if (fstat(dev->fd, &st) < 0 || !S_ISBLK(st.st_mode))
		return 0;
	err = medium_there(dev);
	if (err < 0)
		return err;
	/* Again at each try: a read that failed while the device was being set up is not repeated by itself. */
	posix_fadvise(dev->fd, 0, PREFETCH_BYTES, POSIX_FADV_WILLNEED);
	if (preadv2(dev->fd, &one, 1, 0, RWF_NOWAIT) < 0 && errno == EAGAIN)
		return -EAGAIN;
	return prefetch_end(dev) ? -EAGAIN : 0;
}

/*
 * A disk with a sector that cannot be read, mostly near its end, where libblkid looks for RAID metadata: the kernel has
 * taken its partitions from the table, so these have their names all the same. On a partition such a table means
 * nothing.
 */
static bool table_suffices(const struct block_dev *dev, const struct probe_result *r, errint err)
{
	if (err >= 0 || dev->facts.disk || r->nparts == 0)
		return false;
	log_warn("%s cannot be read everywhere: %s; only its partition table is known", dev->facts.devname,
		 strerror(-err));
	return true;
}

void block_read(struct boot *b, struct block_dev *dev)
{
	struct block_table *t = b->blocks;
	struct probe_result CLEANUP(probe_free) result = {0};
	uint64_t start = clock_ns();
	errint err;

	dev->tries++;
	err = prepare(b, dev);
	if (err == 0)
		err = probe_fd(dev->fd, &result);
	if (err != -EAGAIN)
		block_close(dev);
	if (err < 0 && !table_suffices(dev, &result, err)) {
		note_failure(t, dev, err);
		return;
	}
	keep_result(t, dev, &result);
	dev->error = err;
	dev->state = BLOCK_READ;
	t->generation += !dev->again;
	dev->again = false;
	if (!dev->facts.disk)
		give_partition_facts(t, dev);
	timeline_because(STEP_DEVICE, dev->facts.devname,
			 &(struct step_reason){.detail = dev->facts.fs_type, .why = dev->devpath}, -1, 0, start,
			 clock_ns());
	log_debug("%s: %s%s%s after %u tries", dev->facts.devname,
		  dev->facts.fs_type ? dev->facts.fs_type : "no signature", dev->facts.fs_uuid ? " UUID=" : "",
		  dev->facts.fs_uuid ? dev->facts.fs_uuid : "", dev->tries);
}
