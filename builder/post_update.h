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

/* Tells one update's mark from another's; "" where none could be made. */
struct post_update {
	char token[48];
};

/*
 * Marks that the scripts below SYSROOT, if any, are to run for RELEASE, under the kernel's lock. A mark that cannot be
 * made is a warning.
 */
void post_update_mark(const char *sysroot, const char *release, struct post_update *out) NONNULL(1, 2, 3);

/* Whether RELEASE is marked, and how; no for what is called by the scripts themselves. */
bool post_update_is_due(const char *sysroot, const char *release, struct post_update *out) NONNULL(1, 2, 3);

/* Removes the mark of RELEASE, under the kernel's lock. */
void post_update_unmark(const char *sysroot, const char *release) NONNULL(1, 2);

/*
 * Run the scripts of / for IMAGE of RELEASE, those of one update after those of another, and remove the mark, if it is
 * DUE's, when all succeeded; without the kernel's lock, which a script may want. REPEAT: unless somebody else has done
 * so meanwhile. Errors: a script's failure, and scripts without a run-parts to run them; the mark is there then.
 */
struct err *post_update_run(const char *release, const char *image, const struct post_update *due, bool repeat)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
