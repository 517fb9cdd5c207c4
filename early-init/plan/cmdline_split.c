/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the kernel command line and the values they share, for all who read it. */
#include <string.h>

#include "cmdline.h"

/* The kernel's isspace(): ASCII blanks and Latin-1's no-break space. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

bool cmdline_next(char **cursor, char **key, char **value)
{
	char *word = *cursor, *end, *equals = NULL;
	bool quoted, in_quote;

	while (is_space(*word))
		word++;
	if (!*word)
		return false;
	quoted = in_quote = *word == '"';
	if (quoted)
		word++;
	for (end = word; *end && (in_quote || !is_space(*end)); end++) {
		/* A word that begins with '=' has no name there: the kernel looks on. */
		if (*end == '=' && !equals && end != word)
			equals = end;
		if (*end == '"')
			in_quote = !in_quote;
	}
	*cursor = *end ? end + 1 : end;
	*end = '\0';
	*key = word;
	*value = NULL;
	if (equals) {
		*equals = '\0';
		*value = equals + 1;
		if (**value == '"') {
			++*value;
			quoted = true;
		}
	}
	/* The closing quote counts only as the last character, and only when a quote opened the word or its value. */
	if (quoted && end > word && end[-1] == '"')
		end[-1] = '\0';
	if (!*value && strcmp(*key, "--") == 0) {
		*cursor += strlen(*cursor);
		return false;
	}
	return true;
}

errint parse_bool(const char *s)
{
	static const char *const yes[] = {"1", "yes", "on", "true"};
	static const char *const no[] = {"0", "no", "off", "false"};

	if (!s)
		return 1;
	for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcmp(s, yes[i]) == 0)
			return 1;
	for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
		if (strcmp(s, no[i]) == 0)
			return 0;
	return -EINVAL;
}
