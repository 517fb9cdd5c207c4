/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "textfile.h"

/* Bounds of the backoff between tries of devices that cannot be read yet. */
#define RETRY_FIRST_MS 1
#define RETRY_LAST_MS 500

static void dev_free(struct block_dev *dev)
{
	struct block_facts *f = &dev->facts;
	const char **owned[] = {&f->devname,	&f->disk,      &f->fs_type,   &f->fs_uuid, &f->fs_label, &f->part_uuid,
				&f->part_label, &f->part_type, &f->disk_uuid, &f->serial,  &f->model,	 &f->wwn,
				&f->bus,	&f->vendor,    &f->instance,  &f->diskseq, &f->path};

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		block_set_string(owned[i], NULL);
	block_free_parts(dev);
	block_close(dev);
	free(dev->devpath);
	free(dev);
}

errint block_table_new(const char *sys_dir, const char *dev_dir, struct block_table **out)
{
	struct block_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->sys_dir = strdup(sys_dir);
	t->dev_dir = strdup(dev_dir);
	if (!t->sys_dir || !t->dev_dir) {
		block_table_free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void block_table_free(struct block_table *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->count; i++)
		dev_free(t->devs[i]);
	free(t->devs);
	free(t->sys_dir);
	free(t->dev_dir);
	free(t);
}

const struct block_dev *block_dev_at(const struct boot *b, unsigned i)
{
	return b->blocks && i < b->blocks->count ? b->blocks->devs[i] : NULL;
}

const struct block_facts *block_at(struct boot *b, unsigned i)
{
	const struct block_dev *dev = block_dev_at(b, i);

	return dev ? &dev->facts : NULL;
}

struct block_dev *block_find(const struct block_table *t, const char *devname)
{
	for (unsigned i = 0; i < t->count; i++)
		if (strcmp(t->devs[i]->facts.devname, devname) == 0)
			return t->devs[i];
	return NULL;
}

const struct block_dev *block_dev_by_name(const struct boot *b, const char *devname)
{
	return b->blocks ? block_find(b->blocks, devname) : NULL;
}

unsigned block_pending(const struct boot *b)
{
	unsigned n = 0;

	for (unsigned i = 0; b->blocks && i < b->blocks->count; i++)
		n += b->blocks->devs[i]->state == BLOCK_PENDING;
	return n;
}

void block_node(const struct boot *b, const struct block_dev *dev, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", b->blocks->dev_dir, dev->facts.devname);
}

/* ---- trying again ---- */

static void retry_timer(struct boot *b, void *arg);

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
	for (unsigned i = 0; i < b->blocks->count; i++)
		if (b->blocks->devs[i]->state == BLOCK_PENDING)
			block_read(b, b->blocks->devs[i]);
}

void block_read_again(struct boot *b, const char *devname)
{
	struct block_dev *dev = block_find(b->blocks, devname);

	if (!dev || dev->state == BLOCK_NO_MEDIUM)
		return;
	dev->state = BLOCK_PENDING;
	dev->seen_ns = clock_ns();
	block_read(b, dev);
	arm_retry(b);
}

static void retry_timer(struct boot *b, void *arg)
{
	(void)arg;
	b->blocks->timer = 0;
	block_retry(b);
	arm_retry(b);
}

/* ---- the table ---- */

static void remove_device(struct block_table *t, const char *devname)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (strcmp(t->devs[i]->facts.devname, devname) != 0)
			continue;
		dev_free(t->devs[i]);
		memmove(&t->devs[i], &t->devs[i + 1], (t->count - i - 1) * sizeof(*t->devs));
		t->count--;
		t->generation++;
		return;
	}
}

void block_drop_vanished(struct boot *b)
{
	struct block_table *t = b->blocks;
	char dir[PATH_MAX];

	for (unsigned i = t ? t->count : 0; i-- > 0;) {
		struct block_dev *dev = t->devs[i];
		if (path_format(dir, sizeof(dir), "%s%s", t->sys_dir, dev->devpath) == 0 && access(dir, F_OK) < 0 &&
		    errno == ENOENT)
			remove_device(t, dev->facts.devname);
	}
}

