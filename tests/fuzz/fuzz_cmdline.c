/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any command line: no read outside it, and every string that comes out lies in it. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *s, const char *line, size_t size)
{
	if (s && (s < line || s > line + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_options o;
	char *line, *words, *cursor, *key, *value;

	if (size > CMDLINE_MAX)
		return 0;
	line = calloc(1, size + 1);
	words = calloc(1, size + 1);
	if (!line || !words)
		abort();
	if (size)
		memcpy(line, data, size);
	memcpy(words, line, size + 1);
	cursor = words;
	while (cmdline_next(&cursor, &key, &value)) {
		check_inside(key, words, size);
		check_inside(value, words, size);
		check_inside(cursor, words, size);
		/* A name never has its '=' but as its first character; a blank only stands where quotes were. */
		if (*key && strchr(key + 1, '='))
			abort();
	}
	cmdline_parse(line, &o);
	check_inside(o.root, line, size);
	check_inside(o.first_bad, line, size);
	check_inside(o.rootflags, line, size);
	if ((o.bad_words == 0) != (o.first_bad == NULL))
		abort();
	free(line);
	free(words);
	return 0;
}
