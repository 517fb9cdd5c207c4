/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe.d and the module words of a kernel command line from hostile bytes. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/modconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static errint touch(void *arg, const struct modconf_line *line)
{
	struct softdep_cursor cursor = {.at = line->value};
	const char *word;
	size_t len, *sum = arg;

	*sum += strlen(line->key) + (line->value ? strlen(line->value) : 0);
	while (line->kind == CONF_SOFTDEP && softdep_next(&cursor, &word, &len)) {
		if (word < line->value || word + len > line->value + strlen(line->value))
			abort();
		*sum += len;
	}
	return 0;
}

static void bad(void *arg, unsigned line_no, const char *why)
{
	*(size_t *)arg += line_no + strlen(why);
}

/* SIZE bytes of DATA in their own allocation, with a NUL behind. */
static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy(data, size), *line = copy(data, size);
	struct modconf conf;
	size_t sum = 0;

	if (modconf_parse(text, size, touch, bad, &sum) != 0)
		abort();
	if (modconf_from_cmdline(line, &conf) == 0)
		modconf_free(&conf);
	if (modconf_parse_cmdline(line, touch, &sum) != 0)
		abort();
	free(text);
	free(line);
	return 0;
}
