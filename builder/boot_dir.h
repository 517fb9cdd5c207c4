/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where kernels and their images are on an installed system. All paths are host paths below SYSROOT ("" for /). */
#ifndef ROOTWARD_BOOT_DIR_H
#define ROOTWARD_BOOT_DIR_H

#include "util.h"

/* Added to an image's name for the one that it replaced. */
#define PREVIOUS_SUFFIX ".old"

struct strings {
	VEC(char *) list; /* owned */
};
void strings_free(struct strings *s);

/* Where the image of RELEASE is looked for by boot loaders: boot/initrd.img-RELEASE on Debian, else
 * boot/initramfs-RELEASE.img. */
char *boot_image_path(const char *sysroot, const char *release) MUST_CHECK NONNULL(1, 2);
/* Its kernel, or NULL: boot/vmlinuz-RELEASE, or vmlinuz in the module directory. */
char *boot_kernel_path(const char *sysroot, const char *release) MUST_CHECK NONNULL(1, 2);

/* Releases that have a module directory, and with IMAGES_TOO those of which only an image is left. In the order of
 * versions. */
void boot_releases(const char *sysroot, bool images_too, struct strings *out) NONNULL(1, 3);
/* Existing images of RELEASE: under both usual names, and beside the entries of a boot loader (TOKEN/RELEASE/initrd).
 */
void boot_images(const char *sysroot, const char *release, struct strings *out) NONNULL(1, 2, 3);

#endif
