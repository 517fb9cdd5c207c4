/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What root= may say. How devices compare with it: rootspec_match.c. */
#include "rootspec.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "netroot.h"
#include "text.h"

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static errint keep(struct root_spec *out, enum root_kind kind, const char *text, size_t len)
{
	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(out->value))
		return -ENAMETOOLONG;
	out->kind = kind;
	memcpy(out->value, text, len);
	out->value[len] = '\0';
	return 0;
}

/* udev writes what may not stand in a file name as \xNN (blkid_encode_string). What is not that stays. */
static void decode_udev(char *s)
{
	char *to = s;

	while (*s) {
		errint byte = text_escaped_byte(s);

		*to++ = byte < 0 ? *s : (char)byte;
		s += byte < 0 ? 1 : 4;
	}
	*to = '\0';
}

/* A tag's value: one pair of quotes around it is the shell's habit, not part of the name. */
static errint keep_tag(struct root_spec *out, enum root_kind kind, const char *value)
{
	size_t len = strlen(value);

	if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value++;
		len -= 2;
	}
	return keep(out, kind, value, len);
}

/* Decimal number at *S up to MAX, *S moved past it. */
static errint number(const char **s, unsigned max, unsigned *out)
{
	uint64_t n;
	errint r = text_decimal(*s, max, &n, s);

	if (r == 0)
		*out = (unsigned)n;
	return r;
}

/* More partitions than any table has. */
#define PARTNROFF_MAX 4096

static errint parse_partuuid(struct root_spec *out, const char *value)
{
	const char *slash = strchr(value, '/');
	const char *off = slash ? after(slash, "/PARTNROFF=") : NULL;
	bool negative = off && *off == '-';
	uint64_t n;

	if (!slash)
		return keep_tag(out, ROOT_PARTUUID, value);
	if (!off || text_decimal(off + negative, PARTNROFF_MAX, &n, NULL) < 0)
		return -EINVAL;
	out->partnroff = negative ? -(int)n : (int)n;
	return keep(out, ROOT_PARTUUID, value, (size_t)(slash - value));
}

/* Limits of the kernel's dev_t (include/linux/kdev_t.h): 12 bits major, 20 bits minor. */
#define MAJOR_MAX 0xfffu
#define MINOR_MAX 0xfffffu

/* "8:1", also the kernel's "8:1:OFFSET" (resume=), whose offset belongs to another option here. */
static errint parse_major_minor(struct root_spec *out, const char *text)
{
	const char *at = text;
	unsigned offset;

	if (number(&at, MAJOR_MAX, &out->major) < 0 || *at++ != ':' || number(&at, MINOR_MAX, &out->minor) < 0)
		return -EINVAL;
	if (*at == ':' && (at++, number(&at, UINT_MAX, &offset)) < 0)
		return -EINVAL;
	if (*at)
		return -EINVAL;
	return keep(out, ROOT_DEVNO, text, strlen(text));
}

/* The kernel's hexadecimal device number (new_decode_dev): MINOR[31:20] MAJOR[19:8] MINOR[7:0]. */
static bool parse_hex_devno(struct root_spec *out, const char *text)
{
	unsigned long dev = 0;

	for (const char *s = text; *s; s++) {
		int digit = text_hex_digit(*s);

		if (digit < 0 || s - text >= 8)
			return false;
		dev = dev * 16 + (unsigned)digit;
	}
	out->major = (unsigned)(dev >> 8) & MAJOR_MAX;
	out->minor = (unsigned)((dev & 0xff) | ((dev >> 12) & 0xfff00));
	return keep(out, ROOT_DEVNO, text, strlen(text)) == 0;
}

static const struct {
	const char *dir;
	enum root_kind kind;
} disk_dirs[] = {
    {"by-uuid/", ROOT_UUID},	       {"by-label/", ROOT_LABEL}, {"by-partuuid/", ROOT_PARTUUID},
    {"by-partlabel/", ROOT_PARTLABEL}, {"by-id/", ROOT_BYID},
};

/* NAME below /dev/. */
static errint parse_dev(struct root_spec *out, const char *name)
{
	const char *disk = after(name, "disk/"), *block = after(name, "block/");
	errint r;

	if (strcmp(name, "nfs") == 0 || strcmp(name, "cifs") == 0)
		return keep(out, ROOT_NET, name, strlen(name));
	if (block)
		return parse_major_minor(out, block);
	for (unsigned i = 0; disk && i < ARRAY_SIZE(disk_dirs); i++) {
		const char *rest = after(disk, disk_dirs[i].dir);

		if (!rest)
			continue;
		r = keep(out, disk_dirs[i].kind, rest, strlen(rest));
		if (r == 0 && disk_dirs[i].kind != ROOT_BYID)
			decode_udev(out->value);
		return r;
	}
	if (disk)
		return keep(out, ROOT_BYID, disk, strlen(disk));
	return keep(out, ROOT_DEVNAME, name, strlen(name));
}

