/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's programs in early boot. Contract with them:
 * hooks/boot/README.md. A hook never stops the boot: one that fails or takes
 * too long is named in the log, and the next one runs.
 */
#ifndef ROOTWARD_HOOKS_H
#define ROOTWARD_HOOKS_H

#include <stdbool.h>

#define HOOK_DIR "/etc/rootward/hooks"

enum hook_stage { HOOK_PRE_LOAD, HOOK_POST_LOAD, HOOK_PRE_MOUNT, HOOK_PRE_SWITCH, HOOK_EMERGENCY };
/* Their directories, in the order of the enum. */
#define HOOK_STAGES "pre-load", "post-load", "pre-mount", "pre-switch", "emergency"

struct boot;
/* Whether this image has hooks of STAGE that have not run. */
bool hooks_waiting(enum hook_stage stage);
/*
 * Run them in the order of their names, one after the other, each at most
 * HOOK_SECONDS (setting hook-timeout); devices and modules go on meanwhile.
 * Each stage runs once a boot, but emergency each time. True when one ran.
 */
bool hooks_run(struct boot *b, enum hook_stage stage);

#endif
