/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others wrote (names in an image, lines of a file), for people and
 * for programs: nothing in it moves a cursor, forges a line or is no JSON.
 */
#ifndef ROOTWARD_PRINTABLE_H
#define ROOTWARD_PRINTABLE_H

#include "util.h"

/* LEN bytes of TEXT on OUT; control characters, and bytes that are no UTF-8, as \xNN. */
void print_text_n(FILE *out, const char *text, size_t len) NONNULL(1, 2);
void print_text(FILE *out, const char *text) NONNULL(1, 2);
/* The same for whole messages, which may have lines and tabs. */
void print_lines(FILE *out, const char *text) NONNULL(1, 2);
/* One line and its end, as printf(3) makes it; the line may have tabs. */
void print_line(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL(1, 2);

struct json_object;
/* A JSON string of LEN bytes of TEXT; what is no UTF-8 becomes U+FFFD. */
struct json_object *json_text_n(const char *text, size_t len) MUST_CHECK NONNULL(1);
struct json_object *json_text(const char *text) MUST_CHECK NONNULL(1);

#endif
