/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: parents, merged /usr, conflicts, order, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>

#include "../../builder/manifest.h"

static struct err *add_data(struct manifest *m, const char *path, const char *text, enum entry_segment seg,
			    uint32_t order)
{
	return manifest_add(m,
			    &(struct entry){.path = path,
					    .type = ENTRY_FILE,
					    .mode = 0644,
					    .segment = seg,
					    .owner = "test",
					    .reason = "a\tb",
					    .data = (const unsigned char *)text,
					    .size = strlen(text),
					    .order = order},
			    NULL);
}

static void test_parents_and_merge(void **state)
{
	CLEANUP(manifest_free) struct manifest m = {0};

	(void)state;
	assert_null(add_data(&m, "/lib/modules/x/a.ko", "a", SEG_MODULES, 0));
	assert_non_null(manifest_find(&m, "/usr/lib/modules/x/a.ko"));
	assert_ptr_equal(manifest_find(&m, "/lib/modules/x/a.ko"), manifest_find(&m, "/usr/lib/modules/x/a.ko"));
	const struct entry *dir = manifest_find(&m, "/usr/lib/modules");
	assert_non_null(dir);
	assert_int_equal(dir->type, ENTRY_DIR);
	/* The kernel unpacks the main segment first. */
	assert_int_equal(dir->segment, SEG_MAIN);
}

static void test_conflicts(void **state)
{
	CLEANUP(manifest_free) struct manifest m = {0};
	static const char *const bad[] = {"relative", "/a/../b", "/a//b", "/", "/a/.", "/a\tb"};

	(void)state;
	assert_null(add_data(&m, "/etc/a", "one", SEG_MAIN, 0));
	assert_null(add_data(&m, "/etc/a", "one", SEG_MAIN, 0));
	assert_int_equal(m.entries.count, 2);
	struct err *e = add_data(&m, "/etc/a", "two", SEG_MAIN, 0);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "/etc/a: wanted by test"));
	err_free(e);
	e = add_data(&m, "/etc/a/below", "x", SEG_MAIN, 0);
	assert_non_null(e);
	err_free(e);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		e = add_data(&m, bad[i], "", SEG_MAIN, 0);
		assert_non_null(e);
		err_free(e);
	}
}

static void test_order_and_text(void **state)
{
	CLEANUP(manifest_free) struct manifest m = {0};
	CLEANUP(buf_free) struct buf text = {0};

	(void)state;
	assert_null(add_data(&m, "/z.ko", "", SEG_MODULES, 1));
	assert_null(add_data(&m, "/a.ko", "", SEG_MODULES, 2));
	assert_null(add_data(&m, "/q", "", SEG_MAIN, 9));
	assert_null(add_data(&m, "/ucode", "", SEG_EARLY, 0));
	manifest_sort(&m);
	manifest_write(&m, &text);
	assert_string_equal(text.data,
			    "/ucode\ttest\ta b\t-\n/q\ttest\ta b\t-\n/z.ko\ttest\ta b\t-\n/a.ko\ttest\ta b\t-\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parents_and_merge),
	    cmocka_unit_test(test_conflicts),
	    cmocka_unit_test(test_order_and_text),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
