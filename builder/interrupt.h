/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP while there is something to clean up that no
 * signal handler can: the work ends with an error, everything is undone on the way, and main() dies of the signal.
 */
#ifndef ROOTWARD_INTERRUPT_H
#define ROOTWARD_INTERRUPT_H

#include "util.h"

/* From here to interrupt_release() these signals are only noted; child_run() ends its program for them. Not nested. */
struct err *interrupt_hold(void) MUST_CHECK;
/* What the signals did before they do again. A signal that was noted stays noted. */
void interrupt_release(void);

/* The signal that was noted, 0: none. */
int interrupt_signal(void);
/* Readable once a signal was noted; -1 while none is held. */
int interrupt_fd(void);
/* The error of work that a signal ended, NULL: none did. */
struct err *interrupt_error(void) MUST_CHECK;

#endif