/* Whether DEV's name stands for another disk now: its removal was among lost events. */
static bool is_another(const struct block_dev *dev, const struct uevent *u)
{
	return u->diskseq && dev->facts.diskseq && strcmp(u->diskseq, dev->facts.diskseq) != 0;
}

static errint append(struct block_table *t, struct block_dev *dev)
{
	if (t->count == t->capacity) {
		unsigned capacity = t->capacity ? t->capacity * 2 : 32;
		struct block_dev **more = reallocarray(t->devs, capacity, sizeof(*more));
		if (!more)
			return -ENOMEM;
		t->devs = more;
		t->capacity = capacity;
	}
	t->devs[t->count++] = dev;
	return 0;
}

/* "vda" of ".../block/vda/vda1": a partition's directory lies in its disk's. */
static void set_disk(struct block_dev *dev, const char *devpath)
{
	const char *end = strrchr(devpath, '/'), *start = end;
	char disk[64];

	while (start && start > devpath && start[-1] != '/')
		start--;
	if (!start)
		return;
	snprintf(disk, sizeof(disk), "%.*s", (int)(end - start), start);
	/* sysfs writes '!' for the '/' of the disk's own DEVNAME ("etherd/e1.0"). */
	for (char *c = disk; (c = strchr(c, '!'));)
		*c = '/';
	block_set_string(&dev->facts.disk, disk);
}

static struct block_dev *add_device(struct block_table *t, const struct uevent *u)
{
	struct block_dev *dev;

	if (t->count >= BLOCK_MAX) {
		if (!t->full_said)
			log_warn("more than %d block devices: the rest is not looked at", BLOCK_MAX);
		t->full_said = true;
		return NULL;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	block_set_string(&dev->facts.devname, u->devname);
	dev->devpath = strdup(u->devpath);
	dev->fd = -1;
	dev->seen_ns = clock_ns();
	if (u->devtype && strcmp(u->devtype, "partition") == 0) {
		set_disk(dev, u->devpath);
		dev->facts.partno = u->partn ? (unsigned)strtoul(u->partn, NULL, 10) : 0;
	}
	if (!dev->facts.devname || !dev->devpath || append(t, dev) < 0) {
		dev_free(dev);
		return NULL;
	}
	block_read_identity(t->sys_dir, dev);
	return dev;
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
		remove_device(t, u->devname);
		return;
	}
	dev = block_find(t, u->devname);
	if (dev && is_another(dev, u)) {
		remove_device(t, u->devname);
		dev = NULL;
	}
	size = read_size(t, u->devpath);
	if (!dev && size == 0 && made_in_advance(u->devname))
		return;
	/* A rescan shows again what is known; a "change" is a new medium, table or size. */
	if (dev && dev->state == BLOCK_READ && u->action == UEVENT_ADD && dev->facts.size == size)
		return;
	if (!dev)
		dev = add_device(t, u);
	if (!dev)
		return;
	if (u->has_devno) {
		dev->facts.major = u->major;
		dev->facts.minor = u->minor;
	}
	/* What is open belongs to the medium or the table of before. */
	block_close(dev);
	dev->facts.size = size;
	dev->state = size ? BLOCK_PENDING : BLOCK_NO_MEDIUM;
	dev->seen_ns = clock_ns();
	t->generation++;
	if (size)
		block_read(b, dev);
	/* A device that does not answer for long must not slow down one that has just come. */
	if (t->timer > 0)
		loop_cancel_timer(b, t->timer);
	t->timer = 0;
	t->retry_ms = 0;
	arm_retry(b);
}

errint block_init(struct boot *b)
{
	errint err = block_table_new("/sys", "/dev", &b->blocks);

	if (err < 0) {
		log_err("no memory for the table of block devices");
		return err;
	}
	b->blocks->retry_ns = b->opt.rootwait ? 0 : b->opt.timeout_s * UINT64_C(1000000000);
	/* The kernel tells of media put in later only when asked to poll, as udev asks it too. */
	err = text_write("/sys/module/block/parameters/events_dfl_poll_msecs", "2000");
	if (err < 0)
		log_debug("removable media are not polled: %s", strerror(-err));
	return 0;
}
