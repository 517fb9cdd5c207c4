/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modules of any image say of each other. */
#ifndef ROOTWARD_IMAGE_DEPENDS_H
#define ROOTWARD_IMAGE_DEPENDS_H

#include "image.h"

/* Whether E is the file of module NAME, whatever its compression; '-' and '_' are the same. */
bool image_entry_is_module(const struct image_entry *e, const char *name) MUST_CHECK NONNULL(1, 2);

/* "NAME is a dependency of A, B" into OUT, from depends= of every module in the image; nothing when no module names it.
 */
struct err *image_dependants(const struct image *img, const char *name, struct buf *out) MUST_CHECK NONNULL(1, 2, 3);

#endif
