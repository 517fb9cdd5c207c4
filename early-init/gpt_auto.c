/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No root=: partitions by their type GUID, as the Discoverable Partitions
 * Specification says (uapi-group.org/specifications), on the disk that the boot
 * loader came from (systemd's Boot Loader Interface: LoaderDevicePartUUID).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <unistd.h>

#include "root.h"
#include "textfile.h"

#define EFI_DIR "/sys/firmware/efi"
#define EFIVARS EFI_DIR "/efivars"
#define LOADER_DEVICE EFIVARS "/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

#define FLAG_NO_AUTO (UINT64_C(1) << 63)
#define FLAG_READ_ONLY (UINT64_C(1) << 60)

#if defined(__x86_64__)
#define ARCH_NAME "x86-64"
static const char *const type_guid[] = {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "8484680c-9521-48c6-9c11-b0720656f69e"};
#elif defined(__aarch64__)
#define ARCH_NAME "arm64"
static const char *const type_guid[] = {"b921b045-1df0-41c3-af44-4c6f280d3fae", "b0e01050-ee5f-4390-949a-9101b17104e9"};
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH_NAME "riscv64"
static const char *const type_guid[] = {"72ec70a6-cf74-40e6-bd49-4bda08e8f224", "beaec34b-8442-439b-a40b-984381ed097d"};
#elif defined(__i386__)
#define ARCH_NAME "x86"
static const char *const type_guid[] = {"44479540-f297-41b2-9af7-d131d5f0458a", "75250d76-8cc6-458e-bd66-bd47cc81a812"};
#else
#error "add the type GUIDs of root and /usr of this architecture"
#endif

bool gpt_partition_read_only(const struct block_dev *dev)
{
	return dev->facts.part_flags & FLAG_READ_ONLY;
}

/* ---- the disk that was booted from ---- */

/* Four bytes of attributes, then UTF-16LE with a NUL (UEFI 2.10, 8.2; Documentation/filesystems/efivarfs.rst). */
static void read_loader_device(struct root_search *rs)
{
	unsigned char raw[4 + 2 * 40];
	errint n = bytes_read(LOADER_DEVICE, raw, sizeof(raw));
	size_t len = 0;

	for (errint i = 4; i + 1 < n && len + 1 < sizeof(rs->boot_partuuid); i += 2) {
		if (raw[i + 1] || !(isxdigit(raw[i]) || raw[i] == '-'))
			break;
		rs->boot_partuuid[len++] = (char)tolower(raw[i]);
	}
	rs->boot_partuuid[len] = '\0';
}

void gpt_auto_prepare(struct boot *b)
{
	if (access(EFI_DIR, F_OK) == 0 && loader_want(b, "fs-efivarfs", "GPT auto-discovery") < 0)
		log_debug("no module for efivarfs in this image: built in, or missing");
}

/* efivarfs is left as it was found: the real root mounts it as it likes. */
static void read_efi_variable(struct root_search *rs)
{
	bool mounted_here = false;

	rs->efi_read = true;
	if (access(EFI_DIR, F_OK) < 0)
		return;
	if (access(LOADER_DEVICE, F_OK) < 0)
		mounted_here =
		    mount("efivarfs", EFIVARS, "efivarfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
	read_loader_device(rs);
	if (mounted_here && umount(EFIVARS) < 0)
		log_warn("cannot unmount %s: %s", EFIVARS, strerror(errno));
	if (rs->boot_partuuid[0])
		log_debug("booted from partition %s", rs->boot_partuuid);
	else
		log_debug("the boot loader does not say which partition it came from");
}

static const struct block_dev *boot_partition(struct boot *b)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->facts.part_uuid && strcasecmp(dev->facts.part_uuid, b->root->boot_partuuid) == 0)
			return dev;
	return NULL;
}

/* ---- partitions by type ---- */

/*
 * The first partition of ROLE that DISK's table lists (the specification: the first one is taken), or NULL. The table
 * says it before the partitions' own events: whichever of them is read first must not decide.
 */
static const struct probe_partition *first_listed(const struct block_dev *disk, enum gpt_role role)
{
	const struct probe_partition *first = NULL;

	/* A disk that is only read once more still has the table of before. */
	bool known = disk->state == BLOCK_READ || (disk->state == BLOCK_PENDING && disk->again);

	for (unsigned i = 0; known && i < disk->nparts; i++) {
		const struct probe_partition *p = &disk->parts[i];
		if (p->type && strcasecmp(p->type, type_guid[role]) == 0 && !(p->flags & FLAG_NO_AUTO) &&
		    (!first || p->partno < first->partno))
			first = p;
	}
	return first;
}

