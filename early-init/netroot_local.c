/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of the host of a virtual machine: 9p and virtiofs. No network is waited for. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "netroot.h"
#include "textfile.h"

#define TAGS_9P "/sys/bus/virtio/drivers/9pnet_virtio"
#define TRY_S 20

/* The tags that the host offers, for a message; "" when the kernel does not tell. */
static void list_tags(char *out, size_t size)
{
	DIR *dir = opendir(TAGS_9P);
	struct dirent *e;
	size_t used = 0;

	out[0] = '\0';
	while (dir && (e = readdir(dir)) && used < size) {
		char path[400], tag[128];
		if (path_format(path, sizeof(path), TAGS_9P "/%s/mount_tag", e->d_name) < 0 ||
		    text_read(path, tag, sizeof(tag)) <= 0)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s\"%s\"", used ? ", " : "", tag);
	}
	if (dir)
		closedir(dir);
}

static errint mount_tag(const struct netroot *n, const char *type, const char *more)
{
	struct mount_options o;
	errint r = mount_options_parse(n->spec.options, n->read_write ? 0 : MS_RDONLY, &o);

	if (r == 0 && more)
		r = mount_options_add(&o, more);
	if (r < 0)
		return r;
	return mount(n->spec.path, NEWROOT, type, o.flags, o.data) < 0 ? -errno : 0;
}

static errint attach_9p(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	char tags[150], other[256];
	errint r = mount_tag(n, "9p", strstr(n->spec.options, "trans=") ? NULL : "trans=virtio");

	(void)b;
	if (r == -ENOENT) {
		list_tags(tags, sizeof(tags));
		snprintf(other, sizeof(other), tags[0] ? "the host has: %s" : "the host has none (QEMU: -virtfs)%s",
			 tags);
		snprintf(why, size, "the host shares no 9p directory \"%s\"; %s", n->spec.path, other);
	} else if (r == -ENODEV) {
		snprintf(why, size, "the kernel has no driver for 9p, and this image no module 9p");
	} else if (r == -EINVAL) {
		snprintf(why, size, "the kernel takes not all of rootflags=%s for 9p; the kernel log says more",
			 n->spec.options);
	} else if (r < 0) {
		snprintf(why, size, "the host does not let the directory be mounted: %s", strerror(-r));
	}
	return r;
}

static errint attach_virtiofs(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	errint r = mount_tag(n, "virtiofs", NULL);

	(void)b;
	if (r == -EINVAL)
		snprintf(why, size, "the host shares no virtiofs directory \"%s\" (or rootflags= is wrong)",
			 n->spec.path);
	else if (r == -ENODEV)
		snprintf(why, size, "the kernel has no driver for virtiofs, and this image no module virtiofs");
	else if (r < 0)
		snprintf(why, size, "the host does not let the directory be mounted: %s", strerror(-r));
	return r;
}

/* The device may be plugged in or probed later: so long it looks as if there were none. */
static bool passes_9p(int error)
{
	return error == -ENOENT || netroot_error_passes(error);
}

static bool passes_virtiofs(int error)
{
	return error == -EINVAL || netroot_error_passes(error);
}

const struct netroot_type netroot_9p = {
    .kind = NETROOT_9P,
    .try_s = TRY_S,
    .attach = attach_9p,
    .passes = passes_9p,
};

const struct netroot_type netroot_virtiofs = {
    .kind = NETROOT_VIRTIOFS,
    .try_s = TRY_S,
    .attach = attach_virtiofs,
    .passes = passes_virtiofs,
};
