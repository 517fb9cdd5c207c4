/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a block device is what root= names, and in what it only nearly is. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "byid.h"
#include "rootspec.h"

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool same_nocase(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* Signature types of libblkid that one array or group puts on each of its parts ("linux_raid_member", "LVM2_member").
 */
static bool is_member(const struct block_facts *dev)
{
	const char *end = dev->fs_type ? strrchr(dev->fs_type, '_') : NULL;

	return end && strcmp(end, "_member") == 0;
}

/* DEVNAME of the uevent; sysfs writes '!' where the node's name has '/'. */
static bool same_devname(const char *want, const char *have)
{
	if (!have)
		return false;
	for (; *want && *have; want++, have++)
		if (*want != *have && !(*want == '/' && *have == '!'))
			return false;
	return *want == *have;
}

/* MBR: the number is part of the PARTUUID ("DISK-02", hexadecimal), so the one asked for can be written out. */
static bool matches_mbr_offset(const struct root_spec *spec, const struct block_facts *dev)
{
	unsigned long number;
	char want[16], *end;

	if (strlen(spec->value) != 11 || spec->value[8] != '-')
		return false;
	number = strtoul(spec->value + 9, &end, 16);
	if (*end)
		return false;
	snprintf(want, sizeof(want), "%.9s%02lx", spec->value, number + (unsigned long)spec->partnroff);
	return same_nocase(want, dev->part_uuid);
}

bool rootspec_needs_order(const struct root_spec *spec)
{
	return spec->kind == ROOT_DEVNO || (spec->kind == ROOT_DEVNAME && !strchr(spec->value, '/'));
}

bool rootspec_matches(const struct root_spec *spec, const struct block_facts *dev)
{
	switch (spec->kind) {
	case ROOT_UUID:
		return same_nocase(spec->value, dev->fs_uuid) && !is_member(dev);
	case ROOT_LABEL:
		return same(spec->value, dev->fs_label) && !is_member(dev);
	case ROOT_PARTUUID:
		if (spec->partnroff)
			return matches_mbr_offset(spec, dev);
		return same_nocase(spec->value, dev->part_uuid);
	case ROOT_PARTLABEL:
		return same(spec->value, dev->part_label);
	case ROOT_DEVNAME:
		return same_devname(spec->value, dev->devname);
	case ROOT_DEVNO:
		return spec->major == dev->major && spec->minor == dev->minor;
	case ROOT_BYID:
		return byid_matches(spec->value, dev);
	case ROOT_AUTO:
	case ROOT_NET:
	case ROOT_UNSUPPORTED:
		break;
	}
	return false;
}

bool rootspec_matches_from(const struct root_spec *spec, const struct block_facts *anchor,
			   const struct block_facts *dev)
{
	return spec->kind == ROOT_PARTUUID && same_nocase(spec->value, anchor->part_uuid) &&
	       same(anchor->disk, dev->disk) && (long)dev->partno == (long)anchor->partno + spec->partnroff;
}

/* A and B are equal but for case and blanks at the ends; WHY gets which. */
static bool nearly(const char *want, const char *have, const char **why)
{
	size_t want_len, have_len;

	if (!have || strcmp(want, have) == 0)
		return false;
	*why = "differs in upper and lower case";
	if (strcasecmp(want, have) == 0)
		return true;
	while (isspace((unsigned char)*want))
		want++;
	while (isspace((unsigned char)*have))
		have++;
	want_len = strlen(want);
	have_len = strlen(have);
	while (want_len > 0 && isspace((unsigned char)want[want_len - 1]))
		want_len--;
	while (have_len > 0 && isspace((unsigned char)have[have_len - 1]))
		have_len--;
	*why = "differs in blanks at its ends";
	return want_len > 0 && want_len == have_len && strncasecmp(want, have, want_len) == 0;
}

/* One identifier of a device, what it is called, and how root= would name it. */
struct identity {
	enum root_kind kind;
	const char *name, *tag, *value;
};

#define IDENTITIES 5

static void identities(const struct block_facts *dev, struct identity out[IDENTITIES])
{
	out[0] = (struct identity){ROOT_UUID, "file system UUID", "UUID=", dev->fs_uuid};
	out[1] = (struct identity){ROOT_LABEL, "label", "LABEL=", dev->fs_label};
	out[2] = (struct identity){ROOT_PARTUUID, "partition UUID", "PARTUUID=", dev->part_uuid};
	out[3] = (struct identity){ROOT_PARTLABEL, "partition label", "PARTLABEL=", dev->part_label};
	out[4] = (struct identity){ROOT_DEVNAME, "name", "/dev/", dev->devname};
}

/* The value is right but stands for another thing: UUID= with a partition's UUID, a bare "sda1". */
static bool other_tag(const struct root_spec *spec, const struct block_facts *dev, char *out, size_t size)
{
	struct identity ids[IDENTITIES];

	identities(dev, ids);
	for (unsigned i = 0; i < IDENTITIES; i++) {
		if (ids[i].kind == spec->kind || !same_nocase(spec->value, ids[i].value))
			continue;
		snprintf(out, size, "%s has this as its %s: write root=%s%s", dev->devname, ids[i].name, ids[i].tag,
			 ids[i].value);
		return true;
	}
	if (spec->kind == ROOT_PARTUUID && same_nocase(spec->value, dev->disk_uuid)) {
		snprintf(out, size, "this is the UUID of the partition table that %s is in, not of a partition",
			 dev->devname);
		return true;
	}
	return false;
}

/* The same identifier, written nearly the same, or on something that cannot be the root. */
static bool same_tag(const struct root_spec *spec, const struct block_facts *dev, char *out, size_t size)
{
	struct identity ids[IDENTITIES];
	const char *why;

	identities(dev, ids);
	for (unsigned i = 0; i < IDENTITIES; i++) {
		if (ids[i].kind != spec->kind || !ids[i].value)
			continue;
		if (is_member(dev) && same_nocase(spec->value, ids[i].value)) {
			snprintf(out, size, "%s has this %s but is only a part (%s) of what has it", dev->devname,
				 ids[i].name, dev->fs_type);
			return true;
		}
		if (nearly(spec->value, ids[i].value, &why)) {
			snprintf(out, size, "the %s of %s is \"%s\": it %s", ids[i].name, dev->devname, ids[i].value,
				 why);
			return true;
		}
	}
	return false;
}

/* Length of NAME's stem: "sda" of "sda2", "nvme0n1" of "nvme0n1p2", "vda" of "vda". */
static size_t disk_stem(const char *name)
{
	size_t n = strlen(name);

	while (n > 0 && isdigit((unsigned char)name[n - 1]))
		n--;
	if (n > 1 && name[n - 1] == 'p' && isdigit((unsigned char)name[n - 2]))
		return n - 1;
	/* "nvme0n1", "mmcblk0", "md0": the digits are the disk's own. */
	if (strncmp(name, "nvme", 4) == 0 || strncmp(name, "mmcblk", 6) == 0 || strncmp(name, "md", 2) == 0)
		return strlen(name);
	return n;
}

/* /dev/NAME that is not there: the same partition number on a disk that came up under another name. */
static bool other_name(const struct root_spec *spec, const struct block_facts *dev, char *out, size_t size)
{
	const char *want = spec->value, *number = want + disk_stem(want);
	unsigned partno;

	if (spec->kind == ROOT_BYID && byid_same_disk(spec->value, dev)) {
		snprintf(out, size, "%s is on the disk of that name, but another part of it", dev->devname);
		return true;
	}
	if (spec->kind == ROOT_BYID && strncmp(want, "by-path/", 8) == 0 && dev->path && !dev->disk) {
		snprintf(out, size, "%s is /dev/disk/by-path/%s", dev->devname, dev->path);
		return true;
	}
	if (spec->kind != ROOT_DEVNAME)
		return false;
	if (dev->disk && strcmp(want, dev->disk) == 0) {
		snprintf(out, size, "%s is a partition of it", dev->devname);
		return true;
	}
	if (*number == 'p')
		number++;
	partno = (unsigned)strtoul(number, NULL, 10);
	if (partno == 0 || partno != dev->partno || !dev->disk)
		return false;
	snprintf(out, size, "%s has the same partition number; disks are named in the order they are found%s%s",
		 dev->devname, dev->fs_uuid ? ": write root=UUID=" : "", dev->fs_uuid ? dev->fs_uuid : "");
	return true;
}

bool rootspec_near_miss(const struct root_spec *spec, const struct block_facts *dev, char *out, size_t size)
{
	if (!dev->devname || !spec->value[0] || rootspec_matches(spec, dev))
		return false;
	return same_tag(spec, dev, out, size) || other_tag(spec, dev, out, size) || other_name(spec, dev, out, size);
}
