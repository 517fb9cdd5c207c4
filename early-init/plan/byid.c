/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /dev/disk/by-id and by-path names, as udev's rules write them. */
#include "byid.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longest text of one part (the model of an ATA disk has 40 characters, a serial 20; QEMU gives any). */
#define PART_MAX 128

/* How udev makes text fit for a file name. */
enum escape {
	ESCAPE_RUNS, /* blanks at the ends off, each run of blanks one '_', then as below (udev_replace_whitespace) */
	ESCAPE_EACH, /* trailing blanks off, each character not allowed one '_' (string_escape=replace) */
	ESCAPES
};

/* udev_replace_chars: letters, digits, these, and what is UTF-8 beyond ASCII. */
static bool allowed(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("#+-.:=@_", c));
}

/* S as udev would write it, into OUT (PART_MAX bytes; cut there). NULL gives "". */
static void escape(const char *s, enum escape how, char *out)
{
	size_t len = s ? strlen(s) : 0, n = 0;

	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	for (size_t i = 0; i < len && n + 1 < PART_MAX; i++) {
		bool blank = isspace((unsigned char)s[i]);

		if (how == ESCAPE_RUNS && blank && (n == 0 || isspace((unsigned char)s[i - 1])))
			continue;
		out[n++] = blank || !allowed(s[i]) ? '_' : s[i];
	}
	out[n] = '\0';
}

/* A name without its bus and "-partN". */
struct wanted {
	const char *name;
	size_t len;
	unsigned partno; /* 0: the whole disk */
};

static bool is_text(const struct wanted *w, const char *text)
{
	return *text && strlen(text) == w->len && memcmp(text, w->name, w->len) == 0;
}

static bool is_text_nocase(const struct wanted *w, const char *text)
{
	return *text && strlen(text) == w->len && strncasecmp(text, w->name, w->len) == 0;
}

static struct wanted split_part(const char *name)
{
	const char *last = NULL;
	struct wanted w = {name, strlen(name), 0};

	for (const char *p = name; (p = strstr(p, "-part")); p++)
		last = p;
	if (last && isdigit((unsigned char)last[5])) {
		char *end;
		unsigned long n = strtoul(last + 5, &end, 10);

		if (!*end && n > 0 && n <= 4096) {
			w.partno = (unsigned)n;
			w.len = (size_t)(last - name);
		}
	}
	return w;
}

/* Number of the namespace in "nvme0n1p2" as text ("1"); it is its id but for controllers with several. */
static void nvme_namespace(const char *devname, char out[16])
{
	const char *n = devname ? strrchr(devname, 'n') : NULL;
	size_t digits = n ? strspn(n + 1, "0123456789") : 0;

	snprintf(out, 16, "%.*s", digits < 12 ? (int)digits : 0, n ? n + 1 : "");
}

static bool nvme_matches(const struct wanted *w, const struct block_facts *dev)
{
	char wwn[PART_MAX], ns[16];

	escape(dev->wwn, ESCAPE_RUNS, wwn);
	if (is_text(w, wwn))
		return true;
	nvme_namespace(dev->devname, ns);
	for (enum escape how = 0; how < ESCAPES; how++) {
		char model[PART_MAX], serial[PART_MAX], text[3 * PART_MAX];

		escape(dev->model, how, model);
		escape(dev->serial, how, serial);
		if (!*model || !*serial)
			return false;
		snprintf(text, sizeof(text), "%s_%s", model, serial);
		if (is_text(w, text))
			return true;
		snprintf(text, sizeof(text), "%s_%s_%s", model, serial, ns);
		if (is_text(w, text))
			return true;
	}
	return false;
}

static bool serial_matches(const struct wanted *w, const struct block_facts *dev)
{
	char serial[PART_MAX];

	escape(dev->serial, ESCAPE_RUNS, serial);
	return is_text(w, serial);
}

static bool model_serial_matches(const struct wanted *w, const struct block_facts *dev)
{
	char model[PART_MAX], serial[PART_MAX], text[2 * PART_MAX];

	escape(dev->model, ESCAPE_RUNS, model);
	escape(dev->serial, ESCAPE_RUNS, serial);
	snprintf(text, sizeof(text), "%s%s%s", model, *serial ? "_" : "", serial);
	return *model && is_text(w, text);
}

/*
 * ata_id asks the disk itself and gets a model of 40 characters, while sysfs
 * keeps the 16 of the SCSI inquiry: there the model may go on, and the serial decides.
 */
static bool ata_matches(const struct wanted *w, const struct block_facts *dev)
{
	char model[PART_MAX], serial[PART_MAX];
	size_t m, s;

	if (model_serial_matches(w, dev))
		return true;
	escape(dev->model, ESCAPE_RUNS, model);
	escape(dev->serial, ESCAPE_RUNS, serial);
	m = strlen(model);
	s = strlen(serial);
	return m > 0 && s > 0 && w->len > m + 1 + s && memcmp(w->name, model, m) == 0 &&
	       w->name[w->len - s - 1] == '_' && memcmp(w->name + w->len - s, serial, s) == 0;
}

/* scsi_id's designators: a digit for the kind, then the identifier as the kernel's wwid has it after "naa.", "eui.",
 * "t10." */
