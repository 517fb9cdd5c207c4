/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the disk upwards through sysfs, as udev's path_id builtin goes (systemd, src/udev/udev-builtin-path_id.c). */
#include "block_path.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "textfile.h"

#define NAME_SIZE 256

struct walk {
	char dir[PATH_MAX]; /* the device that is looked at */
	size_t top;	    /* length of what is above all devices */
	char name[NAME_SIZE];
	bool parent, transport; /* udev makes no link without both */
	bool foreign;		/* a transport whose names we do not know */
};

static const char *last_part(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash ? slash + 1 : dir;
}

static bool up(struct walk *w)
{
	char *slash = strrchr(w->dir, '/');

	if (!slash || (size_t)(slash - w->dir) <= w->top)
		return false;
	*slash = '\0';
	return true;
}

/* Name of the subsystem of DIR, "" for a directory that is no device. */
static void subsystem(const char *dir, char out[64])
{
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t n = -1;

	out[0] = '\0';
	if (path_format(link, sizeof(link), "%s/subsystem", dir) == 0)
		n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	if (path_format(out, 64, "%s", last_part(target)) < 0)
		out[0] = '\0';
}

static void prepend(struct walk *w, const char *part)
{
	char name[NAME_SIZE];

	if (path_format(name, sizeof(name), "%s%s%s", part, w->name[0] ? "-" : "", w->name) == 0)
		memcpy(w->name, name, strlen(name) + 1);
	else
		w->foreign = true;
}

/* To the topmost of the devices of subsystem NAME that are above each other here. */
static void skip(struct walk *w, const char *name)
{
	struct walk above = *w;
	char have[64];

	while (up(&above)) {
		subsystem(above.dir, have);
		if (!have[0])
			continue;
		if (strcmp(have, name) != 0)
			return;
		memcpy(w->dir, above.dir, sizeof(w->dir));
	}
}

/* Hosts are numbered through the whole machine; a name counts those of one controller. */
static int lowest_host(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int lowest = INT_MAX, n;

	while (d && (e = readdir(d)))
		if (sscanf(e->d_name, "host%d", &n) == 1 && n < lowest)
			lowest = n;
	if (d)
		closedir(d);
	return lowest == INT_MAX ? 0 : lowest;
}

/* A disk of a SATA or IDE port: DIR, above its host, is the port's, ".../ata3". */
static void ata(struct walk *w, const char *dir, int bus, int target)
{
	char path[PATH_MAX], part[64];
	uint64_t port;

	if (path_format(path, sizeof(path), "%s/ata_port/%s/port_no", dir, last_part(dir)) < 0 ||
	    number_read(path, &port) < 0) {
		w->foreign = true;
		return;
	}
	/* Behind a port multiplier the channel counts, else master and slave. */
	snprintf(part, sizeof(part), bus ? "ata-%llu.%d.0" : "ata-%llu.%d", (unsigned long long)port,
		 bus ? bus : target);
	prepend(w, part);
}

/* NAME of the class device CLASS that DIR has ("end_device-4:0/sas_device/end_device-4:0/sas_address"). */
static bool sas_attribute(const char *dir, const char *class, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];

	return path_format(path, sizeof(path), "%s/%s/%s/%s", dir, class, last_part(dir), name) == 0 &&
	       text_read(path, out, size) > 0;
}