/* Partition PARTNO of DISK once it was read: 0, or -EAGAIN. */
static errint read_partition(struct boot *b, const struct block_dev *disk, unsigned partno, struct mount_target *t,
			     const struct block_dev **out)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++) {
		if (!dev->facts.disk || strcmp(dev->facts.disk, disk->facts.devname) != 0 ||
		    dev->facts.partno != partno || dev->state != BLOCK_READ)
			continue;
		*out = dev;
		return 0;
	}
	snprintf(t->waits_for, sizeof(t->waits_for), "partition %u of %s is in the table but cannot be read yet",
		 partno, disk->facts.devname);
	return -EAGAIN;
}

static errint on_named_disk(struct boot *b, enum gpt_role role, const char *name, struct mount_target *t,
			    const struct block_dev **out)
{
	const struct block_dev *disk = block_dev_by_name(b, name);
	const struct probe_partition *p = disk ? first_listed(disk, role) : NULL;

	if (p)
		return read_partition(b, disk, p->partno, t, out);
	snprintf(t->waits_for, sizeof(t->waits_for), "no partition of type \"%s (%s)\" %s on %s, %s; give %s",
		 role == GPT_ROOT ? "root" : "/usr", ARCH_NAME, type_guid[role], name,
		 role == GPT_ROOT ? "the disk that was booted from" : "the disk of the root",
		 role == GPT_ROOT ? "root=" : "mount.usr=");
	return -EAGAIN;
}

static errint refuse_ambiguous(struct boot *b, const char *const *names, unsigned count)
{
	char list[200] = "";

	for (unsigned i = 0; i < count; i++) {
		size_t have = strlen(list);
		snprintf(list + have, sizeof(list) - have, "%s%s", i ? ", " : "", names[i]);
	}
	return root_give_up(
	    b->root, -ENOTUNIQ,
	    "no root= was given, the boot loader does not say which disk it came from, and several disks "
	    "have a root partition (%s): give root=",
	    list);
}

/* Without the boot loader's word: the only disk that has one, once nothing is on its way any more. */
static errint on_only_disk(struct boot *b, struct mount_target *t, const struct block_dev **out)
{
	const struct block_dev *dev, *found = NULL;
	const char *names[8];
	unsigned disks = 0;

	if (!root_settled(b)) {
		snprintf(t->waits_for, sizeof(t->waits_for), "other disks may still come; give root= to wait for none");
		return -EAGAIN;
	}
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++) {
		if (!first_listed(dev, GPT_ROOT))
			continue;
		if (disks < ARRAY_SIZE(names))
			names[disks++] = dev->facts.devname;
		found = dev;
	}
	if (disks > 1)
		return refuse_ambiguous(b, names, disks);
	if (found)
		return read_partition(b, found, first_listed(found, GPT_ROOT)->partno, t, out);
	snprintf(t->waits_for, sizeof(t->waits_for),
		 "no root= was given and no disk has a GPT partition of type \"root (%s)\" %s", ARCH_NAME,
		 type_guid[GPT_ROOT]);
	return -EAGAIN;
}

errint gpt_auto_find(struct boot *b, enum gpt_role role, struct mount_target *t, const struct block_dev **out)
{
	struct root_search *rs = b->root;
	const struct block_dev *dev;

	if (role == GPT_USR) {
		dev = block_dev_by_name(b, rs->root.devname);
		return dev && dev->facts.disk ? on_named_disk(b, role, dev->facts.disk, t, out) : -EAGAIN;
	}
	if (!rs->efi_read) {
		if (access(EFI_DIR, F_OK) == 0 && !fs_driver_settled(b, t, "efivarfs"))
			return -EAGAIN;
		read_efi_variable(rs);
	}
	if (!rs->boot_partuuid[0])
		return on_only_disk(b, t, out);
	dev = boot_partition(b);
	if (!dev || !dev->facts.disk) {
		snprintf(t->waits_for, sizeof(t->waits_for), "partition %s, which was booted from, is not here",
			 rs->boot_partuuid);
		return -EAGAIN;
	}
	return on_named_disk(b, role, dev->facts.disk, t, out);
}

errint gpt_auto_has_usr(struct boot *b)
{
	const struct block_dev *root = block_dev_by_name(b, b->root->root.devname);
	const struct block_dev *disk = root && root->facts.disk ? block_dev_by_name(b, root->facts.disk) : NULL;

	if (access(NEWROOT "/usr/bin", F_OK) == 0 || !disk)
		return 0;
	b->root->usr.spec.kind = ROOT_AUTO;
	return first_listed(disk, GPT_USR) != NULL;
}
