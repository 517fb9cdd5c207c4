/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial, model and world wide name of a disk from sysfs, for /dev/disk/by-id
 * names. Sources: Documentation/ABI/stable/sysfs-block, SPC-4 section 7.8
 * (vital product data), SAT-3 (what an ATA disk's page 0x83 holds), and the
 * names that udev's 60-persistent-storage.rules make of them.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "block_path.h"
#include "textfile.h"

void block_set_string(const char **slot, const char *value)
{
	free((char *)*slot);
	*slot = value && *value ? strdup(value) : NULL;
}

static void trim(char *s)
{
	size_t len, lead = strspn(s, " ");

	memmove(s, s + lead, strlen(s) - lead + 1);
	len = strlen(s);
	while (len && s[len - 1] == ' ')
		s[--len] = '\0';
}

static void attribute(const char *dir, const char *name, const char **slot)
{
	char value[256];

	if (text_read_in(dir, name, value, sizeof(value)) <= 0)
		return;
	trim(value);
	block_set_string(slot, value);
}

/* ---- SCSI: pages of vital product data, as the kernel shows them ---- */

#define VPD_NAA 3
#define VPD_T10 1

static void vpd_serial(const char *dir, struct block_facts *f)
{
	unsigned char page[256];
	char serial[256];
	errint n = bytes_read_in(dir, "device/vpd_pg80", page, sizeof(page) - 1);

	if (n <= 4)
		return;
	snprintf(serial, sizeof(serial), "%.*s", n - 4, (const char *)page + 4);
	trim(serial);
	block_set_string(&f->serial, serial);
}

static void naa_name(const unsigned char *id, size_t len, struct block_facts *f)
{
	char text[2 * 16 + 5] = "naa.";

	for (size_t i = 0; i < len && i < 16; i++)
		snprintf(text + 4 + 2 * i, 3, "%02x", id[i]);
	block_set_string(&f->wwn, text);
}

/* "ATA     " model[40] serial[20], the untruncated names of an ATA disk. */
static void t10_ata_name(const unsigned char *id, size_t len, struct block_facts *f)
{
	char model[41], serial[21];

	if (len < 68 || memcmp(id, "ATA     ", 8) != 0)
		return;
	snprintf(model, sizeof(model), "%.40s", (const char *)id + 8);
	snprintf(serial, sizeof(serial), "%.20s", (const char *)id + 48);
	trim(model);
	trim(serial);
	block_set_string(&f->model, model);
	block_set_string(&f->serial, serial);
	block_set_string(&f->bus, "ata");
}

static void vpd_names(const char *dir, struct block_facts *f)
{
	unsigned char page[1024];
	errint got = bytes_read_in(dir, "device/vpd_pg83", page, sizeof(page));
	size_t size;

	if (got < 4)
		return;
	size = (size_t)got;
	for (size_t at = 4; at + 4 <= size && at + 4 + page[at + 3] <= size; at += 4u + page[at + 3]) {
		const unsigned char *id = page + at + 4;
		unsigned kind = page[at + 1] & 0xf, of = (page[at + 1] >> 4) & 3; /* 0: the logical unit */
		if (of == 0 && kind == VPD_NAA && !f->wwn)
			naa_name(id, page[at + 3], f);
		if (of == 0 && kind == VPD_T10)
			t10_ata_name(id, page[at + 3], f);
	}
}

/* "TARGET:LUN" of ".../6:0:1:0/block/sdb". */
static void scsi_instance(const char *devpath, struct block_facts *f)
{
	unsigned host, channel, target, lun;
	const char *block = strstr(devpath, "/block/"), *address = block;
	char text[32];

	while (address && address > devpath && address[-1] != '/')
		address--;
	if (!address || sscanf(address, "%u:%u:%u:%u", &host, &channel, &target, &lun) != 4)
		return;
	snprintf(text, sizeof(text), "%u:%u", target, lun);
	block_set_string(&f->instance, text);
}

static void scsi_identity(const char *dir, const char *devpath, struct block_facts *f)
{
	attribute(dir, "device/vendor", &f->vendor);
	attribute(dir, "device/model", &f->model);
	block_set_string(&f->bus, f->vendor && strcmp(f->vendor, "ATA") == 0 ? "ata" : "scsi");
	scsi_instance(devpath, f);
	vpd_serial(dir, f);
	vpd_names(dir, f);
}

/* ---- USB: vendor and model as for SCSI, the serial is that of the USB device above the SCSI host ---- */

static void usb_identity(const char *sys_dir, const char *devpath, struct block_facts *f)
{
	char dir[PATH_MAX], product[8];
	char *cut;

	if (path_format(dir, sizeof(dir), "%s%s", sys_dir, devpath) < 0)
		return;
	while ((cut = strrchr(dir, '/')) && (size_t)(cut - dir) > strlen(sys_dir)) {
		*cut = '\0';
		if (text_read_in(dir, "idProduct", product, sizeof(product)) <= 0)
			continue;
		attribute(dir, "serial", &f->serial);
		block_set_string(&f->bus, "usb");
		return;
	}
}

static void nvme_identity(const char *dir, struct block_facts *f)
{
	block_set_string(&f->bus, "nvme");
	attribute(dir, "device/serial", &f->serial);
	attribute(dir, "device/model", &f->model);
	attribute(dir, "wwid", &f->wwn);
}

static void place(const char *sys_dir, const struct block_dev *dev, struct block_facts *f)
{
	char dir[PATH_MAX], name[256], *slash;

	if (path_format(dir, sizeof(dir), "%s%s", sys_dir, dev->devpath) < 0)
		return;
	slash = strrchr(dir, '/');
	if (f->disk && slash)
		*slash = '\0';
	block_path(sys_dir, dir, name, sizeof(name));
	block_set_string(&f->path, name);
}

void block_read_identity(const char *sys_dir, struct block_dev *dev)
{
	struct block_facts *f = &dev->facts;
	const char *disk = f->disk ? f->disk : f->devname;
	char dir[PATH_MAX];

	if (path_format(dir, sizeof(dir), "%s%s%s", sys_dir, dev->devpath, f->disk ? "/.." : "") < 0)
		return;
	attribute(dir, "diskseq", &f->diskseq);
	place(sys_dir, dev, f);
	if (strncmp(disk, "nvme", 4) == 0) {
		nvme_identity(dir, f);
	} else if (strncmp(disk, "vd", 2) == 0) {
		block_set_string(&f->bus, "virtio");
		attribute(dir, "serial", &f->serial);
	} else if (strncmp(disk, "sd", 2) == 0 || strncmp(disk, "sr", 2) == 0) {
		scsi_identity(dir, dev->devpath, f);
		if (strstr(dev->devpath, "/usb"))
			usb_identity(sys_dir, dev->devpath, f);
	} else if (strncmp(disk, "mmcblk", 6) == 0) {
		block_set_string(&f->bus, "mmc");
		attribute(dir, "device/serial", &f->serial);
		attribute(dir, "device/name", &f->model);
	}
}
