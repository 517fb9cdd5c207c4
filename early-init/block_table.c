/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of block devices. */
#include "block.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "textfile.h"

static void dev_free(struct block_dev *dev)
{
	struct block_facts *f = &dev->facts;
	const char **owned[] = {&f->devname,   &f->disk,       &f->fs_type,   &f->fs_uuid,   &f->fs_label,
				&f->part_uuid, &f->part_label, &f->part_type, &f->disk_uuid, &f->serial,
				&f->model,     &f->wwn,	       &f->bus,	      &f->vendor,    &f->instance,
				&f->diskseq,   &f->path,       &dev->uuid_sub};

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

void block_identify(const struct boot *b, const struct root_spec *spec)
{
	if (spec->kind != ROOT_BYID || !b->blocks)
		return;
	for (unsigned i = 0; i < b->blocks->count; i++) {
		struct block_dev *dev = b->blocks->devs[i];

		if (!dev->identified)
			block_read_identity(b->blocks->sys_dir, dev);
		dev->identified = true;
	}
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

void block_remove(struct block_table *t, const char *devname)
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
			block_remove(t, dev->facts.devname);
	}
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

struct block_dev *block_add(struct block_table *t, const struct uevent *u)
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
	dev->seen_ns = dev->asked_ns = clock_ns();
	if (u->devtype && strcmp(u->devtype, "partition") == 0) {
		set_disk(dev, u->devpath);
		dev->facts.partno = u->partn ? (unsigned)strtoul(u->partn, NULL, 10) : 0;
	}
	if (!dev->facts.devname || !dev->devpath || append(t, dev) < 0) {
		dev_free(dev);
		return NULL;
	}
	block_set_string(&dev->facts.diskseq, u->diskseq);
	return dev;
}
