/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keymap as `loadkeys -b` and busybox `dumpkmap` write it: the 7 bytes
 * "bkeymap", one byte for each of 256 tables (1: it follows, 0: not), then 128 16-bit numbers in the machine's
 * byte order for each table that does. A table is a combination of modifiers; see keymaps(5).
 */
#ifndef ROOTWARD_PLAN_KEYMAP_H
#define ROOTWARD_PLAN_KEYMAP_H

#include "base.h"

/* Its place in the image. */
#define KEYMAP_PATH "/usr/lib/rootward/keymap"

#define KEYMAP_TABLES 256
#define KEYMAP_KEYS 128
#define KEYMAP_HEAD (7 + KEYMAP_TABLES)
#define KEYMAP_SIZE_MAX (KEYMAP_HEAD + KEYMAP_TABLES * KEYMAP_KEYS * sizeof(uint16_t))

/* Whether the SIZE bytes are exactly one such keymap with at least one table. */
bool keymap_valid(const unsigned char *data, size_t size) MUST_CHECK NONNULL(1);
/* The keys of TABLE of a valid keymap, 128 numbers without alignment, or NULL when it has no such table. */
const unsigned char *keymap_table(const unsigned char *data, unsigned table) MUST_CHECK NONNULL(1);

#endif
