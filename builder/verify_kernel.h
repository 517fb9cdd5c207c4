/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two things that `check` looks at, handed to verify.h. */
#ifndef ROOTWARD_VERIFY_KERNEL_H
#define ROOTWARD_VERIFY_KERNEL_H

#include "image.h"
#include "verify.h"

/* All modules of K, modules.dep against the files, the options of modprobe.d. Findings go into V. */
void verify_kernel_tree(struct verify *v, const struct kernel *k) NONNULL(1, 2);

struct verify_image;

/*
 * Any initramfs (borrowed): its modules, their closure as the boot index or
 * modules.dep inside says, init, and our own index. SYSROOT is where the
 * kernel image and config of its release are looked for ("" the host).
 */
struct verify_image *verify_image_begin(const struct image *img, const char *sysroot) MUST_CHECK NONNULL(1, 2);
const struct verify_report *verify_image_finish(struct verify_image *vi) NONNULL(1) __attribute__((returns_nonnull));
/* Release of the modules inside, or NULL when there are none. */
const char *verify_image_release(const struct verify_image *vi) NONNULL(1);
void verify_image_free(struct verify_image *vi);

#endif
