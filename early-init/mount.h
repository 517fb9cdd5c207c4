/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounting one device: option words, types to try, what went wrong in words. */
#ifndef ROOTWARD_MOUNT_H
#define ROOTWARD_MOUNT_H

#include "plan/base.h"

#define MOUNT_DATA_MAX 2048

/* rootflags= or the fourth field of fstab, taken apart as mount(8) does. */
struct mount_options {
	unsigned long flags;	   /* MS_* */
	char data[MOUNT_DATA_MAX]; /* what only the file system understands */
};

/*
 * TEXT (NULL: nothing) added to BASE flags. Words for user space alone
 * ("defaults", "nofail", "x-...") are dropped. 0 or -ENAMETOOLONG.
 */
errint mount_options_parse(const char *text, unsigned long base, struct mount_options *out) MUST_CHECK NONNULL(3);
/* One more word for the file system. 0 or -ENAMETOOLONG. */
errint mount_options_add(struct mount_options *o, const char *word) MUST_CHECK NONNULL(1, 2);

/* Whether WORD is one of the comma list TEXT (options or types; NULL: none). */
bool mount_has_word(const char *text, const char *word) NONNULL(2);

/* The first option of TEXT (NULL: none) that names another device ("logdev=/dev/sdb1") into OUT; false: none does. */
bool mount_names_device(const char *text, char *out, size_t size) NONNULL(2);

/*
 * I-th type of the comma list TYPES into OUT; "auto" stands for SIGNATURE.
 * False past the end. TYPES NULL is "auto".
 */
bool mount_type_at(const char *types, const char *signature, unsigned i, char *out, size_t size) NONNULL(4);

/*
 * Mount NODE on WHERE as TYPE; read-only when the device refuses writing
 * (*READ_ONLY tells). 0, -errno of mount(2), or -ETIMEDOUT when the device does
 * not answer for minutes, which was said every ten seconds.
 */
errint mount_device(const char *node, const char *where, const char *type, const struct mount_options *o,
		    bool *read_only) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

/* Whether a later try may succeed: the device is still being set up. */
bool mount_error_passes(int error);

/* Option that keeps TYPE from writing even when mounted read-only (journal replay), or NULL. */
const char *mount_no_replay_option(const char *type) NONNULL(1);

#endif
