/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who makes the images when a package installs a kernel: [hooks] generator.
 *
 *   rootward  Rootward, whatever else is installed
 *   none      not Rootward; commands given by hand still work
 *   auto      Rootward, unless another tool's hook (initramfs-tools, dracut) is installed and that kernel's
 *             image was made by another tool: then two would fight for one file, and the one that was there first keeps
 * it
 */
#ifndef ROOTWARD_GENERATOR_H
#define ROOTWARD_GENERATOR_H

#include "util.h"

/* Whether a hook acts on IMAGE. CONFIG_DIR as in config_read(). When it does not, *WHY (malloc) says why. */
struct err *generator_acts(const char *sysroot, const char *config_dir, const char *image, bool *acts, char **why)
    MUST_CHECK NONNULL(1, 3, 4, 5);

#endif
