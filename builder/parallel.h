/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One task for each number of a range, over the CPUs of this machine. */
#ifndef ROOTWARD_PARALLEL_H
#define ROOTWARD_PARALLEL_H

#include "util.h"

/* FN(arg, i) for every i < N, in no order, several at the same time; returns when all are done. */
void parallel_for(size_t n, void (*fn)(void *arg, size_t i), void *arg) NONNULL(2);

#endif
