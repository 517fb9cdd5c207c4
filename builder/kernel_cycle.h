/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules that need themselves: depmod writes no such modules.dep, a hand or a bad disk does. */
#ifndef ROOTWARD_KERNEL_CYCLE_H
#define ROOTWARD_KERNEL_CYCLE_H

#include "kernel.h"

/* Whether OTHER is among M's dependencies (their whole closure, as modules.dep has it). */
bool kmodule_depends_on(const struct kmodule *m, const struct kmodule *other) NONNULL(1, 2);

/* EXIT_VERIFY when M is in its own closure, with the way round: "a needs b needs a". */
struct err *kernel_check_cycle(const struct kernel *k, const struct kmodule *m) MUST_CHECK NONNULL(1, 2);

#endif
