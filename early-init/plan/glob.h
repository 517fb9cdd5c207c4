/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and patterns as kmod means them: fnmatch(3) with flags 0 in the C
 * locale ('*' '?' '[...]' '[!...]' '\\'), and the folding of '-' to '_' that
 * leaves what stands inside brackets alone (kmod: shared/util.c,
 * alias_normalize and modname_normalize).
 */
#ifndef ROOTWARD_PLAN_GLOB_H
#define ROOTWARD_PLAN_GLOB_H

#include "base.h"

/* Longest name or alias that kmod handles, with its NUL (its PATH_MAX buffers). */
#define ALIAS_MAX_SIZE 4096

/* Whether PATTERN matches all of S. Time bounded by |PATTERN| * |S|; no recursion. */
bool glob_match(const char *pattern, const char *s) MUST_CHECK NONNULL(1, 2);

/* Length of PATTERN before its first '*', '?', '[' or '\\'. */
size_t glob_literal_prefix(const char *pattern) NONNULL(1);

/*
 * Fold '-' to '_' outside brackets into OUT (SIZE bytes with the NUL).
 * Length, or -EINVAL (unbalanced bracket, as kmod), or -ENAMETOOLONG.
 */
errint alias_normalize(const char *alias, char *out, size_t size) MUST_CHECK NONNULL(1, 2);

/* Fold '-' to '_' and stop at the first '.'; length or -ENAMETOOLONG. */
errint modname_normalize(const char *name, char *out, size_t size) MUST_CHECK NONNULL(1, 2);

/* Like modname_normalize, from a path: ".../foo-bar.ko.zst" gives "foo_bar". */
errint modname_from_path(const char *path, char *out, size_t size) MUST_CHECK NONNULL(1, 2);

#endif
