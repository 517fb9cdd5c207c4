// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of a hardware profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/hardware.h"

static void facts(void **state)
{
	char text[] = "rootward-hardware 1\n"
		      "kernel 6.1.0\n"
		      "# a remark\n"
		      "colour blue\n"
		      "\n"
		      "device /devices/a\\x20b pci:v1 nvme extra words\n"
		      "device /devices/c -\n"
		      "stack / /dev/sda1 -\n"
		      "layer / partition sda1 /devices/x";
	char *cursor = text;
	struct hw_line line;
	unsigned no = 0;

	(void)state;
	assert_int_equal(hardware_next(&cursor, &no, &line), 1);
	assert_int_equal(line.fact, HW_KERNEL);
	assert_string_equal(line.word[0], "6.1.0");
	assert_null(line.word[1]);
	assert_int_equal(hardware_next(&cursor, &no, &line), 1);
	assert_int_equal(no, 6);
	assert_string_equal(line.word[0], "/devices/a b");
	assert_string_equal(line.word[1], "pci:v1");
	assert_string_equal(line.word[2], "nvme");
	assert_int_equal(hardware_next(&cursor, &no, &line), 1);
	assert_null(line.word[1]);
	assert_null(line.word[2]);
	assert_int_equal(hardware_next(&cursor, &no, &line), 1);
	assert_int_equal(line.fact, HW_STACK);
	assert_null(line.word[2]);
	assert_int_equal(hardware_next(&cursor, &no, &line), 1);
	assert_int_equal(line.fact, HW_LAYER);
	assert_string_equal(line.word[3], "/devices/x");
	assert_int_equal(hardware_next(&cursor, &no, &line), 0);
	assert_int_equal(hardware_next(&cursor, &no, &line), 0);
}

static errint first_fact(const char *body, unsigned *no)
{
	char text[256], *cursor = text;
	struct hw_line line;

	*no = 0;
	snprintf(text, sizeof(text), "%s\n%s", HW_HEADER, body);
	return hardware_next(&cursor, no, &line);
}

static void short_or_bad_lines(void **state)
{
	static const char *const bad[] = {"kernel\n",	"device /a\n",	    "stack / /dev/x\n", "layer / disk sda\n",
					  "kernel -\n", "kernel a\\x2\n",   "kernel a\\x00b\n", "kernel a\\n\n",
					  "kernel a\\", "device /a \\xzz\n"};
	unsigned no;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(first_fact(bad[i], &no), -EBADMSG);
		assert_int_equal(no, 2);
	}
	assert_int_equal(first_fact("", &no), 0);
	assert_int_equal(first_fact("kernel 1 \r\n", &no), 1);
}

static void other_headers(void **state)
{
	static const char *const others[] = {"", "\n", "rootward-hardware 2\n", "rootward-hardware 10\n", "x", " "};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		char text[64], *cursor = text;
		struct hw_line line;
		unsigned no = 0;

		snprintf(text, sizeof(text), "%s", others[i]);
		assert_int_equal(hardware_next(&cursor, &no, &line), -EPROTONOSUPPORT);
	}
}

static void escape(void **state)
{
	char out[32];

	(void)state;
	assert_int_equal(hardware_escape("a b\\c\n", out, sizeof(out)), 15);
	assert_string_equal(out, "a\\x20b\\x5cc\\x0a");
	assert_int_equal(hardware_escape(NULL, out, sizeof(out)), 1);
	assert_string_equal(out, "-");
	assert_int_equal(hardware_escape("-", out, sizeof(out)), 4);
	assert_string_equal(out, "\\x2d");
	assert_int_equal(hardware_escape("abc", out, 4), 3);
	assert_int_equal(hardware_escape("abc", out, 3), -ENAMETOOLONG);
	assert_int_equal(hardware_escape(" ", out, 4), -ENAMETOOLONG);
	assert_int_equal(hardware_escape("a", out, 0), -ENAMETOOLONG);
}

/* Every byte but NUL survives writing and reading. */
static void round_trip(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char word[] = {(char)c, 'x', (char)c, '\0'}, escaped[32], text[96], *cursor = text;
		struct hw_line line;
		unsigned no = 0;

		assert_true(hardware_escape(word, escaped, sizeof(escaped)) > 0);
		snprintf(text, sizeof(text), "%s\nkernel %s\n", HW_HEADER, escaped);
		assert_int_equal(hardware_next(&cursor, &no, &line), 1);
		assert_string_equal(line.word[0], word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts),  cmocka_unit_test(short_or_bad_lines), cmocka_unit_test(other_headers),
	    cmocka_unit_test(escape), cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests_name("hardware", tests, NULL, NULL);
}
