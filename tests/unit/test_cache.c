// SPDX-License-Identifier: GPL-2.0-or-later
/* The cache: what is kept, what is never trusted, and what is thrown away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/cache.h"

static char dir[64];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/rootward-cache-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

/* Calls FN with every file in the store; number of them. */
static int each_file(void (*fn)(const char *path))
{
	DIR *d = opendir(dir);
	const struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d))) {
		AUTOFREE char *path = path_join(dir, de->d_name);

		if (de->d_name[0] == '.')
			continue;
		n++;
		if (fn)
			fn(path);
	}
	closedir(d);
	return n;
}

static void remove_file(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static int teardown(void **state)
{
	(void)state;
	each_file(remove_file);
	return rmdir(dir);
}

static struct cache *open_store(uint64_t max)
{
	struct cache *c;

	assert_null(cache_open(dir, max, &c));
	assert_non_null(c);
	return c;
}

static bool has(struct cache *c, const char *content, const char *want)
{
	struct cache_key key = cache_key("test", content, strlen(content));
	const unsigned char *data;
	size_t size;

	if (!cache_get(c, &key, &data, &size))
		return false;
	assert_int_equal(size, strlen(want));
	assert_memory_equal(data, want, size);
	return true;
}

static void put(struct cache *c, const char *content, const char *data)
{
	struct cache_key key = cache_key("test", content, strlen(content));

	cache_put(c, &key, data, strlen(data));
}

static void keep_one(const char *content, const char *data, uint64_t max)
{
	struct cache *c = open_store(max);

	put(c, content, data);
	cache_commit(c);
	cache_close(c);
}

static void test_round_trip(void **state)
{
	unsigned hits, misses;
	struct cache *c;

	(void)state;
	keep_one("content", "result", CACHE_MAX_BYTES);
	c = open_store(CACHE_MAX_BYTES);
	assert_true(has(c, "content", "result"));
	assert_false(has(c, "other", ""));
	cache_stats(c, &hits, &misses);
	assert_int_equal(hits, 1);
	assert_int_equal(misses, 1);
	cache_close(c);
}

static void test_purposes_apart(void **state)
{
	struct cache_key a = cache_key("zstd:1", "x", 1), b = cache_key("zstd:3", "x", 1);

	(void)state;
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void flip_last_byte(const char *path)
{
	AUTOCLOSE int fd = open(path, O_RDWR);
	struct stat st;
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	/* The data "eightbyt" fills its padding exactly, so this is a byte of it. */
	assert_int_equal(pread(fd, &byte, 1, st.st_size - 1), 1);
	byte = (char)(byte ^ 1);
	assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);
}

static void cut(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 3), 0);
}

static void test_damaged_data_is_a_miss(void **state)
{
	struct cache *c;

	(void)state;
	keep_one("content", "eightbyt", CACHE_MAX_BYTES);
	each_file(flip_last_byte);
	c = open_store(CACHE_MAX_BYTES);
	assert_false(has(c, "content", "eightbyt"));
	cache_close(c);
}

static void test_cut_segment_is_removed(void **state)
{
	struct cache *c;

	(void)state;
	keep_one("content", "eightbyt", CACHE_MAX_BYTES);
	each_file(cut);
	c = open_store(CACHE_MAX_BYTES);
	assert_false(has(c, "content", "eightbyt"));
	cache_close(c);
	assert_int_equal(each_file(NULL), 0);
}

static void test_oldest_goes_first(void **state)
{
	char big[3001];
	struct cache *c;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 4; i++) {
		char name[2] = {(char)('a' + i), '\0'};

		c = open_store(10000);
		put(c, name, big);
		cache_commit(c);
		cache_close(c);
		usleep(20000); /* for distinct time stamps */
	}
	c = open_store(10000);
	assert_false(has(c, "a", big));
	assert_true(has(c, "d", big));
	cache_close(c);
}

static void test_unsafe_directory_is_refused(void **state)
{
	struct cache *c;
	struct err *e;

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	e = cache_open(dir, CACHE_MAX_BYTES, &c);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "--cache none"));
	err_free(e);
	assert_null(c);
}

/* Whether the store is opened through LINK, which leads to TARGET; what refuses it calls it a link. */
static bool opens_through(const char *link, const char *target)
{
	struct cache *c;

	assert_int_equal(symlink(target, link), 0);
	struct err *e = cache_open(link, CACHE_MAX_BYTES, &c);
	bool opened = !e;
	assert_int_equal(unlink(link), 0);
	if (e)
		assert_non_null(strstr(err_message(e), "is a symbolic link"));
	err_free(e);
	cache_close(c);
	return opened;
}

static void test_link_is_followed_where_only_we_can_make_it(void **state)
{
	AUTOFREE char *link = path_join(dir, "link"), *second = path_join(dir, "second"), *far = path_join(dir, "far");

	(void)state;
	/* What it leads to is made. */
	assert_true(opens_through(link, far));
	assert_true(opens_through(link, "far"));
	assert_int_equal(symlink("far", second), 0);
	assert_true(opens_through(link, "second"));
	/* In a circle, and where others could put another one in its place. */
	assert_false(opens_through(link, "link"));
	assert_int_equal(chmod(dir, 0777), 0);
	assert_false(opens_through(link, far));
	assert_int_equal(chmod(dir, 01777), 0);
	assert_true(opens_through(link, far));
	assert_int_equal(unlink(second), 0);
	assert_int_equal(rmdir(far), 0);
}

static void test_none(void **state)
{
	struct cache *c;

	(void)state;
	assert_null(cache_open("none", CACHE_MAX_BYTES, &c));
	assert_null(c);
	assert_false(has(c, "content", ""));
	put(c, "content", "x");
	cache_commit(c);
	cache_close(c);
}

/* A user's first build: there is not even a ~/.cache. */
static void test_missing_parent(void **state)
{
	AUTOFREE char *parent = path_join(dir, ".cache");
	AUTOFREE char *made = path_join(parent, "rootward");
	bool root = geteuid() == 0;
	struct cache *c;
	struct stat st;

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(setenv("HOME", dir, 1), 0);
	assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
	assert_int_equal(root ? seteuid(65534) : 0, 0);
	struct err *e = cache_open(NULL, 1 << 20, &c);
	assert_int_equal(root ? seteuid(0) : 0, 0);
	assert_null(e);
	assert_non_null(c);
	cache_close(c);
	assert_int_equal(stat(parent, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(rmdir(made), 0);
	assert_int_equal(rmdir(parent), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
	    cmocka_unit_test(test_purposes_apart),
	    cmocka_unit_test_setup_teardown(test_damaged_data_is_a_miss, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cut_segment_is_removed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_oldest_goes_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unsafe_directory_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link_is_followed_where_only_we_can_make_it, setup, teardown),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test_setup_teardown(test_missing_parent, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
