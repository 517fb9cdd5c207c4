/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build at a time for one kernel. What is locked (flock) is the kernel's
 * module directory itself: it is there whenever something can be built, in a sysroot as on the host, it
 * needs no write permission, and no lock file is left behind or has to be cleaned up. Two kernels have two locks.
 */
#ifndef ROOTWARD_LOCK_H
#define ROOTWARD_LOCK_H

#include "util.h"

#define LOCK_WAIT_DEFAULT 600 /* seconds */

/*
 * Take the lock of RELEASE below SYSROOT into *FD; closing it releases the lock. When another
 * program has it, says so and waits at most WAIT_S seconds. No such kernel, or a file system that has
 * no locks: *FD is -1 and there is no error.
 */
struct err *kernel_lock(const char *sysroot, const char *release, unsigned wait_s, int *fd) MUST_CHECK NONNULL(1, 2, 4);

/*
 * The same for directory DIR, with BUSY for who has it, in words: "another build for kernel 6.1.0-1 is". With WAIT_S 0
 * nothing is said.
 */
struct err *directory_lock(const char *dir, const char *busy, unsigned wait_s, int *fd) MUST_CHECK NONNULL(1, 2, 4);

#endif
