/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root=, resume=, mount.usr= name, and whether a block device is it.
 * Forms: Documentation/admin-guide/kernel-parameters.txt (root=),
 * init/do_mounts.c name_to_dev_t, udev's persistent storage links.
 */
#ifndef ROOTWARD_PLAN_ROOTSPEC_H
#define ROOTWARD_PLAN_ROOTSPEC_H

#include "base.h"

enum root_kind {
	ROOT_AUTO,	 /* no root= (or root=gpt-auto): GPT auto-discovery */
	ROOT_UUID,	 /* UUID= or /dev/disk/by-uuid/ : file system UUID */
	ROOT_LABEL,	 /* LABEL= or by-label */
	ROOT_PARTUUID,	 /* PARTUUID= or by-partuuid, with /PARTNROFF=N */
	ROOT_PARTLABEL,	 /* PARTLABEL= or by-partlabel */
	ROOT_DEVNAME,	 /* /dev/NAME, compared with DEVNAME of the uevent */
	ROOT_DEVNO,	 /* MAJ:MIN or the kernel's hexadecimal "fe01" */
	ROOT_BYID,	 /* /dev/disk/by-id/NAME: value is NAME; "by-path/NAME", "by-diskseq/N" for those */
	ROOT_NET,	 /* nfs, nbd, iscsi, http: not a local block device */
	ROOT_UNSUPPORTED /* zfs, mtd, ubi, a bare "sda1", ...: value is the text as given */
};

#define ROOTSPEC_VALUE_MAX 256

struct root_spec {
	enum root_kind kind;
	char value[ROOTSPEC_VALUE_MAX]; /* decoded: \xNN of udev names undone, no quotes */
	unsigned major, minor;		/* ROOT_DEVNO */
	int partnroff;			/* PARTUUID=.../PARTNROFF=N: partition N after that one */
};

/*
 * TEXT (NULL is ROOT_AUTO) into OUT. 0, -EINVAL malformed (an empty value, a
 * number out of range, "8:"), -ENAMETOOLONG.
 */
errint rootspec_parse(const char *text, struct root_spec *out) MUST_CHECK NONNULL(2);

/*
 * What the mount option that WORD begins with names as a device beside the file system's own (its journal or log:
 * "logdev=/dev/sdb1"): the text behind the '=', up to the next comma. NULL: none.
 */
const char *rootspec_in_option(const char *word) MUST_CHECK NONNULL(1);

/* Facts of one block device; strings NULL where unknown. Nothing is owned. */
struct block_facts {
	const char *devname; /* "vda1", without /dev/ */
	unsigned major, minor;
	const char *disk;				/* whole-disk name for a partition, else NULL */
	unsigned partno;				/* 0 for a whole disk */
	const char *fs_type, *fs_uuid, *fs_label;	/* libblkid: TYPE UUID LABEL */
	const char *part_uuid, *part_label, *part_type; /* PARTUUID PARTLABEL PARTTYPE */
	const char *disk_uuid;				/* of the partition table it is in */
	/*
	 * For by-id, as sysfs has them (blanks may stand at the ends): bus "nvme",
	 * "virtio","ata","scsi","usb","mmc"; vendor and model of the SCSI inquiry or
	 * the nvme controller, "name" of a card as model; wwn the "wwid" file
	 * ("eui.00..", "uuid...", "naa.50..", "t10.ATA ..") or "0x50...".
	 */
	const char *serial, *model, *wwn, *bus;
	const char *vendor;
	const char *instance; /* usb: "TARGET:LUN" of the SCSI address; NULL is "0:0" */
	const char *diskseq;  /* of the whole disk */
	const char *path;     /* udev's ID_PATH of the whole disk: "pci-0000:00:1f.2-ata-1.0" */
	uint64_t part_flags;  /* GPT attribute bits */
	uint64_t size;	      /* bytes */
};

/*
 * Whether DEV is what SPEC names (never for ROOT_AUTO, ROOT_NET). UUIDs compare
 * without case. A member of an array or volume group is never matched by the
 * UUID or label that it shares with the others. With PARTNROFF on a GPT disk
 * one device does not tell: rootspec_matches_from does.
 */
bool rootspec_matches(const struct root_spec *spec, const struct block_facts *dev) MUST_CHECK NONNULL(1, 2);

/* With PARTNROFF: whether DEV is the partition N after ANCHOR, which has the PARTUUID that SPEC names. */
bool rootspec_matches_from(const struct root_spec *spec, const struct block_facts *anchor,
			   const struct block_facts *dev) MUST_CHECK NONNULL(1, 2, 3);

/* One near miss in words ("same UUID but on ...", "differs in case", "label 'root' has a trailing blank"),
 * into OUT; false when DEV is nothing like SPEC. For the diagnosis of a failed boot. */
bool rootspec_near_miss(const struct root_spec *spec, const struct block_facts *dev, char *out, size_t size)
    NONNULL(1, 2, 3);

/* Whether SPEC depends on the order in which the kernel found its devices ("/dev/sda", "8:1"; not "/dev/mapper/x"). */
bool rootspec_needs_order(const struct root_spec *spec) MUST_CHECK NONNULL(1);

/* SPEC in words for messages: "UUID=...", "partition GUID ...". Truncates. */
void rootspec_describe(const struct root_spec *spec, char *out, size_t size) NONNULL(1, 2);

#endif
