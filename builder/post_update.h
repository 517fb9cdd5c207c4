/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scripts by which boot loaders learn of a new image. They run after it is in its place, so they
 * may fail, or the machine may go down before them, while the image itself is what it should be. Therefore a mark
 * (/var/lib/rootward/post-update-KVER) is on the disk before the image is replaced, and goes when they have succeeded.
 */
#ifndef ROOTWARD_POST_UPDATE_H
#define ROOTWARD_POST_UPDATE_H

#include "util.h"

/* Debian's boot loaders hang their scripts here: run-parts DIR with the release and the image as arguments. */
#define POST_UPDATE_DIR "/etc/initramfs/post-update.d"

/* Marks that the scripts below SYSROOT, if any, are to run for RELEASE. A mark that cannot be made is a warning. */
void post_update_mark(const char *sysroot, const char *release) NONNULL(1, 2);

/* Whether RELEASE is marked. */
bool post_update_is_due(const char *sysroot, const char *release) NONNULL(1, 2);

/* Removes the mark of RELEASE. */
void post_update_unmark(const char *sysroot, const char *release) NONNULL(1, 2);

/*
 * Run the scripts of / for IMAGE of RELEASE, and remove its mark when all succeeded. Errors: a script's failure, and
 * scripts without a run-parts to run them; the mark is there then.
 */
struct err *post_update_run(const char *release, const char *image) MUST_CHECK NONNULL(1, 2);

#endif
