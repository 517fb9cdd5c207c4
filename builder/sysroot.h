/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths below a sysroot, with symlinks that stay inside of it as in a chroot. */
#ifndef ROOTWARD_SYSROOT_H
#define ROOTWARD_SYSROOT_H

#include <glob.h>

#include "util.h"

/* Called for each symlink met on the way: PATH (below the sysroot) points to TARGET as stored. */
typedef struct err *sysroot_link_fn(void *arg, const char *path, const char *target);

/*
 * PATH with every symlink followed, "." and ".." undone, as an absolute path
 * below SYSROOT (malloc), or NULL with errno (ENOENT, ELOOP). FN (may be NULL) sees the links; its error goes to *ERR.
 */
char *sysroot_follow(const char *sysroot, const char *path, sysroot_link_fn *fn, void *arg, struct err **err)
    MUST_CHECK NONNULL(1, 2);

/* The host's path of PATH below SYSROOT with all symlinks followed (malloc), or NULL with errno. */
char *sysroot_resolve(const char *sysroot, const char *path) MUST_CHECK NONNULL(1, 2);

/*
 * The host's path of PATH below SYSROOT, which need not be there (malloc):
 * "SYSROOT/PATH" as long as no symlink leads out of the sysroot, else where it
 * leads inside. A link to /dev/null is that device whatever the sysroot: so files are masked.
 */
char *sysroot_path(const char *sysroot, const char *path) MUST_CHECK NONNULL(1, 2) __attribute__((returns_nonnull));

/* The same for HOST, a host's path that may begin with SYSROOT; one that does not is as it is (malloc). */
char *sysroot_host_path(const char *sysroot, const char *host) MUST_CHECK NONNULL(1, 2)
    __attribute__((returns_nonnull));

/*
 * glob(3) of the absolute PATTERN inside of SYSROOT, links on the way included: the names found are absolute below the
 * sysroot, sorted. Its return value; the caller calls globfree().
 */
int sysroot_glob(const char *sysroot, const char *pattern, glob_t *out) MUST_CHECK NONNULL(1, 2, 3);

#endif
