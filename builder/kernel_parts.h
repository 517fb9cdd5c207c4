/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of kernel_open, one file each. All fill K; strings go into its arena. */
#ifndef ROOTWARD_KERNEL_PARTS_H
#define ROOTWARD_KERNEL_PARTS_H

#include "kernel.h"

/* modules.{dep,alias,symbols,builtin,builtin.alias}.bin: modules, by_name, aliases, symbols, builtin_aliases. */
struct err *kernel_read_tables(struct kernel *k) MUST_CHECK NONNULL(1);

/* modules.softdep, modules.weakdep and modprobe.d, in kmod's order of files; modules-load.d when DIRS is NULL. */
struct err *kernel_read_conf(struct kernel *k, const char *const *modprobe_dirs) MUST_CHECK NONNULL(1);

/* boot/config-KVER, or config in the module directory. None at all is no error. */
struct err *kernel_read_config(struct kernel *k) MUST_CHECK NONNULL(1);

/* How the module file PATH is stored, by its name; STORE_UNKNOWN: not a module's name. */
enum module_store module_store_of(const char *path) NONNULL(1);

#endif
