/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a hardware profile, line by line. */
#include "hardware.h"

#include <string.h>

#include "text.h"

static const struct keyword {
	const char *name;
	enum hw_fact fact;
	unsigned needed; /* words that must follow it */
} keywords[] = {
    {"kernel", HW_KERNEL, 1},
    {"device", HW_DEVICE, 2},
    {"stack", HW_STACK, 3},
    {"layer", HW_LAYER, 4},
};

/* Undo \xNN in place. A backslash stands for nothing else, and never for a NUL. */
static errint unescape(char *word)
{
	char *to = word;

	for (const char *from = word; *from;) {
		errint byte;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		byte = text_escaped_byte(from);
		if (byte < 0)
			return -EBADMSG;
		*to++ = (char)byte;
		from += 4;
	}
	*to = '\0';
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Next word of *LINE, NUL-terminated in place; NULL at its end. */
static char *next_word(char **line)
{
	char *word = *line, *end;

	while (is_blank(*word))
		word++;
	if (!*word)
		return NULL;
	end = word;
	while (*end && !is_blank(*end))
		end++;
	*line = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Next line of *CURSOR, NUL-terminated in place; NULL at the end of the text. */
static char *next_line(char **cursor, unsigned *line_no)
{
	char *line = *cursor, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	*cursor = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	++*line_no;
	return line;
}

static errint read_words(char *line, const struct keyword *k, struct hw_line *out)
{
	unsigned n = 0;

	*out = (struct hw_line){.fact = k->fact};
	while (n < HW_WORDS) {
		char *word = next_word(&line);
		errint r;

		if (!word)
			break;
		if (strcmp(word, "-") != 0) {
			r = unescape(word);
			if (r < 0)
				return r;
			out->word[n] = word;
		}
		n++;
	}
	return n < k->needed || !out->word[0] ? -EBADMSG : 1;
}

static bool is_header(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && is_blank(line[len - 1]))
		len--;
	return len == strlen(HW_HEADER) && memcmp(line, HW_HEADER, len) == 0;
}

errint hardware_next(char **cursor, unsigned *line_no, struct hw_line *out)
{
	*out = (struct hw_line){.fact = HW_UNKNOWN};
	if (*line_no == 0) {
		char *first = next_line(cursor, line_no);

		if (!first || !is_header(first))
			return -EPROTONOSUPPORT;
	}
	for (;;) {
		char *line = next_line(cursor, line_no), *key;

		if (!line)
			return 0;
		key = next_word(&line);
		for (unsigned i = 0; key && i < ARRAY_SIZE(keywords); i++)
			if (strcmp(key, keywords[i].name) == 0)
				return read_words(line, &keywords[i], out);
	}
}

errint hardware_escape(const char *word, char *out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	bool dash;

	if (!word || !*word)
		word = "-", dash = false;
	else
		dash = strcmp(word, "-") == 0;
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		bool plain = c > ' ' && c != 0x7f && c != '\\' && !dash;

		if (n + (plain ? 1 : 4) >= size)
			return -ENAMETOOLONG;
		if (plain) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	if (n >= size)
		return -ENAMETOOLONG;
	out[n] = '\0';
	return (errint)n;
}
