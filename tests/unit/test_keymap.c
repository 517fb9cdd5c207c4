/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binary keymaps: only whole ones are taken, and each table is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>

#include "../../early-init/plan/keymap.h"

static unsigned char data[KEYMAP_SIZE_MAX + 1];

/* Tables 0, 1 and 255; their keys are filled with 0xa0, 0xa1, 0xa2. Size of it. */
static size_t make(void)
{
	static const unsigned tables[] = {0, 1, 255};

	memset(data, 0, sizeof(data));
	memcpy(data, "bkeymap", 7);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		data[7 + tables[i]] = 1;
		memset(data + KEYMAP_HEAD + i * 256, (int)(0xa0 + i), 256);
	}
	return KEYMAP_HEAD + ARRAY_SIZE(tables) * 256;
}

static void test_whole(void **state)
{
	(void)state;
	size_t size = make();

	assert_true(keymap_valid(data, size));
	assert_false(keymap_valid(data, size - 1));
	assert_false(keymap_valid(data, size + 1));
	assert_false(keymap_valid(data, KEYMAP_HEAD - 1));
	assert_false(keymap_valid(data, 0));
	data[0] = 'B';
	assert_false(keymap_valid(data, size));
}

static void test_no_table(void **state)
{
	(void)state;
	memset(data, 0, sizeof(data));
	memcpy(data, "bkeymap", 7);
	assert_false(keymap_valid(data, KEYMAP_HEAD));
	/* busybox writes 0 and 1; other numbers are no table. */
	data[7] = 2;
	assert_false(keymap_valid(data, KEYMAP_HEAD + 256));
}

static void test_all_tables(void **state)
{
	(void)state;
	memset(data, 0, sizeof(data));
	memcpy(data, "bkeymap", 7);
	memset(data + 7, 1, KEYMAP_TABLES);
	assert_true(keymap_valid(data, KEYMAP_SIZE_MAX));
	assert_ptr_equal(keymap_table(data, 255) + 256, data + KEYMAP_SIZE_MAX);
}

static void test_tables(void **state)
{
	(void)state;
	(void)make();
	assert_int_equal(keymap_table(data, 0)[0], 0xa0);
	assert_int_equal(keymap_table(data, 1)[255], 0xa1);
	assert_int_equal(keymap_table(data, 255)[255], 0xa2);
	assert_null(keymap_table(data, 2));
	assert_null(keymap_table(data, 256));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_no_table),
	    cmocka_unit_test(test_all_tables),
	    cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
