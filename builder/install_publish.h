/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rename, so that a power cut at any moment leaves NAME whole on the
 * disk: the old image or the new one. rename(2) alone does not give that:
 *
 * - vfat keeps a file's first cluster in its directory entry, which is written with the *file*, not with the
 *   directory, and frees the replaced file's clusters at once. So the new file is synced again under its name, and the
 *   replaced one stays open, and with it its clusters taken, until the disk has the entry.
 * - Boot loaders read ext4 without replaying its journal, where the rename is. So the journal is written back
 *   (EXT4_IOC_CHECKPOINT), and until then the replaced file stays open, lest its blocks are used again.
 */
#ifndef ROOTWARD_INSTALL_PUBLISH_H
#define ROOTWARD_INSTALL_PUBLISH_H

#include "install.h"

/* The written, synced and verified temporary file of IN becomes NAME; with keep_previous NAME becomes NAME.old before.
 */
struct err *install_publish(struct install *in, const struct install_options *opt) MUST_CHECK NONNULL(1, 2);

/* Whether DATA is what OPT says was written. */
bool install_has(const struct install_options *opt, const void *data, size_t size) NONNULL(1);

#endif
