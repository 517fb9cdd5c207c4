/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --print-config. */
#include <string.h>

#include "config.h"

static void print_words(FILE *out, const char *key, const struct config_words *list)
{
	for (size_t i = 0; i < list->words.count; i++) {
		bool first = i == 0 || strcmp(list->words.items[i].origin, list->words.items[i - 1].origin) != 0;

		if (first)
			fprintf(out, "%s# %s\n%s%s =", i ? "\n" : "", list->words.items[i].origin, i ? "  " : "", key);
		fprintf(out, " %s", list->words.items[i].text);
	}
	if (list->words.count)
		fputc('\n', out);
}

static void print_section(const struct config *c, FILE *out, const char *kind, const char *name, char *target)
{
	bool requests = strcmp(kind, "requests") == 0;
	AUTOFREE char *section = name && !requests ? xasprintf("%s %s", kind, name) : xstrdup(kind);

	if (!requests)
		fprintf(out, "\n[%s]\n", section);
	for (size_t k = 0; k < config_key_count; k++) {
		const struct config_key *key = &config_keys[k];
		if (strcmp(key->section, kind) != 0)
			continue;
		if (key->type == CONFIG_WORDS) {
			print_words(out, requests ? name : key->key, (void *)(target + key->offset));
			continue;
		}
		const char *text;
		memcpy(&text, target + key->offset, sizeof(text));
		AUTOFREE char *full = xasprintf("%s.%s", section, key->key);
		const char *origin = strmap_get(&c->origins, full);
		if (text)
			fprintf(out, "# %s\n%s = %s\n", origin ? origin : "default", key->key, text);
	}
}

void config_print(const struct config *c, FILE *out)
{
	static const char *const kinds[] = {"image", "hooks", "modules", "feature", "requests"};
	const char *name;
	char *target;

	for (size_t i = 0; i < c->files.count; i++)
		fprintf(out, "# file %s\n", c->files.items[i]);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (strcmp(kinds[k], "requests") == 0)
			fprintf(out, "\n[requests]\n");
		for (size_t i = 0; (target = config_section(c, kinds[k], i, &name)); i++)
			print_section(c, out, kinds[k], name, target);
	}
}
