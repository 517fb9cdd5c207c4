/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any hardware profile: bounded, and every word that was read survives being written and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/hardware.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const char *word)
{
	size_t room = 4 * strlen(word) + 2;
	char *escaped = malloc(room), *text, *cursor;
	struct hw_line line;
	unsigned no = 0;

	if (!escaped || hardware_escape(word, escaped, room) < 0 ||
	    asprintf(&text, "%s\nkernel %s\n", HW_HEADER, escaped) < 0)
		abort();
	cursor = text;
	if (*word && (hardware_next(&cursor, &no, &line) != 1 || strcmp(line.word[0], word) != 0))
		abort();
	free(text);
	free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), *cursor = text;
	struct hw_line line;
	unsigned no = 0, last = 0;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	while (hardware_next(&cursor, &no, &line) > 0) {
		if (no <= last || line.fact == HW_UNKNOWN || !line.word[0] || cursor > text + size)
			abort();
		last = no;
		for (unsigned i = 0; i < HW_WORDS; i++)
			if (line.word[i])
				read_back(line.word[i]);
	}
	free(text);
	return 0;
}
