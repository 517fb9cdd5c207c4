/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers under a block device, as sysfs tells them. Kinds: partition,
 * disk, controller (the paths of an nvme multipath disk), the kinds of device
 * mapper below, md, loop, bcache, and the disks that come over a network.
 */
#include <dirent.h>
#include <string.h>

#include "capture.h"

/* A stack deeper or wider than this is a loop or a fake. */
#define DEPTH_MAX 16
#define LAYERS_MAX 256

/* What the first part of dm/uuid says (each user of device mapper puts its name there). First match. */
static const struct {
	const char *prefix, *kind;
} dm_kinds[] = {
    {"CRYPT-VERITY", "dm-verity"}, {"CRYPT-INTEGRITY", "dm-integrity"},
    {"CRYPT-", "dm-crypt"},	   {"LVM-", "lvm"},
    {"mpath-", "multipath"},	   {"DMRAID-", "dmraid"},
    {"part", "dm-partition"},
};

/* Disks that are not in this machine, or are made of something else, by how their names begin. */
static const struct {
	const char *prefix, *kind;
} name_kinds[] = {
    {"loop", "loop"}, {"bcache", "bcache"}, {"nbd", "nbd"},   {"drbd", "drbd"},
    {"rbd", "rbd"},   {"zd", "zvol"},	    {"zram", "zram"}, {"ublkb", "ublk"},
};

static const char *attribute(const char *machine, const char *syspath, const char *name, struct hw_profile *p)
{
	AUTOFREE char *path = xasprintf("/sys%s/%s", syspath, name);

	return machine_text(machine, path, p);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *dm_kind(const char *uuid)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dm_kinds); i++)
		if (strncmp(uuid, dm_kinds[i].prefix, strlen(dm_kinds[i].prefix)) == 0)
			return dm_kinds[i].kind;
	return "dm";
}

/* Kind of a whole disk by its name and its place. */
static const char *disk_kind(const char *name, const char *syspath)
{
	for (unsigned i = 0; i < ARRAY_SIZE(name_kinds); i++) {
		size_t n = strlen(name_kinds[i].prefix);

		if (strncmp(name, name_kinds[i].prefix, n) == 0 && name[n] >= '0' && name[n] <= '9')
			return name_kinds[i].kind;
	}
	/* scsi_transport_iscsi puts a session between host and target; fibre channel's rport is a disk to us. */
	if (strstr(syspath, "/session"))
		return "iscsi";
	return "disk";
}

static void add_layer(struct hw_profile *p, struct hw_stack *s, const char *kind, const char *name, const char *syspath)
{
	VEC_PUSH(&s->layers,
		 ((struct hw_layer){kind, arena_strdup(&p->arena, name), arena_strdup(&p->arena, syspath)}));
}

