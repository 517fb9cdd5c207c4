/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel uevents (Documentation/ABI/testing/sysfs-uevent, lib/kobject_uevent.c): netlink messages and uevent files. */
#ifndef ROOTWARD_PLAN_UEVENT_H
#define ROOTWARD_PLAN_UEVENT_H

#include "base.h"

/* Largest message the kernel sends is UEVENT_BUFFER_SIZE (2048) plus the header; we accept more. */
#define UEVENT_MAX 8192

enum uevent_action {
	UEVENT_ADD,
	UEVENT_REMOVE,
	UEVENT_CHANGE,
	UEVENT_BIND,
	UEVENT_UNBIND,
	UEVENT_MOVE,
	UEVENT_ONLINE,
	UEVENT_OFFLINE,
	UEVENT_OTHER
};

/* Pointers into the message; NULL where a key is not there. */
struct uevent {
	enum uevent_action action;
	const char *devpath; /* "/devices/..." */
	const char *subsystem, *modalias, *devname, *devtype, *driver;
	const char *diskseq, *partn, *partname;
	unsigned major, minor; /* valid when has_devno */
	bool has_devno;
	uint64_t seqnum;
};

/* MSG ("ACTION@DEVPATH\0KEY=VALUE\0..."), LEN bytes. 0 or -EBADMSG (no header, no NUL, no devpath). */
errint uevent_parse(const char *msg, size_t len, struct uevent *out) MUST_CHECK NONNULL(1, 3);

/*
 * A sysfs "uevent" file (lines KEY=VALUE), LEN bytes, split in place; DEVPATH
 * is not in it, the action is UEVENT_ADD. -EBADMSG when the last line has no
 * end ('\n' or NUL): the file was cut off. An empty file is fine.
 */
errint uevent_parse_file(char *text, size_t len, struct uevent *out) MUST_CHECK NONNULL(1, 3);

#endif
