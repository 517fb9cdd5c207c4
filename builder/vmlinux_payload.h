/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF file inside a kernel image. */
#ifndef ROOTWARD_VMLINUX_PAYLOAD_H
#define ROOTWARD_VMLINUX_PAYLOAD_H

#include "util.h"

/*
 * The vmlinux inside DATA: a bzImage, a compressed or a plain ELF file. *ELF
 * points into DATA or into *OWNED (malloc, given to the caller, or NULL).
 * Errors: neither of them, payload outside the file, damaged compression.
 */
struct err *vmlinux_payload(const void *data, size_t size, const unsigned char **elf, size_t *elf_size,
			    unsigned char **owned) MUST_CHECK NONNULL(1, 3, 4, 5);

#endif
