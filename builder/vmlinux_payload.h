/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF file inside a kernel image. */
#ifndef ROOTWARD_VMLINUX_PAYLOAD_H
#define ROOTWARD_VMLINUX_PAYLOAD_H

#include "compress.h"
#include "util.h"

/* Where the vmlinux is inside a kernel image. */
struct vmlinux_payload {
	const unsigned char *data; /* in the image */
	size_t size;
	enum codec codec; /* CODEC_NONE: it is the ELF file itself */
};

/* That of DATA: a bzImage, a compressed or a plain ELF file. Errors: neither of them, payload outside the file. */
struct err *vmlinux_payload(const void *data, size_t size, struct vmlinux_payload *out) MUST_CHECK NONNULL(1, 3);

/* The whole ELF file: in the image, or in *OWNED (malloc, given to the caller, else NULL). Errors: damaged. */
struct err *vmlinux_unpack(const struct vmlinux_payload *p, const unsigned char **elf, size_t *elf_size,
			   unsigned char **owned) MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
