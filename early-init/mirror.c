/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks with the signature of a RAID that no handler here assembles, on which
 * a file system is seen all the same: the kernel takes the partitions that lie
 * on the disks of a firmware RAID or of an md array of whole disks for theirs.
 * Half of a mirror must not be mounted, or the halves differ and nobody is
 * told. A signature that is left from an array of former times must not keep a
 * machine from its root.
 */
#include <stdio.h>
#include <string.h>

#include "root.h"

/* How long a disk that cannot be read is waited for: nobody knows then whether it is a member. */
#define DISK_WAIT_NS (2 * NS_PER_S)
/* The longest that another member is waited for where the devices never come to rest. */
#define MEMBER_WAIT_NS (5 * NS_PER_S)

/* Not LVM2_member and the like: what lies on those does not look like what is in them. */
static bool is_member(const struct block_dev *dev)
{
	static const char suffix[] = "_raid_member";
	size_t len = dev->facts.fs_type ? strlen(dev->facts.fs_type) : 0;

	return len >= sizeof(suffix) && strcmp(dev->facts.fs_type + len - (sizeof(suffix) - 1), suffix) == 0;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static const struct block_dev *disk_of(const struct boot *b, const struct block_dev *dev)
{
	return dev->facts.disk ? block_dev_by_name(b, dev->facts.disk) : NULL;
}

static bool being_read(const struct block_dev *disk)
{
	return disk && disk->state == BLOCK_PENDING && clock_ns() - disk->asked_ns < DISK_WAIT_NS;
}

/*
 * Whether OTHER is what T names, too, and has the same on it as DEV. On the disks of a mirror the tables are the same;
 * two devices of one btrfs are told apart by the UUIDs that they have in it.
 */
static bool looks_same(const struct boot *b, const struct mount_target *t, const struct block_dev *dev,
		       const struct block_dev *other)
{
	return other != dev && other->facts.disk && dev->facts.partno == other->facts.partno &&
	       strcmp(other->facts.disk, dev->facts.disk) != 0 && same(dev->facts.fs_type, other->facts.fs_type) &&
	       same(dev->facts.fs_uuid, other->facts.fs_uuid) && same(dev->uuid_sub, other->uuid_sub) &&
	       same(dev->facts.part_uuid, other->facts.part_uuid) &&
	       (t->spec.kind == ROOT_AUTO || target_names(b, &t->spec, other));
}

static errint wait_for(struct mount_target *t, const struct block_dev *disk)
{
	snprintf(t->waits_for, sizeof(t->waits_for), "%s is being read: it may be in a RAID", disk->facts.devname);
	return -EAGAIN;
}

/* Another member of the array of MEMBER, which is DEV itself or its disk, into *OUT. 0 (NULL: none), -EAGAIN. */
static errint find_other(const struct boot *b, struct mount_target *t, const struct block_dev *dev,
			 const struct block_dev *member, const struct block_dev **out)
{
	const struct block_dev *other, *disk;

	*out = NULL;
	for (unsigned i = 0; (other = block_dev_at(b, i)); i++) {
		disk = other;
		if (member != dev) {
			if (!looks_same(b, t, dev, other))
				continue;
			disk = disk_of(b, other);
			if (being_read(disk))
				return wait_for(t, disk);
		}
		if (!disk || disk == member || !same(disk->facts.fs_type, member->facts.fs_type) ||
		    (member == dev && !same(disk->facts.fs_uuid, member->facts.fs_uuid)))
			continue;
		*out = other;
		return 0;
	}
	return 0;
}

static errint refuse(struct boot *b, const struct mount_target *t, const struct block_dev *dev,
		     const struct block_dev *member, const struct block_dev *other)
{
	return root_give_up(
	    b->root, -EOPNOTSUPP,
	    "%s is on %s and on %s, which are in one RAID (%s on %s and on %s) that no handler in this "
	    "image can assemble: mounting one alone would make them differ. If there is no such RAID any "
	    "more, remove that signature (wipefs)%s",
	    t->what, dev->facts.devname, other->facts.devname, member->facts.fs_type, member->facts.devname,
	    member == dev ? other->facts.devname : other->facts.disk,
	    member == dev ? "" : ", or name one of the two disks by /dev/disk/by-id/");
}

/* Whether the others of an array may still come; they mostly come within milliseconds of each other. */
static bool others_awaited(struct boot *b, const struct block_dev *dev)
{
	const struct root_search *rs = b->root;
	uint64_t now = clock_ns();

	return !root_settled(b) && now - dev->seen_ns < MEMBER_WAIT_NS &&
	       (!rs->deadline_ns || now + NS_PER_S < rs->deadline_ns);
}

/* Whether T can name more than one disk: else its partition was chosen by whoever wrote it. */
static bool by_content(const struct mount_target *t)
{
	return t->spec.kind != ROOT_DEVNAME && t->spec.kind != ROOT_DEVNO && t->spec.kind != ROOT_BYID;
}

bool mirror_overridden(const struct mount_target *t, const struct block_dev *dev)
{
	return t->types && *t->types && !mount_has_word(t->types, "auto") && is_member(dev);
}

errint mirror_check(struct boot *b, struct mount_target *t, const struct block_dev *dev)
{
	const struct block_dev *member = dev, *other = NULL;
	errint err;

	if (!is_member(dev)) {
		member = by_content(t) ? disk_of(b, dev) : NULL;
		if (being_read(member))
			return wait_for(t, member);
		if (!member || !is_member(member))
			return 0;
	}
	err = find_other(b, t, dev, member, &other);
	if (err < 0)
		return err;
	if (other)
		return refuse(b, t, dev, member, other);
	if (others_awaited(b, dev)) {
		snprintf(t->waits_for, sizeof(t->waits_for),
			 "%s has the signature of a RAID (%s): others of it may still come", member->facts.devname,
			 member->facts.fs_type);
		return -EAGAIN;
	}
	if (!t->member_said)
		log_warn("%s has the signature of a RAID (%s), of which no other disk is here: it is taken for a "
			 "leftover, and %s is mounted from %s",
			 member->facts.devname, member->facts.fs_type, t->what, dev->facts.devname);
	t->member_said = true;
	return 0;
}
