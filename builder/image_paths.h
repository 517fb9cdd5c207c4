/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel puts an image's entries: a later archive's bin/tool goes to /usr/bin where /bin is a link to there.
 */
#ifndef ROOTWARD_IMAGE_PATHS_H
#define ROOTWARD_IMAGE_PATHS_H

#include "image.h"

/* Links that one path may lead through: the kernel's MAXSYMLINKS. */
#define LINKS_MAX 40

/*
 * Replace the path of each entry of IMG by the one that it has after the kernel unpacked it, and fill by_path. A path
 * whose parents are not in the image, lead through links without end or have ".." in them stays as it is. Once, when
 * all entries are known.
 */
void image_resolve_paths(struct image *img) NONNULL(1);

#endif
