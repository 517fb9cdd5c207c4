/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cpio writer, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "../../builder/cpio.h"

static struct err *gather(void *arg, const void *data, size_t n)
{
	buf_add(arg, data, n);
	return NULL;
}

static void test_bytes(void **state)
{
	CLEANUP(buf_free) struct buf out = {0};
	struct cpio_writer w = {.sink = {gather, &out}, .next_ino = 7, .mtime = 0x12345678};

	(void)state;
	assert_null(cpio_header(&w, &(struct cpio_member){.path = "/etc/x", .mode = S_IFREG | 0644, .size = 3}));
	assert_null(cpio_data(&w, "abc", 3));
	assert_null(cpio_pad(&w, 4));
	static const char want[] = "070701"
				   "00000007000081A400000000000000000000000112345678000000030000000000000000"
				   "00000000000000000000000600000000"
				   "etc/x\0abc";
	assert_int_equal(out.len, 110 + 6 + 3 + 1);
	assert_memory_equal(out.data, want, sizeof(want) - 1);
	assert_int_equal(w.next_ino, 8);
	assert_null(cpio_end(&w));
	assert_int_equal(out.len % 512, 0);
	assert_non_null(memmem(out.data, out.len, "TRAILER!!!", 11));
}

static void test_limits(void **state)
{
	CLEANUP(buf_free) struct buf out = {0};
	struct cpio_writer w = {.sink = {gather, &out}};
	char name[CPIO_PATH_MAX + 10];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	struct err *e = cpio_header(&w, &(struct cpio_member){.path = name});
	assert_non_null(e);
	err_free(e);
	e = cpio_header(&w, &(struct cpio_member){.path = "/big", .size = (uint64_t)UINT32_MAX + 1});
	assert_non_null(e);
	err_free(e);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_limits)};

	return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
