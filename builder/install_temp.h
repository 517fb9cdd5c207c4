/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The temporary file of an installation, ".NAME.rootward-XXXXXX" beside its
 * target. Its writer holds a flock on it: without one it was left by a
 * killed run and may be removed.
 */
#ifndef ROOTWARD_INSTALL_TEMP_H
#define ROOTWARD_INSTALL_TEMP_H

#include "install.h"

/* Name of the temporary file for NAME that ends in SUFFIX (malloc). */
char *temp_name(const char *name, const char *suffix) MUST_CHECK NONNULL(1, 2);
/* Remove what killed runs left for NAME. Never fails: what cannot be removed stays. */
void temp_clean(int dirfd, const char *name) NONNULL(2);
/* Open IN's temporary file: nameless where the file system can (nothing is left even by SIGKILL), else named. */
struct err *temp_open(struct install *in) MUST_CHECK NONNULL(1);
/* Give a nameless one its name, to be renamed. */
struct err *temp_link(struct install *in) MUST_CHECK NONNULL(1);
/* It was renamed: no longer ours to remove. */
void temp_published(struct install *in) NONNULL(1);
void temp_discard(struct install *in) NONNULL(1);
/* A fatal signal removes NAME beside it, too; NULL: no longer. */
void temp_also(const char *name);

#endif
