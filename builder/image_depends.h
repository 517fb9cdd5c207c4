/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modules of any image say of each other. */
#ifndef ROOTWARD_IMAGE_DEPENDS_H
#define ROOTWARD_IMAGE_DEPENDS_H

#include "image.h"

/* Whether E is the file of module NAME, whatever its compression; '-' and '_' are the same. */
bool image_entry_is_module(const struct image_entry *e, const char *name) MUST_CHECK NONNULL(1, 2);

/* Whether E is the file of module NAME ('-' and '_' are the same). */
bool image_is_module(const struct image_entry *e, const char *name) MUST_CHECK NONNULL(1, 2);

/* Modules of the image that name module NAME in depends=, into OUT ("a, b"); nothing when none does. */
struct err *image_dependants(const struct image *img, const char *name, struct buf *out) MUST_CHECK NONNULL(1, 2, 3);

/* The same for modules that ask for firmware NAME, also by a pattern. */
struct err *image_firmware_users(const struct image *img, const char *name, struct buf *out)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