static bool scsi_matches(const struct wanted *w, const struct block_facts *dev)
{
	static const struct {
		const char *prefix;
		char digit;
	} kinds[] = {{"naa.", '3'}, {"eui.", '2'}, {"t10.", '1'}};
	char vendor[PART_MAX], model[PART_MAX], serial[PART_MAX], text[4 * PART_MAX];

	for (unsigned i = 0; dev->wwn && i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(dev->wwn, kinds[i].prefix, 4) != 0)
			continue;
		escape(dev->wwn + 4, ESCAPE_RUNS, serial);
		snprintf(text, sizeof(text), "%c%s", kinds[i].digit, serial);
		if (is_text_nocase(w, text))
			return true;
	}
	escape(dev->vendor, ESCAPE_RUNS, vendor);
	escape(dev->model, ESCAPE_RUNS, model);
	escape(dev->serial, ESCAPE_RUNS, serial);
	if (!*serial)
		return false;
	/* '0': page 0x83 vendor specific, 'S': page 0x80; both put vendor and model before it. */
	snprintf(text, sizeof(text), "0%s_%s_%s", vendor, model, serial);
	if (is_text(w, text))
		return true;
	text[0] = 'S';
	return is_text(w, text);
}

static bool usb_matches(const struct wanted *w, const struct block_facts *dev)
{
	char vendor[PART_MAX], model[PART_MAX], serial[PART_MAX], text[4 * PART_MAX];

	escape(dev->vendor, ESCAPE_RUNS, vendor);
	escape(dev->model, ESCAPE_RUNS, model);
	escape(dev->serial, ESCAPE_RUNS, serial);
	snprintf(text, sizeof(text), "%s_%s%s%s-%s", vendor, model, *serial ? "_" : "", serial,
		 dev->instance ? dev->instance : "0:0");
	return is_text(w, text);
}

/* wwn-0xHEX: the NAA identifier of a SCSI or ATA disk. */
static bool wwn_matches(const struct wanted *w, const struct block_facts *dev)
{
	char text[PART_MAX];

	if (!dev->wwn)
		return false;
	if (strncmp(dev->wwn, "naa.", 4) == 0)
		snprintf(text, sizeof(text), "0x%s", dev->wwn + 4);
	else
		snprintf(text, sizeof(text), "%s", dev->wwn);
	return strncmp(text, "0x", 2) == 0 && is_text_nocase(w, text);
}

static bool diskseq_matches(const struct wanted *w, const struct block_facts *dev)
{
	return dev->diskseq && is_text(w, dev->diskseq);
}

/* As systemd writes it, as older ones wrote it for ATA and virtio, and as 256 and newer also do for USB. */
static bool path_matches(const struct wanted *w, const struct block_facts *dev)
{
	char name[3 * PART_MAX], *usb;
	struct wanted plain = {name, 0, 0};
	const char *dot;

	if (!dev->path || w->len >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)w->len, w->name);
	usb = strstr(name, "-usbv");
	if (usb && (usb[5] == '2' || usb[5] == '3') && usb[6] == '-')
		memmove(usb + 4, usb + 6, strlen(usb + 6) + 1);
	if (dev->bus && strcmp(dev->bus, "virtio") == 0 && strncmp(name, "virtio-pci-", 11) == 0)
		plain.name += strlen("virtio-");
	plain.len = strlen(plain.name);
	dot = strstr(dev->path, "-ata-") ? strrchr(dev->path, '.') : NULL;
	return is_text(&plain, dev->path) ||
	       (dot && plain.len == (size_t)(dot - dev->path) && memcmp(plain.name, dev->path, plain.len) == 0);
}

static const struct scheme {
	const char *prefix;
	const char *bus; /* NULL: any */
	bool (*matches)(const struct wanted *w, const struct block_facts *dev);
} schemes[] = {
    {"nvme-", "nvme", nvme_matches}, {"virtio-", "virtio", serial_matches},  {"ata-", "ata", ata_matches},
    {"scsi-", NULL, scsi_matches},   {"usb-", "usb", usb_matches},	     {"mmc-", "mmc", model_serial_matches},
    {"wwn-", NULL, wwn_matches},     {"by-diskseq/", NULL, diskseq_matches}, {"by-path/", NULL, path_matches},
};

static bool disk_matches(const char *name, const struct block_facts *dev, bool any_part)
{
	for (unsigned i = 0; i < ARRAY_SIZE(schemes); i++) {
		const struct scheme *s = &schemes[i];
		size_t n = strlen(s->prefix);
		struct wanted w, whole;

		if (strncmp(name, s->prefix, n) != 0)
			continue;
		if (s->bus && (!dev->bus || strcmp(dev->bus, s->bus) != 0))
			return false;
		w = split_part(name + n);
		/* A serial may itself end in "-part2": then the name is the whole disk's. */
		whole = (struct wanted){name + n, strlen(name + n), 0};
		return ((any_part || w.partno == dev->partno) && s->matches(&w, dev)) ||
		       ((any_part || dev->partno == 0) && s->matches(&whole, dev));
	}
	return false;
}

bool byid_matches(const char *name, const struct block_facts *dev)
{
	return disk_matches(name, dev, false);
}

bool byid_same_disk(const char *name, const struct block_facts *dev)
{
	return disk_matches(name, dev, true);
}
