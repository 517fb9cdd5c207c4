/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an image can assemble what stands under /, /usr and the resume device. */
#ifndef ROOTWARD_STACK_H
#define ROOTWARD_STACK_H

#include "config.h"
#include "profile.h"

/*
 * Whether a stack of P that the boot needs has a layer or a file system that an image with FEATURES cannot open; WHY
 * gets the first such stack and what is missing, WAY_OUT what to do, in words.
 */
bool stack_obstacle(const struct hw_profile *p, const struct config_words *features, struct buf *why,
		    struct buf *way_out) MUST_CHECK NONNULL(1, 2, 3, 4);

/*
 * EXIT_VERIFY when early-init has no handler for a layer (LUKS, LVM, md, ...)
 * or the file system of a stack that the boot needs, or when a root on the
 * network needs more than FEATURES; the message names the mount, the chain of
 * layers, what is missing and the way out. Nothing known of a stack is no
 * error: what cannot be seen cannot be refused.
 */
struct err *stack_check(const struct hw_profile *p, const struct config_words *features) MUST_CHECK NONNULL(1, 2);

/* "/dev/mapper/root (ext4) on lvm root on dm-crypt crypt on partition sda3 on disk sda", for messages. */
void stack_describe(const struct hw_stack *s, struct buf *out) NONNULL(1, 2);

/* Whether S has a layer of KIND. */
bool stack_has_layer(const struct hw_stack *s, const char *kind) MUST_CHECK NONNULL(1, 2);

/* Whether the device at SYSPATH lies between a layer of S and the root of its bus, the layer included. */
bool stack_passes(const struct hw_stack *s, const char *syspath) MUST_CHECK NONNULL(1, 2);

#endif
