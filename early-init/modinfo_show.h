/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modinfo prints of one module. */
#ifndef ROOTWARD_MODINFO_SHOW_H
#define ROOTWARD_MODINFO_SHOW_H

#include "plan/base.h"

struct modinfo_style {
	const char *field; /* only this one, NULL all */
	char separator;
};

/* The module file PATH; NAME is for messages. 0 or -errno, said. */
errint modinfo_show_file(const struct modinfo_style *style, const char *name, const char *path)
    MUST_CHECK NONNULL(1, 2, 3);

/* NAME, built into the kernel: what STRINGS, the kernel's modules.builtin.modinfo, says of it. 0 or -errno, said. */
errint modinfo_show_builtin(const struct modinfo_style *style, const char *name, const char *strings)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
