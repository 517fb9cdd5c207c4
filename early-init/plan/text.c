/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <string.h>

errint text_decimal(const char *s, uint64_t max, uint64_t *out, const char **rest)
{
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > max || n > (max - digit) / 10)
			return -ERANGE;
		n = n * 10 + digit;
	}
	if (rest)
		*rest = s;
	else if (*s)
		return -EINVAL;
	*out = n;
	return 0;
}

errint text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -EINVAL;
}

errint text_escaped_byte(const char *s)
{
	errint high, low;

	if (s[0] != '\\' || s[1] != 'x')
		return -EINVAL;
	high = text_hex_digit(s[2]);
	low = high < 0 ? high : text_hex_digit(s[3]);
	return low < 0 || (high == 0 && low == 0) ? -EINVAL : high * 16 + low;
}

void text_drop_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
}
