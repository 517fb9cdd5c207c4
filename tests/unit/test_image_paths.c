/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of an image end where the kernel puts them, also through links; hostile ones take no time and get nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "../../builder/image.h"

static void member(struct buf *b, unsigned mode, const char *name, const char *text)
{
	size_t size = strlen(text);

	buf_printf(b, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1u, mode, 0u, 0u, 1u, 0u, size,
		   0u, 0u, 0u, 0u, strlen(name) + 1, 0u);
	buf_add(b, name, strlen(name) + 1);
	buf_add(b, "\0\0\0", -b->len % 4);
	buf_add(b, text, size);
	buf_add(b, "\0\0\0", -b->len % 4);
}

static void parse_members(struct buf *b, struct image *img)
{
	member(b, 0, "TRAILER!!!", "");
	assert_null(image_parse(b->data, b->len, img));
}

/* The path that entry N got. */
#define PATH_IS(n, wanted) assert_string_equal(img.entries.items[n].path, wanted)

static void paths_through_links(void **state)
{
	CLEANUP(buf_free) struct buf b = {0};
	CLEANUP(image_close) struct image img = {0};

	(void)state;
	member(&b, S_IFDIR | 0755, "usr", "");
	member(&b, S_IFDIR | 0755, "usr/bin", "");
	member(&b, S_IFLNK | 0777, "bin", "usr/bin");
	member(&b, S_IFLNK | 0777, "up", "../../bin/../bin");
	member(&b, S_IFREG | 0644, "bin/one", "1");
	member(&b, S_IFREG | 0644, "up/two", "2");
	/* Once it is a directory, it is no link any more. */
	member(&b, S_IFDIR | 0755, "bin", "");
	member(&b, S_IFREG | 0644, "bin/three", "3");
	/* What is not empty stays. */
	member(&b, S_IFLNK | 0777, "usr/bin", "/up");
	member(&b, S_IFREG | 0644, "usr/bin/four", "4");
	parse_members(&b, &img);
	PATH_IS(4, "/usr/bin/one");
	PATH_IS(5, "/usr/bin/two");
	PATH_IS(7, "/bin/three");
	PATH_IS(9, "/usr/bin/four");
	assert_int_equal(image_find(&img, "/usr/bin")->mode, S_IFDIR | 0755);
	assert_non_null(image_find(&img, "/usr/bin/one"));
	assert_null(image_find(&img, "/bin/one"));
}

static void paths_that_lead_nowhere(void **state)
{
	CLEANUP(buf_free) struct buf b = {0};
	CLEANUP(image_close) struct image img = {0};

	(void)state;
	member(&b, S_IFLNK | 0777, "loop", "loop/loop");
	member(&b, S_IFLNK | 0777, "out", "../../etc");
	member(&b, S_IFLNK | 0777, "none", "");
	member(&b, S_IFREG | 0644, "file", "");
	member(&b, S_IFREG | 0644, "loop/a", "");
	member(&b, S_IFREG | 0644, "out/a", "");
	member(&b, S_IFREG | 0644, "none/a", "");
	member(&b, S_IFREG | 0644, "file/a", "");
	member(&b, S_IFREG | 0644, "out/../a", "");
	member(&b, S_IFDIR | 0755, "etc", "");
	member(&b, S_IFREG | 0644, "out/b", "");
	parse_members(&b, &img);
	PATH_IS(4, "/loop/a");
	PATH_IS(5, "/out/a");
	PATH_IS(6, "/none/a");
	PATH_IS(7, "/file/a");
	PATH_IS(8, "/out/../a");
	PATH_IS(10, "/etc/b");
}

/* Each of many paths leads through as many links as may be, each with a long way: an end comes all the same. */
static void paths_of_a_hostile_image(void **state)
{
	CLEANUP(buf_free) struct buf b = {0};
	CLEANUP(buf_free) struct buf way = {0};
	CLEANUP(image_close) struct image img = {0};
	char name[32];

	(void)state;
	member(&b, S_IFDIR | 0755, "d", "");
	for (unsigned i = 0; i < 800; i++)
		buf_puts(&way, "d/../");
	for (unsigned i = 0; i < 39; i++) {
		AUTOFREE char *target = xasprintf("%sl%u", way.data, i + 1);
		snprintf(name, sizeof(name), "l%u", i);
		member(&b, S_IFLNK | 0777, name, target);
	}
	member(&b, S_IFLNK | 0777, "l39", "d");
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "l0/%u", i);
		member(&b, S_IFREG | 0644, name, "");
	}
	parse_members(&b, &img);
	PATH_IS(41, "/d/0");
	assert_int_equal(img.entries.count, 100041);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_through_links),
	    cmocka_unit_test(paths_that_lead_nowhere),
	    cmocka_unit_test(paths_of_a_hostile_image),
	};

	return cmocka_run_group_tests_name("image_paths", tests, NULL, NULL);
}
