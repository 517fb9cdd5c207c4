/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printable.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

/* Length of the UTF-8 character at the start of N bytes (RFC 3629), 0 for bytes that are none. */
static size_t character(const char *text, size_t n)
{
	/* By the first byte: length, and the bounds of the second one, which keep out long forms and surrogates. */
	static const struct {
		unsigned char first, last, length, low, high;
	} forms[] = {
	    {0x00, 0x7f, 1, 0, 0},	 {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
	    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
	    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
	};
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0; n && i < ARRAY_SIZE(forms); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].length > n || (forms[i].length > 1 && (p[1] < forms[i].low || p[1] > forms[i].high)))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* ASCII's control characters, and those of ISO 6429 that terminals take in UTF-8, too (U+0080 to U+009F). */
static bool is_control(const char *p, size_t len)
{
	unsigned char c = (unsigned char)p[0];

	return len == 1 ? c < ' ' || c == 127 : c == 0xc2 && (unsigned char)p[1] < 0xa0;
}

static void print(FILE *out, const char *text, size_t len, const char *allowed)
{
	while (len) {
		size_t n = character(text, len);
		bool plain = n && (!is_control(text, n) || (*text && strchr(allowed, *text)));

		n = n ? n : 1;
		if (plain)
			fwrite(text, 1, n, out);
		for (size_t i = 0; !plain && i < n; i++)
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
		text += n;
		len -= n;
	}
}

void print_text_n(FILE *out, const char *text, size_t len)
{
	print(out, text, len, "");
}

void print_text(FILE *out, const char *text)
{
	print(out, text, strlen(text), "");
}

void print_lines(FILE *out, const char *text)
{
	print(out, text, strlen(text), "\n\t");
}

void print_line(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	AUTOFREE char *text = xvasprintf(fmt, ap);
	va_end(ap);
	print(out, text, strlen(text), "\t");
	putc('\n', out);
}

struct json_object *json_text_n(const char *text, size_t len)
{
	CLEANUP(buf_free) struct buf valid = {0};

	buf_puts(&valid, "");
	while (len) {
		size_t n = character(text, len);
		if (n)
			buf_add(&valid, text, n);
		else
			buf_puts(&valid, "\xef\xbf\xbd");
		n = n ? n : 1;
		text += n;
		len -= n;
	}
	return json_object_new_string_len(valid.data, (int)valid.len);
}

struct json_object *json_text(const char *text)
{
	return json_text_n(text, strlen(text));
}
