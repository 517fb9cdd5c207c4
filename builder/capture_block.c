/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what people and tables call a block device to its place below /sys. */
#include <blkid/blkid.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../early-init/plan/rootspec.h"
#include "capture.h"

const char *machine_text(const char *machine, const char *path, struct hw_profile *p)
{
	AUTOFREE char *full = path_join(machine, path), *text = NULL;
	size_t len;
	struct err *e;

	if (!path_exists(full))
		return NULL;
	e = file_read(full, 65536, &text, &len);
	if (e) {
		/* An attribute that cannot be read (EIO of a gone device) is as good as none. */
		err_free(e);
		return NULL;
	}
	return arena_strndup(&p->arena, text, strcspn(text, "\n"));
}

/* The directory that LINK (below MACHINE) leads to, as a path below /sys. */
static const char *below_sys(const char *machine, const char *link, struct hw_profile *p)
{
	AUTOFREE char *full = path_join(machine, link), *sys = path_join(machine, "sys");
	AUTOFREE char *real = realpath(full, NULL), *real_sys = realpath(sys, NULL);
	size_t n = real_sys ? strlen(real_sys) : 0;

	if (!real || !real_sys || strncmp(real, real_sys, n) != 0 || real[n] != '/')
		return NULL;
	return arena_strdup(&p->arena, real + n);
}

const char *block_by_number(const char *machine, const char *devno, struct hw_profile *p)
{
	AUTOFREE char *link = path_join("/sys/dev/block", devno);

	return below_sys(machine, link, p);
}

const char *block_by_name(const char *machine, const char *name, struct hw_profile *p)
{
	AUTOFREE char *link = path_join("/sys/class/block", name);

	/* "cciss/c0d0" is cciss!c0d0 in sysfs. */
	for (char *c = link + strlen("/sys/class/block/"); *c; c++)
		if (*c == '/')
			*c = '!';
	return below_sys(machine, link, p);
}

/* /dev/NAME: by the node's number, by where a link leads, else by the name itself. */
static const char *by_devname(const char *machine, const char *name, struct hw_profile *p)
{
	AUTOFREE char *in_dev = path_join("/dev", name), *node = path_join(machine, in_dev);
	AUTOFREE char *real = realpath(node, NULL);
	struct stat st;

	if (real && stat(real, &st) == 0 && S_ISBLK(st.st_mode)) {
		char devno[32];

		snprintf(devno, sizeof(devno), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		return block_by_number(machine, devno, p);
	}
	return block_by_name(machine, real ? strrchr(real, '/') + 1 : name, p);
}

/* Link in MACHINE/dev/disk/DIR that udev made for VALUE; UUIDs are found whatever their case. */
static const char *by_disk_link(const char *machine, const char *dir, const char *value, bool any_case,
				struct hw_profile *p)
{
	AUTOFREE char *in_dev = path_join("/dev/disk", dir), *full = path_join(machine, in_dev);
	char encoded[4 * ROOTSPEC_VALUE_MAX + 1];
	const char *found = NULL;
	struct dirent *entry;
	DIR *d = opendir(full);

	if (!d)
		return NULL;
	if (blkid_encode_string(value, encoded, sizeof(encoded)) == 0) {
		while (!found && (entry = readdir(d))) {
			AUTOFREE char *name = NULL;

			if (strcmp(entry->d_name, encoded) != 0 &&
			    !(any_case && strcasecmp(entry->d_name, encoded) == 0))
				continue;
			name = xasprintf("disk/%s/%s", dir, entry->d_name);
			found = by_devname(machine, name, p);
		}
	}
	closedir(d);
	return found;
}

const char *block_by_source(const char *machine, const char *source, struct hw_profile *p)
{
	struct root_spec spec;
	char devno[32];

	if (rootspec_parse(source, &spec) < 0)
		return NULL;
	switch (spec.kind) {
	case ROOT_UUID:
		return by_disk_link(machine, "by-uuid", spec.value, true, p);
	case ROOT_LABEL:
		return by_disk_link(machine, "by-label", spec.value, false, p);
	case ROOT_PARTUUID:
		return spec.partnroff ? NULL : by_disk_link(machine, "by-partuuid", spec.value, true, p);
	case ROOT_PARTLABEL:
		return by_disk_link(machine, "by-partlabel", spec.value, false, p);
	case ROOT_BYID:
		return by_disk_link(machine, "by-id", spec.value, false, p);
	case ROOT_DEVNAME:
		return by_devname(machine, spec.value, p);
	case ROOT_DEVNO:
		snprintf(devno, sizeof(devno), "%u:%u", spec.major, spec.minor);
		return block_by_number(machine, devno, p);
	case ROOT_AUTO:
	case ROOT_NET:
	case ROOT_UNSUPPORTED:
		break;
	}
	return NULL;
}
