/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot index of a finished image, for the commands that explain one. */
#ifndef ROOTWARD_IMAGE_INDEX_H
#define ROOTWARD_IMAGE_INDEX_H

#include "../early-init/plan/index.h"
#include "image.h"

#define INDEX_PATH "/lib/rootward/index"

/*
 * Index of the image at PATH, opened on a copy in *DATA (the caller's to free,
 * after its last use of IX; set on error too). Errors: no image, no index in it, another version, damaged.
 */
struct err *image_open_index(const char *path, unsigned char **data, struct boot_index *ix) MUST_CHECK NONNULL(1, 2, 3);
/* The same of an image that is open; PATH is its name in messages. */
struct err *image_index(const struct image *image, const char *path, unsigned char **data, struct boot_index *ix)
    MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