/* A disk on a SAS port of one lane is named by the phy, of the controller or of an expander, else by its address. */
static void sas(struct walk *w, int lun)
{
	char phys[16], phy[16], address[40], part[128];
	struct walk at = *w;

	while (strncmp(last_part(at.dir), "end_device-", 11) != 0)
		if (!up(&at))
			return;
	w->foreign = true;
	if (!sas_attribute(at.dir, "sas_device", "phy_identifier", phy, sizeof(phy)) ||
	    !sas_attribute(at.dir, "sas_device", "sas_address", address, sizeof(address)) || !up(&at) ||
	    !sas_attribute(at.dir, "sas_port", "num_phys", phys, sizeof(phys)) || !up(&at))
		return;
	w->foreign = false;
	if (strcmp(phys, "1") != 0)
		snprintf(part, sizeof(part), "sas-%s-lun-%d", address, lun);
	else if (sas_attribute(at.dir, "sas_device", "sas_address", address, sizeof(address)))
		snprintf(part, sizeof(part), "sas-exp%s-phy%s-lun-%d", address, phy, lun);
	else
		snprintf(part, sizeof(part), "sas-phy%s-lun-%d", phy, lun);
	prepend(w, part);
}

static void scsi(struct walk *w)
{
	static const char *const others[] = {"/rport-", "/session", "/fw", "/vmbus_"};
	int host, bus, target, lun;
	struct walk above;
	char part[64];

	/* The device itself, not the target and the host above it. */
	if (sscanf(last_part(w->dir), "%d:%d:%d:%d", &host, &bus, &target, &lun) != 4)
		return;
	w->transport = true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		w->foreign |= strstr(w->dir + w->top, others[i]) != NULL;
	if (strstr(w->dir + w->top, "/end_device-")) {
		sas(w, lun);
		return;
	}
	while (strncmp(last_part(w->dir), "host", 4) != 0)
		if (!up(w))
			return;
	above = *w;
	if (!up(&above))
		return;
	if (strncmp(last_part(above.dir), "ata", 3) == 0) {
		ata(w, above.dir, bus, target);
		return;
	}
	snprintf(part, sizeof(part), "scsi-%d:%d:%d:%d", host - lowest_host(above.dir), bus, target, lun);
	prepend(w, part);
}

static void usb(struct walk *w)
{
	const char *port = strchr(last_part(w->dir), '-');
	char part[NAME_SIZE];

	if (!port || path_format(part, sizeof(part), "usb-0:%s", port + 1) < 0)
		return;
	w->transport = true;
	prepend(w, part);
	skip(w, "usb");
}

static void nvme(struct walk *w, const char *disk)
{
	char part[64];
	uint64_t nsid;
	char path[PATH_MAX];

	if (path_format(path, sizeof(path), "%s/nsid", disk) < 0 || number_read(path, &nsid) < 0)
		return;
	snprintf(part, sizeof(part), "nvme-%llu", (unsigned long long)nsid);
	w->transport = w->parent = true;
	prepend(w, part);
	skip(w, "nvme");
}

/* A device of a bus whose address is its name. */
static void addressed(struct walk *w, const char *bus)
{
	char part[NAME_SIZE];

	if (path_format(part, sizeof(part), "%s-%s", bus, last_part(w->dir)) < 0)
		return;
	w->parent = true;
	if (strcmp(bus, "platform") == 0)
		w->transport = true;
	prepend(w, part);
	skip(w, bus);
}

static void look(struct walk *w, const char *disk)
{
	char name[64];

	subsystem(w->dir, name);
	if (strcmp(name, "scsi") == 0) {
		scsi(w);
	} else if (strcmp(name, "usb") == 0) {
		usb(w);
	} else if (strcmp(name, "nvme") == 0) {
		nvme(w, disk);
	} else if (strcmp(name, "virtio") == 0) {
		w->transport = true;
		skip(w, name);
	} else if (strcmp(name, "pci") == 0 || strcmp(name, "platform") == 0) {
		addressed(w, name);
	}
}

void block_path(const char *sys_dir, const char *dir, char *out, size_t size)
{
	struct walk w = {.top = strlen(sys_dir) + strlen("/devices")};

	out[0] = '\0';
	if (strlen(dir) <= w.top || path_format(w.dir, sizeof(w.dir), "%s", dir) < 0)
		return;
	do
		look(&w, dir);
	while (up(&w));
	if (w.parent && w.transport && !w.foreign)
		snprintf(out, size, "%s", w.name);
}
