/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hardware profile in memory: what a machine is made of and what its root
 * stands on. Read from a file (../early-init/plan/hardware.h has the format,
 * docs/hardware-profile.md describes it) or taken from the running machine.
 */
#ifndef ROOTWARD_PROFILE_H
#define ROOTWARD_PROFILE_H

#include "util.h"

struct hw_device {
	const char *syspath;  /* below /sys: "/devices/pci0000:00/..." */
	const char *modalias; /* NULL: the bus gives none */
	const char *driver;   /* bound when captured; NULL none. Tells what was, never what will be needed */
};

struct hw_layer {
	const char *kind; /* "partition", "disk", "dm-crypt", ...: see capture_stack.c */
	const char *name; /* "sda1", "cryptroot" */
	const char *syspath;
};

/* What stands under one mount point, top down. */
struct hw_stack {
	const char *mount;	     /* "/", "/usr", "resume"; "swap": a swap area that resume= does not name */
	const char *source, *fstype; /* as mounted; NULL unknown */
	VEC(struct hw_layer) layers; /* empty: no block device, or one that could not be found */
};

struct hw_profile {
	struct arena arena;
	const char *kernel;	       /* release that ran when captured; NULL unknown */
	VEC(struct hw_device) devices; /* in the profile's order; capture sorts by path */
	VEC(struct hw_stack) stacks;
};

/* The profile in file PATH. Errors name the file and the line. Release with profile_free, also after an error. */
struct err *profile_read(const char *path, struct hw_profile *out) MUST_CHECK NONNULL(1, 2);
/* The same from TEXT (NUL-terminated, modified); NAME is for messages. */
struct err *profile_parse(char *text, const char *name, struct hw_profile *out) MUST_CHECK NONNULL(1, 2, 3);
void profile_free(struct hw_profile *p) NONNULL(1);

/* Text of P, the same for the same facts. Words too long for the format (over 8 KiB) are an error. */
struct err *profile_write(const struct hw_profile *p, struct buf *out) MUST_CHECK NONNULL(1, 2);

/* The stack under MOUNT, or NULL when nothing is known of it. */
const struct hw_stack *profile_stack(const struct hw_profile *p, const char *mount) NONNULL(1, 2);

/* Device at SYSPATH exactly, or NULL. Linear. */
const struct hw_device *profile_device(const struct hw_profile *p, const char *syspath) NONNULL(1, 2);

/*
 * The machine whose /sys, /proc, /dev and /etc are below MACHINE ("" is this
 * one). What stands under / and /usr comes from its mounts, or, when SYSROOT
 * is neither "" nor "/", from SYSROOT/etc/fstab: the image is for that system
 * then, on this hardware. What cannot be found is left out (a container shows
 * no block device); profile_unknown() says what.
 */
struct err *profile_capture(const char *machine, const char *sysroot, struct hw_profile *out)
    MUST_CHECK NONNULL(1, 2, 3);

/* What a capture did not find, in words for a warning, into OUT; nothing when all is known. */
void profile_unknown(const struct hw_profile *p, struct buf *out) NONNULL(1, 2);
/* The same as warnings. */
void profile_warn_unknown(const struct hw_profile *p) NONNULL(1);

#endif
