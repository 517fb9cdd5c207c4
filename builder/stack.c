/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stack.h"

#include <string.h>

/*
 * What early-init cannot assemble yet, and what it would take. A handler that
 * comes to stand takes its row away. Kinds that are not here (partition, disk,
 * controller) need nothing but their drivers.
 */
static const struct obstacle {
	const char *kind, *what;
} layer_obstacles[] =
    {
	{"dm-crypt", "unlocking encrypted disks (LUKS, dm-crypt)"},
	{"dm-verity", "dm-verity"},
	{"dm-integrity", "dm-integrity"},
	{"dm-partition", "partitions on device mapper (kpartx)"},
	{"dm", "device mapper tables"},
	{"lvm", "LVM volume groups"},
	{"md", "software RAID (md)"},
	{"multipath", "multipath"},
	{"dmraid", "firmware RAID by dmraid"},
	{"bcache", "bcache"},
	{"loop", "loop devices (an image file on another file system)"},
	{"iscsi", "iSCSI"},
	{"nvme-fabrics", "NVMe over fabrics"},
	{"nbd", "network block devices (nbd)"},
	{"drbd", "DRBD"},
	{"rbd", "Ceph block devices (rbd)"},
	{"zvol", "ZFS volumes"},
	{"zram", "zram"},
	{"ublk", "user space block devices (ublk)"},
},
  fs_obstacles[] = {
      {"nfs", "network file systems (NFS)"},
      {"nfs4", "network file systems (NFS)"},
      {"cifs", "network file systems (SMB)"},
      {"smb3", "network file systems (SMB)"},
      {"ceph", "network file systems (Ceph)"},
      {"9p", "9p"},
      {"virtiofs", "virtiofs"},
      {"zfs", "ZFS pools"},
      {"ubifs", "UBI volumes"},
};

/* A machine boots without its swap. */
static const char *const needed[] = {"/", "/usr", "resume"};

static const char *find_obstacle(const struct obstacle *list, size_t n, const char *kind)
{
	for (size_t i = 0; kind && i < n; i++)
		if (strcmp(list[i].kind, kind) == 0)
			return list[i].what;
	return NULL;
}

/* What S needs that is not there, each once, into OUT. */
static void add_missing(const struct hw_stack *s, struct buf *out)
{
	const char *what = find_obstacle(fs_obstacles, ARRAY_SIZE(fs_obstacles), s->fstype);

	if (what)
		buf_puts(out, what);
	for (size_t i = 0; i < s->layers.count; i++) {
		what = find_obstacle(layer_obstacles, ARRAY_SIZE(layer_obstacles), s->layers.items[i].kind);
		if (what && !(out->len && strstr(out->data, what)))
			buf_printf(out, "%s%s", out->len ? " and " : "", what);
	}
}

void stack_describe(const struct hw_stack *s, struct buf *out)
{
	buf_puts(out, s->source ? s->source : "an unknown device");
	if (s->fstype)
		buf_printf(out, " (%s)", s->fstype);
	for (size_t i = 0; i < s->layers.count; i++) {
		const struct hw_layer *l = &s->layers.items[i];
		/* Nothing lies under a disk but its controllers: what follows is another part of what is above. */
		bool new_branch =
		    i > 0 && strcmp(s->layers.items[i - 1].kind, "disk") == 0 && strcmp(l->kind, "controller") != 0;

		buf_printf(out, "%s on %s %s", new_branch ? " and" : "", l->kind, l->name);
	}
}

/* Whether S needs what is not there; that in words behind OUT. */
static bool is_obstructed(const struct hw_stack *s, struct buf *out)
{
	CLEANUP(buf_free) struct buf missing = {0};

	add_missing(s, &missing);
	if (!missing.len)
		return false;
	buf_printf(out, "%s%s is ", strcmp(s->mount, "resume") == 0 ? "the device of " : "what is mounted on ",
		   s->mount);
	stack_describe(s, out);
	buf_printf(out, ": this version's early-init has no handler for %s", missing.data);
	return true;
}

bool stack_obstacle(const struct hw_profile *p, struct buf *out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct hw_stack *s = profile_stack(p, needed[i]);

		if (s && is_obstructed(s, out))
			return true;
	}
	return false;
}

struct err *stack_check(const struct hw_profile *p)
{
	CLEANUP(buf_free) struct buf why = {0};

	if (!stack_obstacle(p, &why))
		return NULL;
	return err_new(EXIT_VERIFY,
		       "%s, so the image could not boot; nothing was replaced: keep the image of another generator for "
		       "this machine",
		       why.data);
}

bool stack_passes(const struct hw_stack *s, const char *syspath)
{
	size_t n = strlen(syspath);

	for (size_t i = 0; i < s->layers.count; i++) {
		const char *layer = s->layers.items[i].syspath;

		if (layer && strncmp(layer, syspath, n) == 0 && (layer[n] == '/' || layer[n] == '\0'))
			return true;
	}
	return false;
}
