/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an image of ours is whole: index, manifest, links and programs agree with its files. */
#ifndef ROOTWARD_VERIFY_OWN_H
#define ROOTWARD_VERIFY_OWN_H

#include "../early-init/plan/index.h"
#include "image.h"
#include "verify.h"

/* Everything but what is inside the module files. Findings go into V. */
void verify_own_image(struct verify *v, const struct image *img, const struct boot_index *ix) NONNULL(1, 2, 3);

/* modinfo of the module NAME, whose plain bytes are DATA, against the index. Thread-safe. */
void verify_own_module(struct verify *v, const struct boot_index *ix, const char *name, const void *data, size_t size)
    NONNULL(1, 2, 3, 4);

#endif
