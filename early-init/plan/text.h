/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small numbers and escapes in text, for the parsers of plan/. */
#ifndef ROOTWARD_PLAN_TEXT_H
#define ROOTWARD_PLAN_TEXT_H

#include "base.h"

/*
 * Decimal digits at S up to MAX; *REST (may be NULL: then nothing may follow)
 * is where they end. 0, -EINVAL no digit or something after, -ERANGE above MAX.
 */
errint text_decimal(const char *s, uint64_t max, uint64_t *out, const char **rest) MUST_CHECK NONNULL(1, 3);

/* The byte that "\xNN" at S stands for (1 to 255), or -EINVAL. */
errint text_escaped_byte(const char *s) MUST_CHECK NONNULL(1);

/* Cut the slashes at the end of PATH, but not the first one: "/usr/" is "/usr". */
void text_drop_slashes(char *path) NONNULL(1);

/* Value of a hexadecimal digit, or -EINVAL. */
errint text_hex_digit(char c) MUST_CHECK;

/* isspace(3) of the C locale. */
static inline bool text_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
