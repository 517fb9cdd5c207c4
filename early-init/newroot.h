/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into the mounted root without leaving it: its absolute symbolic links are its own. */
#ifndef ROOTWARD_NEWROOT_H
#define ROOTWARD_NEWROOT_H

#include "plan/base.h"

/* Open PATH of the tree at ROOT as if ROOT were "/" (O_CLOEXEC is added). fd or -errno. */
errint newroot_open(const char *root, const char *path, int flags) MUST_CHECK NONNULL(1, 2);

/*
 * Whether INIT in the tree at ROOT can be executed: a regular file with x
 * bits, ELF or script, with its interpreter there, on a file system that
 * allows it. 0, or -errno with WHY in words.
 */
errint newroot_check_init(const char *root, const char *init, char *why, size_t size) MUST_CHECK NONNULL(1, 2, 3);

/* /dev, /proc, /sys, /run are directories in ROOT; made where missing. 0, or -errno with WHY. */
errint newroot_check_mount_points(const char *root, char *why, size_t size) MUST_CHECK NONNULL(1, 2);

/* The directories that are moved over, NULL at the end. */
extern const char *const newroot_mounts[];

#endif
