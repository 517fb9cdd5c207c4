/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell on the console when a boot has failed or rd.break stops it: behind
 * the password, and only where the image allows one (emergency-password,
 * emergency-shell of its configuration). Whether one is wanted, emergency.c decides.
 */
#ifndef ROOTWARD_EMERGENCY_SHELL_H
#define ROOTWARD_EMERGENCY_SHELL_H

#include "boot.h"

#define SHELL_PROGRAM "/bin/sh"

/* Whether this image forbids every shell. */
bool emergency_shell_locked_out(const struct boot *b) NONNULL(1);
/*
 * Run it until it is left; devices that appear meanwhile are handled. 0 it was left, -EACCES no right password,
 * -ENOENT no shell in this image, -errno it did not start.
 */
errint emergency_shell(struct boot *b) MUST_CHECK NONNULL(1);

#endif
