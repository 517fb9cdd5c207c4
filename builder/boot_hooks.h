/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's programs for early boot: /etc/rootward/hooks/STAGE/NAME. Contract: hooks/boot/README.md. */
#ifndef ROOTWARD_BOOT_HOOKS_H
#define ROOTWARD_BOOT_HOOKS_H

#include "payload.h"

/*
 * Pack every hook of the sysroot with its interpreter or libraries and what
 * its "# rootward-programs:" and "# rootward-files:" lines name. Call it after
 * payload_busybox(). A directory that is no stage is an error.
 */
struct err *boot_hooks_add(struct payload *p) MUST_CHECK NONNULL(1);

#endif
