/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written goes elsewhere than to the root: rd.overlay (dracut.cmdline(7)) and systemd.volatile=
 * (kernel-command-line(7), done as systemd-volatile-root.service(8) does). The root itself is mounted
 * read-only and stays visible below RUN_DIR/overlay/lower.
 */
#ifndef ROOTWARD_OVERLAY_H
#define ROOTWARD_OVERLAY_H

#include "boot.h"

/* Whether the root gets something over it, so that it is itself mounted read-only. */
bool overlay_wanted(const struct boot *b) MUST_CHECK NONNULL(1);
/* Whether the root, by its kind, is better with an overlay: one in memory unless the command line says otherwise. */
void overlay_default(struct boot *b) NONNULL(1);
/*
 * Where the writes go: 1 a device, b->root->overlay is set up to be looked for
 * and mounted; 0 memory; -errno after root_give_up().
 */
errint overlay_target(struct boot *b) MUST_CHECK NONNULL(1);
/* Root, /usr and that device are mounted: put the rest together. 0, or -errno after root_give_up(), NEWROOT as before.
 */
errint overlay_apply(struct boot *b) MUST_CHECK NONNULL(1);

#endif
