/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward.conf(5) and the table of keys say the same. Run from the top of the source tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../builder/config.h"

#define PAGE "docs/rootward.conf.5.scd"
#define PAGE_MAX ((size_t)1024 * 1024)

/* The text below the heading of SECTION, cut out (malloc). */
static char *section_text(const char *page, const char *section)
{
	AUTOFREE char *heading = xasprintf("\n# [%s", section);
	const char *start = strstr(page, heading);

	assert_non_null(start);
	start = strchr(start + 1, '\n');
	const char *end = strstr(start, "\n# ");
	return end ? xasprintf("%.*s", (int)(end - start), start) : xstrdup(start);
}

static char *read_page(void)
{
	char *text = NULL;
	size_t len;
	struct err *e = file_read(PAGE, PAGE_MAX, &text, &len);

	assert_null(e);
	return text;
}

static void every_key_is_described(void **state)
{
	AUTOFREE char *page = read_page();

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		AUTOFREE char *text = section_text(page, k->section);
		AUTOFREE char *line = k->key ? xasprintf("\n*%s* = ", k->key) : xstrdup("\n_MODULE_ = ");
		const char *found = strstr(text, line);
		if (!found)
			fail_msg("%s: [%s] %s is not described", PAGE, k->section, k->key ? k->key : "MODULE");
		/* Each choice in bold on the key's own line. */
		AUTOFREE char *first = xasprintf("%.*s", (int)strcspn(found + 1, "\n"), found + 1);
		for (const char *s = k->type == CONFIG_CHOICE ? k->choices : NULL; s && *s; s += strspn(s, " ")) {
			size_t n = strcspn(s, " ");
			AUTOFREE char *choice = xasprintf("*%.*s*", (int)n, s);
			if (!strstr(first, choice))
				fail_msg("%s: [%s] %s: %s is not named", PAGE, k->section, k->key, choice);
			s += n;
		}
	}
}

static bool is_key(const char *section, const char *key, size_t len)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		if (strcmp(k->section, section) == 0 && k->key && strlen(k->key) == len &&
		    strncmp(k->key, key, len) == 0)
			return true;
	}
	return false;
}

static void nothing_else_is_described(void **state)
{
	AUTOFREE char *page = read_page();

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const char *section = config_keys[i].section;
		AUTOFREE char *text = section_text(page, section);
		for (const char *s = text; (s = strstr(s, "\n*")); s += 2) {
			size_t len = strcspn(s + 2, "*\n");
			if (strncmp(s + 2 + len, "* = ", 4) == 0 && !is_key(section, s + 2, len))
				fail_msg("%s: [%s] %.*s is no key", PAGE, section, (int)len, s + 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_is_described),
	    cmocka_unit_test(nothing_else_is_described),
	};

	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
