/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this process runs in a chroot or a container: what is mounted on / there says nothing of the machine's root.
 */
#ifndef ROOTWARD_CONFINED_H
#define ROOTWARD_CONFINED_H

#include <stdbool.h>

#include "err.h"

#define CONFINED_CHROOT "a chroot"
#define CONFINED_CONTAINER "a container"

/*
 * One of these, or NULL where / is the machine's own, or nothing tells. Reads MACHINE/proc and MACHINE/run
 * ("" is the running machine).
 */
const char *confined_in(const char *machine) MUST_CHECK NONNULL(1);

/* Whether it is in a container, also in a chroot there. */
bool confined_contained(const char *machine) MUST_CHECK NONNULL(1);

/*
 * Whether / is a directory of a file system, bound: a system in a tree of its own, as schroot has it. A subvolume of
 * btrfs looks the same and does not count.
 */
bool confined_below(const char *machine) MUST_CHECK NONNULL(1);

#endif