/* Call TAKE for each entry of directory PATH below MACHINE, in the names' order. */
static void each_entry(const char *machine, const char *path, void (*take)(void *arg, const char *name), void *arg)
{
	AUTOFREE char *full = path_join(machine, path);
	struct dirent **list;
	int n = scandir(full, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.')
			take(arg, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

struct descent {
	const char *machine;
	struct hw_profile *p;
	struct hw_stack *s;
	const char *dir; /* of the entries being taken */
	unsigned depth;
	unsigned below; /* entries that were followed */
};

static void descend(struct descent *d, const char *syspath);

static void take_slave(void *arg, const char *name)
{
	struct descent *d = arg;
	const char *syspath = block_by_name(d->machine, name, d->p);

	if (!syspath)
		return;
	d->below++;
	descend(d, syspath);
}

/* Kind of the disk or path that the nvme controller at SYSPATH leads to; LOCAL where that is in this machine. */
static const char *nvme_kind(const char *machine, const char *syspath, const char *local, struct hw_profile *p)
{
	const char *transport = attribute(machine, syspath, "transport", p);

	if (!strstr(syspath, "/nvme-fabrics/"))
		return local;
	/* early-init logs in by TCP alone. */
	if (transport && strcmp(transport, "tcp") != 0)
		return arena_printf(&p->arena, "nvme-%s", transport);
	return "nvme-fabrics";
}

/* nvme's own multipath: the disk is virtual, its subsystem links to the controllers that lead to it. */
static void take_controller(void *arg, const char *name)
{
	struct descent *d = arg;
	AUTOFREE char *link = NULL, *real = NULL, *sys = path_join(d->machine, "sys"), *real_sys = realpath(sys, NULL);

	if (strncmp(name, "nvme", 4) != 0 || strspn(name + 4, "0123456789") != strlen(name + 4) || !real_sys)
		return;
	link = xasprintf("%s%s/%s", real_sys, d->dir, name);
	real = realpath(link, NULL);
	if (!real || strncmp(real, real_sys, strlen(real_sys)) != 0)
		return;
	const char *syspath = real + strlen(real_sys);
	add_layer(d->p, d->s, nvme_kind(d->machine, syspath, "controller", d->p), name, syspath);
}

static void descend_disk(struct descent *d, const char *syspath, const char *name)
{
	AUTOFREE char *above = xstrdup(syspath);
	char *slash = strrchr(above, '/');

	if (slash)
		*slash = '\0';
	add_layer(d->p, d->s, nvme_kind(d->machine, above, disk_kind(name, syspath), d->p), name, syspath);
	if (!strstr(syspath, "/nvme-subsystem/"))
		return;
	d->dir = above;
	AUTOFREE char *path = path_join("/sys", above);
	each_entry(d->machine, path, take_controller, d);
}

/* SYSPATH and what it stands on. */
static void descend(struct descent *d, const char *syspath)
{
	const char *name = base_name(syspath), *uuid = attribute(d->machine, syspath, "dm/uuid", d->p);
	AUTOFREE char *slaves = xasprintf("/sys%s/slaves", syspath);
	struct descent below = *d;

	if (d->depth == DEPTH_MAX || d->s->layers.count >= LAYERS_MAX)
		return;
	below.depth++;
	below.below = 0;
	if (attribute(d->machine, syspath, "partition", d->p)) {
		AUTOFREE char *disk = xstrndup(syspath, (size_t)(name - syspath) - 1);

		add_layer(d->p, d->s, "partition", name, syspath);
		descend(&below, disk);
		return;
	}
	if (uuid || attribute(d->machine, syspath, "dm/name", d->p)) {
		const char *dm_name = attribute(d->machine, syspath, "dm/name", d->p);

		add_layer(d->p, d->s, dm_kind(uuid ? uuid : ""), dm_name ? dm_name : name, syspath);
	} else if (attribute(d->machine, syspath, "md/level", d->p)) {
		add_layer(d->p, d->s, "md", name, syspath);
	} else {
		descend_disk(&below, syspath, name);
	}
	each_entry(d->machine, slaves, take_slave, &below);
}

void capture_layers(const char *machine, const char *syspath, struct hw_profile *p, struct hw_stack *s)
{
	struct descent d = {.machine = machine, .p = p, .s = s};

	descend(&d, syspath);
}

/* One file system of /sys/fs/btrfs. */
static void take_btrfs(void *arg, const char *fsid)
{
	struct descent *d = arg;
	AUTOFREE char *devices = xasprintf("/sys/fs/btrfs/%s/devices", fsid);
	AUTOFREE char *full = path_join(d->machine, devices), *ours = path_join(full, base_name(d->dir));

	if (d->below == 0 && path_exists(ours))
		each_entry(d->machine, devices, take_slave, d);
}

void capture_btrfs(const char *machine, const char *syspath, struct hw_profile *p, struct hw_stack *s)
{
	struct descent d = {.machine = machine, .p = p, .s = s, .dir = syspath};

	each_entry(machine, "/sys/fs/btrfs", take_btrfs, &d);
	if (d.below == 0)
		capture_layers(machine, syspath, p, s);
}
