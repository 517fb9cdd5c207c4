/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console as the installed system has it: keymap and font, in the form
 * that early-init and busybox load before someone is asked something.
 * Configuration: vconsole.conf(5) (KEYMAP, FONT), else keyboard(5) (XKBMODEL,
 * XKBLAYOUT, XKBVARIANT, XKBOPTIONS) and console-setup(5) (FONT, or CODESET, FONTFACE and FONTSIZE).
 */
#ifndef ROOTWARD_CONSOLE_SETUP_H
#define ROOTWARD_CONSOLE_SETUP_H

#include "manifest.h"

/* In the image, for the shell of early-init/emergency.c; the keymap's place is in early-init/plan/keymap.h. */
#define FONT_PATH "/usr/lib/rootward/console.psf"

/*
 * Add what is configured below SYSROOT. The kernel's own keymap (us) and font
 * need nothing. ckbcomp and loadkeys are the host's; of keyboard layouts they read those below SYSROOT first, the
 * host's only for what is not there. What is configured and cannot be made is a warning: the machine boots with the
 * kernel's.
 */
struct err *console_setup_add(struct manifest *m, const char *sysroot) MUST_CHECK NONNULL(1, 2);

#endif
