/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices of a profile a person can type on. */
#ifndef ROOTWARD_KEYBOARD_H
#define ROOTWARD_KEYBOARD_H

#include "profile.h"

/* Whether DEVICE is a keyboard, or what one hangs on when its driver was not loaded at capture. */
bool is_keyboard(const struct hw_device *device) MUST_CHECK NONNULL(1);

#endif
