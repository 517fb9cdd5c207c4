/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One newc or crc cpio archive inside an image. */
#ifndef ROOTWARD_IMAGE_CPIO_H
#define ROOTWARD_IMAGE_CPIO_H

#include "image.h"

/*
 * The archive at AT of DATA, up to its trailer: members are added to IMG with
 * SEGMENT as theirs, *END is behind the trailer. Contents point into DATA.
 */
struct err *image_cpio_parse(struct image *img, const unsigned char *data, size_t size, size_t at, unsigned segment,
			     size_t *end) MUST_CHECK NONNULL(1, 2, 6);

#endif
