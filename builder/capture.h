/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of profile_capture(); everything reads below a directory MACHINE ("" is the running machine). */
#ifndef ROOTWARD_CAPTURE_H
#define ROOTWARD_CAPTURE_H

#include "profile.h"

/* ---- capture_devices.c ---- */

/* Every device below MACHINE/sys/devices that has a modalias or a driver, sorted by path. No /sys: none. */
struct err *capture_devices(const char *machine, struct hw_profile *p) MUST_CHECK NONNULL(1, 2);

/* ---- capture_block.c: from names to block devices. Paths are below /sys, in P's arena; NULL when not found. ---- */

const char *block_by_number(const char *machine, const char *devno, struct hw_profile *p) NONNULL(1, 2, 3);
const char *block_by_name(const char *machine, const char *name, struct hw_profile *p) NONNULL(1, 2, 3);
/* SOURCE as in fstab or root=: "/dev/...", "UUID=...", "8:1". */
const char *block_by_source(const char *machine, const char *source, struct hw_profile *p) NONNULL(1, 2, 3);
/* Text of a one-line file below MACHINE, in P's arena; NULL when it is not there. */
const char *machine_text(const char *machine, const char *path, struct hw_profile *p) NONNULL(1, 2, 3);

/* ---- capture_stack.c ---- */

/* Add to S the layers from the block device at SYSPATH down to the disks it stands on. */
void capture_layers(const char *machine, const char *syspath, struct hw_profile *p, struct hw_stack *s)
    NONNULL(1, 2, 3, 4);
/* The same for each device of the btrfs that the one at SYSPATH belongs to. */
void capture_btrfs(const char *machine, const char *syspath, struct hw_profile *p, struct hw_stack *s)
    NONNULL(1, 2, 3, 4);

/* ---- capture_mounts.c ---- */

/* The stacks under / and /usr, as mounted. */
struct err *capture_mounted(const char *machine, struct hw_profile *p) MUST_CHECK NONNULL(1, 2);
/* The same as SYSROOT/etc/fstab says. */
struct err *capture_fstab(const char *machine, const char *sysroot, struct hw_profile *p) MUST_CHECK NONNULL(1, 2, 3);
/* The device that resume= names, else the first swap area of FSTAB_ROOT/etc/fstab. */
struct err *capture_resume(const char *machine, const char *fstab_root, struct hw_profile *p)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
