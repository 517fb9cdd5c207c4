/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plain bytes of a module file of the host, however it is stored. */
#ifndef ROOTWARD_MODULE_FILE_H
#define ROOTWARD_MODULE_FILE_H

#include "kernel.h"

/* Largest plain module read; the largest of Debian's has 6 MiB, with debug information some have 100. */
#define MODULE_SIZE_MAX ((size_t)512 * 1024 * 1024)

struct module_file {
	const unsigned char *data; /* plain; mapped or in buffer */
	size_t size;
	struct file_map map;
	unsigned char *buffer; /* owned, NULL where the mapping itself is plain */
};

/* Zero OUT; module_file_close also after an error. */
struct err *module_file_open(const struct kernel *k, const struct kmodule *m, struct module_file *out)
    MUST_CHECK NONNULL(1, 2, 3);
void module_file_close(struct module_file *f);

#endif
