/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a block device is listed, read and tried again; the list itself is in block_table.c. */
#include "block.h"

#include <limits.h>
#include <string.h>

#include "textfile.h"

/* Bounds of the backoff between tries of devices that cannot be read yet. */
#define RETRY_FIRST_MS 1
#define RETRY_LAST_MS 500

/* For a device that was given up before somebody may have mended it. */
#define MOMENT_NS (3 * NS_PER_S)

/* Devices are read for so long at a time: one of them may be the root, which is not to wait for sixty others. */
#define TURN_NS (5 * NS_PER_MS)

/* ---- trying again ---- */

static void retry_timer(struct boot *b, void *arg);

/* Try again at once, whatever the tries before have come to. */
static void forget_backoff(struct boot *b)
{
	struct block_table *t = b->blocks;

	if (t->timer > 0)
		loop_cancel_timer(b, t->timer);
	t->timer = 0;
	t->retry_ms = 0;
}

static void arm_retry(struct boot *b)
{
	struct block_table *t = b->blocks;

	if (t->timer > 0 || !b->loop || block_pending(b) == 0)
		return;
	t->retry_ms = t->retry_ms == 0 ? RETRY_FIRST_MS : t->retry_ms * 2;
	if (t->retry_ms > RETRY_LAST_MS)
		t->retry_ms = RETRY_LAST_MS;
	t->timer = loop_add_timer(b, t->retry_ms, retry_timer, NULL);
	if (t->timer < 0)
		log_err("no timer to read block devices again: %s", strerror(-t->timer));
}

void block_retry(struct boot *b)
{
	struct block_table *t = b->blocks;
	uint64_t start = clock_ns();

	for (; t->turn < t->count && clock_ns() - start < TURN_NS; t->turn++)
		if (t->devs[t->turn]->state == BLOCK_PENDING)
			block_read(b, t->devs[t->turn]);
	if (t->turn < t->count)
		t->retry_ms = 0; /* the others in the next turn of the loop */
	else
		t->turn = 0;
}

void block_read_again(struct boot *b, const char *devname)
{
	struct block_dev *dev = block_find(b->blocks, devname);

	if (!dev || dev->state == BLOCK_NO_MEDIUM)
		return;
	dev->state = BLOCK_PENDING;
	dev->seen_ns = dev->asked_ns = clock_ns();
	block_read(b, dev);
	arm_retry(b);
}

void block_read_all_again(struct boot *b)
{
	struct block_table *t = b->blocks;

	for (unsigned i = 0; i < t->count; i++) {
		struct block_dev *dev = t->devs[i];

		/* One whose signature cannot be read has its partitions already: each try may take seconds. */
		if (dev->state != BLOCK_FAILED && (dev->state != BLOCK_READ || dev->error < 0))
			continue;
		/* What was given up gets a moment, not all its time again. */
		dev->asked_ns = clock_ns();
		if (dev->state == BLOCK_FAILED && t->retry_ns > MOMENT_NS)
			dev->asked_ns -= t->retry_ns - MOMENT_NS;
		dev->state = BLOCK_PENDING;
		dev->again = true;
		dev->end_asked = false;
	}
	t->turn = 0;
	forget_backoff(b);
	block_retry(b);
	arm_retry(b);
}

static void retry_timer(struct boot *b, void *arg)
{
	(void)arg;
	b->blocks->timer = 0;
	block_retry(b);
	arm_retry(b);
}

/* ---- what uevents tell ---- */

/* Whether DEV's name stands for another disk now: its removal was among lost events. */
static bool is_another(const struct block_dev *dev, const struct uevent *u)
{
	return u->diskseq && dev->facts.diskseq && strcmp(u->diskseq, dev->facts.diskseq) != 0;
}

/* Nodes without a device behind them, made in numbers by their drivers before anyone asks for one. */
static bool made_in_advance(const char *devname)
{
	static const char *const prefixes[] = {"loop", "ram", "zram", "nbd", "fd"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(devname, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* A floppy drive without a disk blocks for seconds, and zram is never a root. */
static bool never_read(const char *devname)
{
	return strncmp(devname, "zram", 4) == 0 ||
	       (strncmp(devname, "fd", 2) == 0 && devname[2] >= '0' && devname[2] <= '9');
}

static uint64_t read_size(const struct block_table *t, const char *devpath)
{
	char path[PATH_MAX];
	uint64_t sectors;

	if (path_format(path, sizeof(path), "%s%s/size", t->sys_dir, devpath) < 0 || number_read(path, &sectors) < 0)
		return 0;
	return sectors * 512; /* sysfs counts in 512 bytes whatever the device's sector is */
}

void block_uevent(struct boot *b, const struct uevent *u)
{
	struct block_table *t = b->blocks;
	struct block_dev *dev;
	uint64_t size;

	if (!t || !u->devname || !u->devpath || never_read(u->devname))
		return;
	if (u->action == UEVENT_REMOVE) {
		block_remove(t, u->devname);
		return;
	}
	dev = block_find(t, u->devname);
	if (dev && is_another(dev, u)) {
		block_remove(t, u->devname);
		dev = NULL;
	}
	size = read_size(t, u->devpath);
	if (!dev && size == 0 && made_in_advance(u->devname))
		return;
	/* A rescan shows again what is known; a "change" is a new medium, table or size. */
	if (dev && (dev->state == BLOCK_READ || dev->again) && u->action == UEVENT_ADD && dev->facts.size == size)
		return;
	if (!dev)
		dev = block_add(t, u);
	if (!dev)
		return;
	if (u->has_devno) {
		dev->facts.major = u->major;
		dev->facts.minor = u->minor;
	}
	/* What is open belongs to the medium or the table of before. */
	block_close(dev);
	dev->facts.size = size;
	dev->again = false;
	dev->state = size ? BLOCK_PENDING : BLOCK_NO_MEDIUM;
	dev->seen_ns = dev->asked_ns = clock_ns();
	t->generation++;
	if (size)
		block_read(b, dev);
	/* A device that does not answer for long must not slow down one that has just come. */
	forget_backoff(b);
	arm_retry(b);
}

errint block_init(struct boot *b)
{
	errint err = block_table_new("/sys", "/dev", &b->blocks);

	if (err < 0) {
		log_err("no memory for the table of block devices");
		return err;
	}
	b->blocks->retry_ns = cmdline_root_limit(&b->opt) * UINT64_C(1000000000);
	/* The kernel tells of media put in later only when asked to poll, as udev asks it too. */
	err = text_write("/sys/module/block/parameters/events_dfl_poll_msecs", "2000");
	if (err < 0)
		log_debug("removable media are not polled: %s", strerror(-err));
	return 0;
}
