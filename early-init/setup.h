/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to stand before the first module is loaded. */
#ifndef ROOTWARD_SETUP_H
#define ROOTWARD_SETUP_H

#include "boot.h"

/* Descriptors 0, 1 and 2 are open afterwards, on whatever there is. Needs no mounts. */
void setup_fds(void);
/* devtmpfs, proc, sysfs, run; 0-2 on the console; the log. -errno of the first mount that is missing. */
errint setup_mounts(void) MUST_CHECK;
/* /proc/cmdline read and parsed into B, its module words too. */
errint setup_cmdline(struct boot *b) MUST_CHECK;
/* The index, which must be for the kernel that runs; the planner on it. Says what is wrong. */
errint setup_index(struct boot *b) MUST_CHECK;
/* A whole small file, NUL-terminated; malloc'ed. -errno. */
errint read_text(const char *path, size_t max, char **out) MUST_CHECK NONNULL(1, 3);

#endif
