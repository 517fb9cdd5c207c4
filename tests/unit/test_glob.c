/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns against fnmatch(3), which is what kmod calls, and names against kmod's rules for folding. */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After what it needs. */
#include <cmocka.h>

#include "../../early-init/plan/glob.h"

static void same_as_fnmatch(const char *pattern, const char *s)
{
	bool expected = fnmatch(pattern, s, 0) == 0;

	if (glob_match(pattern, s) != expected)
		fail_msg("pattern '%s', string '%s': fnmatch says %s", pattern, s, expected ? "yes" : "no");
}

static void test_known_patterns(void **state)
{
	static const char *const patterns[] = {
	    "",
	    "*",
	    "**",
	    "?",
	    "a",
	    "a*",
	    "*a",
	    "a*b*c",
	    "[abc]",
	    "[!abc]",
	    "[^abc]",
	    "[a-c]x",
	    "[]]",
	    "[]a]",
	    "[!]]",
	    "[a-]",
	    "[-a]",
	    "[[]",
	    "[\\]]",
	    "\\*",
	    "\\a",
	    "a\\",
	    "[[:digit:]]*",
	    "[[:alpha:]_]?",
	    "[![:space:]]",
	    "[[:nosuch:]]",
	    "[c-a]",
	    "[a",
	    "a[",
	    "[",
	    "[!",
	    "pci:v0000*d*sv*",
	    "usb:v*p*d*dc*ic0[36]isc*",
	    "[0-9A-F][0-9A-F]",
	    "[a\\-c]",
	    "*[ab]*",
	    "?*",
	    "*?",
	    ".*",
	    "/*",
	    "a?b",
	    "[/]",
	    "é",
	    "[é]",
	};
	static const char *const strings[] = {
	    "",
	    "a",
	    "b",
	    "c",
	    "-",
	    "]",
	    "[",
	    "!",
	    "^",
	    "\\",
	    "*",
	    "ab",
	    "abc",
	    "ax",
	    "bx",
	    "a_c",
	    "aXbYc",
	    "0",
	    "9x",
	    "7",
	    "A_",
	    " ",
	    "pci:v00001d2svx",
	    "usb:v1p2d3dc4ic03isc5",
	    "AF",
	    "af",
	    ".",
	    ".x",
	    "/",
	    "/x",
	    "[a",
	    "a[",
	    "a\\",
	    "é",
	    "\xff",
	    "[:nosuch:]",
	    "n",
	    "[[:nosuch:]]",
	};

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(patterns); p++)
		for (size_t s = 0; s < ARRAY_SIZE(strings); s++)
			same_as_fnmatch(patterns[p], strings[s]);
}

/* Brackets that kmod lets through are closed; what fnmatch makes of open ones is not asked here. */
static bool balanced(const char *pattern)
{
	char out[64];

	return alias_normalize(pattern, out, sizeof(out)) >= 0;
}

static void test_random_patterns(void **state)
{
	static const char letters[] = "aabbc*?[]!-\\";
	unsigned tried = 0;

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 300000; round++) {
		char pattern[10], s[6];
		size_t p = (size_t)rand() % sizeof(pattern), n = (size_t)rand() % sizeof(s);
		for (size_t i = 0; i < p; i++)
			pattern[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		pattern[p] = '\0';
		for (size_t i = 0; i < n; i++)
			s[i] = "abc-]"[rand() % 5];
		s[n] = '\0';
		if (!balanced(pattern))
			continue;
		same_as_fnmatch(pattern, s);
		tried++;
	}
	assert_true(tried > 50000);
}

/* Many stars on a string that nearly matches: quadratic, not exponential. */
static void test_hard_pattern_ends(void **state)
{
	char pattern[201], s[1001];

	(void)state;
	for (size_t i = 0; i < 200; i += 2) {
		pattern[i] = 'a';
		pattern[i + 1] = '*';
	}
	pattern[199] = 'b';
	pattern[200] = '\0';
	memset(s, 'a', 1000);
	s[1000] = '\0';
	assert_false(glob_match(pattern, s));
}

static void test_literal_prefix(void **state)
{
	(void)state;
	assert_int_equal(glob_literal_prefix("plain"), 5);
	assert_int_equal(glob_literal_prefix("pci:v*"), 5);
	assert_int_equal(glob_literal_prefix("a?"), 1);
	assert_int_equal(glob_literal_prefix("[a]"), 0);
	assert_int_equal(glob_literal_prefix("ab\\*"), 2);
}

static void test_alias_normalize(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(alias_normalize("a-b_c", out, sizeof(out)), 5);
	assert_string_equal(out, "a_b_c");
	assert_int_equal(alias_normalize("x-[0-9]-y", out, sizeof(out)), 9);
	assert_string_equal(out, "x_[0-9]_y");
	assert_int_equal(alias_normalize("a.b-c", out, sizeof(out)), 5);
	assert_string_equal(out, "a.b_c");
	assert_int_equal(alias_normalize("a]", out, sizeof(out)), -EINVAL);
	assert_int_equal(alias_normalize("a[b", out, sizeof(out)), -EINVAL);
	assert_int_equal(alias_normalize("0123456789abcdef", out, sizeof(out)), -ENAMETOOLONG);
	assert_int_equal(alias_normalize("0123456789abcde", out, sizeof(out)), 15);
	assert_int_equal(alias_normalize("", out, sizeof(out)), 0);
	assert_string_equal(out, "");
}

static void test_modnames(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(modname_normalize("snd-hda.ko", out, sizeof(out)), 7);
	assert_string_equal(out, "snd_hda");
	assert_int_equal(modname_from_path("kernel/a-b.d/foo-bar.ko.zst", out, sizeof(out)), 7);
	assert_string_equal(out, "foo_bar");
	assert_int_equal(modname_from_path("plain", out, sizeof(out)), 5);
	assert_int_equal(modname_normalize("0123456789abcdef", out, sizeof(out)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_patterns),    cmocka_unit_test(test_random_patterns),
	    cmocka_unit_test(test_hard_pattern_ends), cmocka_unit_test(test_literal_prefix),
	    cmocka_unit_test(test_alias_normalize),   cmocka_unit_test(test_modnames),
	};

	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