static bool is_network(const char *text)
{
	static const char *const words[] = {"dhcp", "dhcp6", "auto6", "either6", "on", "any"};
	static const char *const schemes[] = {
	    "nfs:",	 "nfs4:", "nbd:", "iscsi:", "http:",	 "https:",    "ftp:", "tftp:", "9p:",
	    "virtiofs:", "cifs:", "smb:", "nvmf:",  "nvme-tcp:", "nvme+tcp:", "nfs=", "fcoe:", "aoe:"};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	for (unsigned i = 0; i < ARRAY_SIZE(schemes); i++)
		if (after(text, schemes[i]))
			return true;
	return false;
}

static const struct {
	const char *prefix;
	enum root_kind kind;
} tags[] = {
    {"UUID=", ROOT_UUID},
    {"LABEL=", ROOT_LABEL},
    {"PARTLABEL=", ROOT_PARTLABEL},
};

static errint parse_text(struct root_spec *out, const char *text)
{
	const char *rest;

	if (strcmp(text, "gpt-auto") == 0 || strcmp(text, "gpt-auto-force") == 0)
		return 0;
	/* dracut's spelling of "a block device, and this is it". */
	if ((rest = after(text, "block:")))
		text = rest;
	if ((rest = after(text, "PARTUUID=")))
		return parse_partuuid(out, rest);
	for (unsigned i = 0; i < ARRAY_SIZE(tags); i++)
		if ((rest = after(text, tags[i].prefix)))
			return keep_tag(out, tags[i].kind, rest);
	if ((rest = after(text, "/dev/")))
		return parse_dev(out, rest);
	if (is_network(text))
		return keep(out, ROOT_NET, text, strlen(text));
	if (*text >= '0' && *text <= '9' && strchr(text, ':'))
		return parse_major_minor(out, text);
	if (parse_hex_devno(out, text))
		return 0;
	return keep(out, ROOT_UNSUPPORTED, text, strlen(text));
}

errint rootspec_parse(const char *text, struct root_spec *out)
{
	errint r = 0;

	*out = (struct root_spec){.kind = ROOT_AUTO};
	if (text)
		r = *text ? parse_text(out, text) : -EINVAL;
	if (r < 0)
		*out = (struct root_spec){.kind = ROOT_UNSUPPORTED};
	return r;
}

void rootspec_describe(const struct root_spec *spec, char *out, size_t size)
{
	const char *v = spec->value;
	char shown[NETROOT_MASKED_MAX];

	switch (spec->kind) {
	case ROOT_AUTO:
		snprintf(out, size, "the root partition by GPT auto-discovery (no root=)");
		return;
	case ROOT_UUID:
		snprintf(out, size, "UUID=%s", v);
		return;
	case ROOT_LABEL:
		snprintf(out, size, "LABEL=%s", v);
		return;
	case ROOT_PARTUUID:
		if (spec->partnroff)
			snprintf(out, size, "PARTUUID=%s/PARTNROFF=%d", v, spec->partnroff);
		else
			snprintf(out, size, "PARTUUID=%s", v);
		return;
	case ROOT_PARTLABEL:
		snprintf(out, size, "PARTLABEL=%s", v);
		return;
	case ROOT_DEVNAME:
		snprintf(out, size, "/dev/%s", v);
		return;
	case ROOT_DEVNO:
		snprintf(out, size, "device number %u:%u", spec->major, spec->minor);
		return;
	case ROOT_BYID:
		snprintf(out, size, "/dev/disk/%s%s", strncmp(v, "by-", 3) == 0 ? "" : "by-id/", v);
		return;
	case ROOT_NET:
		snprintf(out, size, "%s (over the network)", netroot_masked(v, shown, sizeof(shown)));
		return;
	case ROOT_UNSUPPORTED:
		break;
	}
	snprintf(out, size, "\"%s\", which is no form of root= known here", netroot_masked(v, shown, sizeof(shown)));
}

const char *rootspec_in_option(const char *word)
{
	/* xfs(5), ext4(5) */
	static const char *const options[] = {"logdev=", "rtdev=", "journal_path=", "journal_dev="};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strncmp(word, options[i], strlen(options[i])) == 0)
			return word + strlen(options[i]);
	return NULL;
}
