/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs, run to their end with a deadline. */
#ifndef ROOTWARD_CHILD_H
#define ROOTWARD_CHILD_H

#include "util.h"

/*
 * Run ARGV[0] (looked up in PATH when it has no slash) with ARGV, its standard output going to our
 * standard error. *STATUS is its exit status, 128 + N after signal N. It is ended after DEADLINE_S seconds, or for a
 * signal to us that is held (interrupt.h): an error, as is a program that cannot be started.
 */
struct err *child_run(char *const argv[], unsigned deadline_s, int *status) MUST_CHECK NONNULL(1, 3);

/*
 * The same as a filter: it reads the descriptor IN (-1: nothing) and writes
 * to OUT, both where they stand; what it says on standard error is dropped unless we are verbose.
 */
struct err *child_filter(char *const argv[], int in, int out, unsigned deadline_s, int *status)
    MUST_CHECK NONNULL(1, 5);

/* Whether PROGRAM is in PATH. */
bool child_exists(const char *program) NONNULL(1);

#endif
