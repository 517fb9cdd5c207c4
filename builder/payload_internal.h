/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the payload share. */
#ifndef ROOTWARD_PAYLOAD_INTERNAL_H
#define ROOTWARD_PAYLOAD_INTERNAL_H

#include "payload.h"

/* Owner of the applet links: a real program of the same name replaces them. */
#define OWNER_BUSYBOX "busybox"

/*
 * PATH of the sysroot with the symlinks that lead to it; *REAL (malloc) is
 * where the file itself is in the image, *ADDED false when it was there before.
 */
struct err *payload_place(struct payload *p, const char *path, const struct payload_cause *cause, char **real,
			  bool *added) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

/* Reason of the links that stand for variants of a library: a file that somebody wants there replaces them. */
#define REASON_VARIANT "variant of a library"

/* A symlink PATH to TARGET. */
struct err *payload_link(struct payload *p, const char *path, const char *target, const struct payload_cause *cause)
    MUST_CHECK NONNULL(1, 2, 3, 4);

/* Everything that file REAL of the sysroot needs to run: libraries of ELF files, interpreters of scripts. */
struct err *payload_needs(struct payload *p, const char *real) MUST_CHECK NONNULL(1, 2);

#endif
