/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stack.h"

#include <string.h>

/*
 * What early-init cannot open, or not in every image. A handler that comes to stand takes its row away. Kinds that are
 * not here (partition, disk, controller) need nothing but their drivers.
 */
struct obstacle {
	const char *kind, *what;
	const char *features; /* a root there is opened by an image with these, blanks between; NULL: by none */
};

static const struct obstacle layer_obstacles[] = {
    {"dm-crypt", "unlocking encrypted disks (LUKS, dm-crypt)", NULL},
    {"dm-verity", "dm-verity", NULL},
    {"dm-integrity", "dm-integrity", NULL},
    {"dm-partition", "partitions on device mapper (kpartx)", NULL},
    {"dm", "device mapper tables", NULL},
    {"lvm", "LVM volume groups", NULL},
    {"md", "software RAID (md)", NULL},
    {"multipath", "multipath", NULL},
    {"dmraid", "firmware RAID by dmraid", NULL},
    {"bcache", "bcache", NULL},
    {"loop", "loop devices (an image file on another file system)", NULL},
    {"iscsi", "iSCSI", "network iscsi"},
    {"nvme-fabrics", "NVMe over fabrics", "network"},
    {"nvme-rdma", "NVMe over RDMA", NULL},
    {"nvme-fc", "NVMe over Fibre Channel", NULL},
    {"nvme-loop", "NVMe over loop (a target of this machine)", NULL},
    {"nbd", "network block devices (nbd)", "network"},
    {"drbd", "DRBD", NULL},
    {"rbd", "Ceph block devices (rbd)", NULL},
    {"zvol", "ZFS volumes", NULL},
    {"zram", "zram", NULL},
    {"ublk", "user space block devices (ublk)", NULL},
};

static const struct obstacle fs_obstacles[] = {
    {"nfs", "network file systems (NFS)", "network"},
    {"nfs4", "network file systems (NFS)", "network"},
    {"cifs", "network file systems (SMB)", NULL},
    {"smb3", "network file systems (SMB)", NULL},
    {"ceph", "network file systems (Ceph)", NULL},
    {"9p", "9p", ""},
    {"virtiofs", "virtiofs", ""},
    {"zfs", "ZFS pools", NULL},
    {"ubifs", "UBI volumes", NULL},
};

/* A machine boots without its swap. */
static const char *const needed[] = {"/", "/usr", "resume"};

/* What a stack needs and the image has not, each once, in words. */
struct lack {
	struct buf handlers; /* what no image opens */
	struct buf roots;    /* what an image opens that has these: */
	struct buf features;
};

static void lack_free(struct lack *l)
{
	buf_free(&l->handlers);
	buf_free(&l->roots);
	buf_free(&l->features);
}

static const struct obstacle *find_obstacle(const struct obstacle *list, size_t n, const char *kind)
{
	for (size_t i = 0; kind && i < n; i++)
		if (strcmp(list[i].kind, kind) == 0)
			return &list[i];
	return NULL;
}

bool stack_has_layer(const struct hw_stack *s, const char *kind)
{
	for (size_t i = 0; i < s->layers.count; i++)
		if (strcmp(s->layers.items[i].kind, kind) == 0)
			return true;
	return false;
}

static void add_once(struct buf *out, const char *between, const char *what)
{
	if (!(out->len && strstr(out->data, what)))
		buf_printf(out, "%s%s", out->len ? between : "", what);
}

static bool has_word(const struct config_words *list, const char *word, size_t len)
{
	for (size_t i = 0; i < list->words.count; i++)
		if (strlen(list->words.items[i].text) == len && strncmp(list->words.items[i].text, word, len) == 0)
			return true;
	return false;
}

/* Only the root is reached over a network; another disk there comes with it, from the same target, in time for /usr. */
static bool comes_with_root(const struct hw_profile *p, const struct hw_stack *s, const char *kind)
{
	const struct hw_stack *root = profile_stack(p, "/");

	return s == root || (strcmp(s->mount, "/usr") == 0 && root && stack_has_layer(root, kind));
}

/* S has the layer or the file system of O. */
static void add_obstacle(const struct hw_profile *p, const struct hw_stack *s, const struct config_words *features,
			 const struct obstacle *o, struct lack *out)
{
	if (!o)
		return;
	if (!o->features || !comes_with_root(p, s, o->kind)) {
		add_once(&out->handlers, " and ", o->what);
		return;
	}
	for (const char *f = o->features; *f; f += strspn(f, " ")) {
		size_t len = strcspn(f, " ");
		AUTOFREE char *name = xstrndup(f, len);

		if (!has_word(features, f, len)) {
			add_once(&out->roots, " and ", o->what);
			add_once(&out->features, " ", name);
		}
		f += len;
	}
}

static void find_lack(const struct hw_profile *p, const struct hw_stack *s, const struct config_words *features,
		      struct lack *out)
{
	add_obstacle(p, s, features, find_obstacle(fs_obstacles, ARRAY_SIZE(fs_obstacles), s->fstype), out);
	for (size_t i = 0; i < s->layers.count; i++)
		add_obstacle(p, s, features,
			     find_obstacle(layer_obstacles, ARRAY_SIZE(layer_obstacles), s->layers.items[i].kind), out);
}

void stack_describe(const struct hw_stack *s, struct buf *out)
{
	buf_puts(out, s->source ? s->source : "an unknown device");
	if (s->fstype)
		buf_printf(out, " (%s)", s->fstype);
	for (size_t i = 0; i < s->layers.count; i++) {
		const struct hw_layer *l = &s->layers.items[i];
		/* Nothing lies under a disk but its controllers: what follows is another part of what is above. */
		bool path = strcmp(l->kind, "controller") == 0 || strncmp(l->kind, "nvme-", strlen("nvme-")) == 0;
		bool new_branch = i > 0 && strcmp(s->layers.items[i - 1].kind, "disk") == 0 && !path;

		buf_printf(out, "%s on %s %s", new_branch ? " and" : "", l->kind, l->name);
	}
}

static bool is_obstructed(const struct hw_profile *p, const struct hw_stack *s, const struct config_words *features,
			  struct buf *why, struct buf *way_out)
{
	CLEANUP(lack_free) struct lack lack = {0};

	find_lack(p, s, features, &lack);
	if (!lack.handlers.len && !lack.features.len)
		return false;
	buf_printf(why, "%s%s is ", strcmp(s->mount, "resume") == 0 ? "the device of " : "what is mounted on ",
		   s->mount);
	stack_describe(s, why);
	if (lack.handlers.len) {
		buf_printf(why, ": this version's early-init has no handler for %s", lack.handlers.data);
		buf_puts(way_out, "keep the image of another generator for this machine");
		return true;
	}
	buf_printf(why, ": for %s an image needs features that this one has not (%s)", lack.roots.data,
		   lack.features.data);
	buf_printf(way_out, "write features = %s below [image] of the configuration, or give --feature",
		   lack.features.data);
	return true;
}

bool stack_obstacle(const struct hw_profile *p, const struct config_words *features, struct buf *why,
		    struct buf *way_out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct hw_stack *s = profile_stack(p, needed[i]);

		if (s && is_obstructed(p, s, features, why, way_out))
			return true;
	}
	return false;
}

struct err *stack_check(const struct hw_profile *p, const struct config_words *features)
{
	CLEANUP(buf_free) struct buf why = {0}, way_out = {0};

	if (!stack_obstacle(p, features, &why, &way_out))
		return NULL;
	return err_new(EXIT_VERIFY, "%s, so the image could not boot; nothing was replaced: %s", why.data,
		       way_out.data);
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
