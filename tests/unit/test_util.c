/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "../../builder/util.h"

static void arena_keeps_everything_until_freed(void **state)
{
	(void)state;
	struct arena a = {0};
	char *first = arena_strdup(&a, "first");
	char *large = arena_alloc(&a, 300000);
	char *prev = first;

	memset(large, 'x', 300000);
	for (int i = 0; i < 20000; i++) {
		char *s = arena_printf(&a, "string %d", i);
		assert_int_equal((uintptr_t)s % 16, 0);
		assert_ptr_not_equal(s, prev);
		prev = s;
	}
	assert_string_equal(first, "first");
	assert_string_equal(prev, "string 19999");
	assert_int_equal(large[299999], 'x');
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	arena_free(&a);
	assert_null(a.head);
}

static void buf_grows_and_stays_terminated(void **state)
{
	(void)state;
	struct buf b = {0};

	buf_puts(&b, "");
	assert_string_equal(b.data, "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4 + 3);
	assert_int_equal(b.data[b.len], '\0');
	assert_memory_equal(b.data + b.len - 3, "a\0b", 3);
	buf_free(&b);
	assert_null(b.data);
}

static void strmap_finds_what_was_put(void **state)
{
	(void)state;
	struct strmap m = {0};
	struct arena a = {0};

	assert_null(strmap_get(&m, "x"));
	for (uintptr_t i = 1; i <= 5000; i++)
		assert_null(strmap_put(&m, arena_printf(&a, "key%u", (unsigned)i), (void *)i));
	assert_ptr_equal(strmap_put(&m, "key7", (void *)9), (void *)7);
	assert_int_equal(m.count, 5000);
	for (uintptr_t i = 1; i <= 5000; i++) {
		AUTOFREE char *key = xasprintf("key%u", (unsigned)i);
		assert_ptr_equal(strmap_get(&m, key), (void *)(i == 7 ? 9 : i));
	}
	assert_null(strmap_get(&m, "key5001"));
	strmap_free(&m);
	arena_free(&a);
}

static void nearest_name_means_typing_errors_only(void **state)
{
	(void)state;
	static const char *const names[] = {"build", "check", "explain", "unpack"};

	assert_string_equal(nearest_name("biuld", names, 4), "build");
	assert_string_equal(nearest_name("explian", names, 4), "explain");
	assert_string_equal(nearest_name("chek", names, 4), "check");
	assert_null(nearest_name("frobnicate", names, 4));
	assert_null(nearest_name("", names, 4));
	char word[200];
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(nearest_name(word, names, 4));
}

static void path_join_has_one_slash(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
	    {"", "lib", "/lib"}, {"/", "/lib", "/lib"}, {"/a/", "//b/c", "/a/b/c"}, {"/a", "b", "/a/b"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTOFREE char *got = path_join(cases[i][0], cases[i][1]);
		assert_string_equal(got, cases[i][2]);
	}
}

static void file_read_is_bounded(void **state)
{
	(void)state;
	char path[] = "/tmp/rootward-test-XXXXXX";
	AUTOCLOSE int fd = mkstemp(path);
	AUTOFREE char *data = NULL;
	size_t len;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_null(file_read(path, 10, &data, &len));
	assert_int_equal(len, 10);
	assert_string_equal(data, "0123456789");
	char *none = NULL;
	struct err *e = file_read(path, 9, &none, &len);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "larger than 9 bytes"));
	err_free(e);
	unlink(path);
	e = file_read(path, 9, &none, &len);
	assert_non_null(e);
	err_free(e);
	/* A file of /proc has no size and is read whole all the same. */
	AUTOFREE char *proc = NULL;
	assert_null(file_read("/proc/self/status", 1 << 20, &proc, &len));
	assert_true(len > 100);
}

static void file_map_takes_empty_files(void **state)
{
	(void)state;
	char path[] = "/tmp/rootward-test-XXXXXX";
	AUTOCLOSE int fd = mkstemp(path);
	struct file_map map;

	assert_true(fd >= 0);
	assert_null(file_map(path, &map));
	assert_int_equal(map.size, 0);
	assert_non_null(map.data);
	file_unmap(&map);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_null(file_map(path, &map));
	assert_memory_equal(map.data, "abc", 3);
	file_unmap(&map);
	unlink(path);
	struct err *e = file_map("/tmp", &map);
	assert_non_null(e);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arena_keeps_everything_until_freed),
	    cmocka_unit_test(buf_grows_and_stays_terminated),
	    cmocka_unit_test(strmap_finds_what_was_put),
	    cmocka_unit_test(nearest_name_means_typing_errors_only),
	    cmocka_unit_test(path_join_has_one_slash),
	    cmocka_unit_test(file_read_is_bounded),
	    cmocka_unit_test(file_map_takes_empty_files),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
