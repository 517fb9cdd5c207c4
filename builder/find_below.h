/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is named without its directory and its ending. */
#ifndef ROOTWARD_FIND_BELOW_H
#define ROOTWARD_FIND_BELOW_H

#include "util.h"

struct find_places {
	const char *const *places; /* directories of the sysroot, searched with all below them */
	size_t n_places;
	const char *const *endings; /* tried in this order in each directory */
	size_t n_endings;
};

/* Host path (malloc) of NAME, absolute or looked for in the places, or NULL. */
char *find_below(const char *sysroot, const struct find_places *where, const char *name) MUST_CHECK NONNULL(1, 2, 3);

#endif
