/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking for the password of the emergency shell on a terminal. */
#ifndef ROOTWARD_PASSWORD_H
#define ROOTWARD_PASSWORD_H

#include "plan/base.h"

/* Whether TYPED has the crypt(3) hash HASH; false for a hash of an unknown kind. Constant time in the result. */
bool password_matches(const char *typed, const char *hash) MUST_CHECK NONNULL(1, 2);

/*
 * Ask on FD (a terminal: echo off, and no key is a signal) up to three times,
 * a growing pause after each wrong answer. 0 right, -EACCES wrong, -errno the terminal failed.
 */
errint password_ask(int fd, const char *hash) MUST_CHECK NONNULL(2);

#endif
