/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-boot = yes: a new image must reach a root in QEMU before it is published. */
#ifndef ROOTWARD_TEST_BOOT_H
#define ROOTWARD_TEST_BOOT_H

#include "profile.h"

struct test_boot {
	int image_fd;	    /* the image, not published yet; stays open and may have no name */
	const char *kernel; /* vmlinuz to boot it with */
	/* Whether the booted system can load (or has built in) this module. */
	bool (*has_module)(void *arg, const char *module);
	void *arg;
	const char *sysroot;		   /* "" for / */
	const struct hw_profile *hardware; /* NULL: this machine's */
};

/*
 * The image is booted with a small root made for it, on a disk and a file system that the image has drivers for, those
 * of the hardware where QEMU has the like, until that root's init has run. An image that can drive none of QEMU's disks
 * (host mode on rare hardware) must reach its wait for the root device. Without QEMU: a warning, no error. A signal
 * ends the guest (interrupt.h): an error.
 */
struct err *test_boot(const struct test_boot *t) MUST_CHECK NONNULL(1);

#endif
