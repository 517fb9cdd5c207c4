/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU harness: qemu/boot and what belongs to it. */
#ifndef ROOTWARD_HARNESS_H
#define ROOTWARD_HARNESS_H

#include "util.h"

/* Program NAME ("boot", "make-disk") of the harness, below the shipped data. */
struct err *harness_find(const char *name, char **out) MUST_CHECK NONNULL(1, 2);

#endif
