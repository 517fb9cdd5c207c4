/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Publishing: the target is the old file or the new one, and nothing is left beside it. */
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

#include "../../builder/content_hash.h"
#include "../../builder/install.h"

static char dir[64], target[128];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/rootward-install-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(target, sizeof(target), "%s/image", dir);
	return 0;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void has_text(const char *path, const char *text)
{
	AUTOFREE char *data = NULL;
	size_t n;

	assert_null(file_read(path, 1000, &data, &n));
	assert_string_equal(data, text);
}

/* Files in the directory. */
static int count_files(void)
{
	DIR *d = opendir(dir);
	const struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d)))
		n += strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	closedir(d);
	return n;
}

static struct err *publish(const char *text, bool keep, uint64_t wrong)
{
	struct install in;
	size_t n = strlen(text);
	struct install_options opt = {.size = n, .keep_previous = keep};
	struct err *e = install_begin(target, 100, &in);

	assert_null(e);
	assert_int_equal(write(in.fd, text, n), n);
	content_hash(text, n, opt.hash);
	opt.hash[0] ^= wrong;
	e = install_commit(&in, &opt);
	install_end(&in);
	return e;
}

static int clean(void **state)
{
	DIR *d = opendir(dir);
	const struct dirent *de;

	(void)state;
	while ((de = readdir(d)))
		(void)unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static void test_replace(void **state)
{
	struct stat st;

	(void)state;
	assert_null(publish("new", false, 0));
	has_text(target, "new");
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(target, 0644), 0);
	assert_null(publish("newer", true, 0));
	has_text(target, "newer");
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	AUTOFREE char *old = xasprintf("%s.old", target);
	has_text(old, "new");
	assert_int_equal(count_files(), 2);
}

static void test_damage_keeps_the_old(void **state)
{
	(void)state;
	write_text(target, "old");
	struct err *e = publish("new", true, 1);
	assert_non_null(strstr(err_message(e), "other bytes"));
	err_free(e);
	has_text(target, "old");
	assert_int_equal(count_files(), 1);
}

static void test_leftovers(void **state)
{
	AUTOFREE char *dead = xasprintf("%s/.image.rootward-aaaaaa", dir);
	AUTOFREE char *other = xasprintf("%s/.other.rootward-aaaaaa", dir);

	(void)state;
	write_text(dead, "half");
	write_text(other, "not ours");
	assert_null(publish("new", false, 0));
	assert_false(path_exists(dead));
	assert_true(path_exists(other));
	write_text(dead, "half");
	install_clean(target);
	assert_false(path_exists(dead));
	assert_true(path_exists(other));
	has_text(target, "new");
}

/* A run that was killed between the two renames: image and previous image are one file, of which rename(2) keeps both.
 */
static void test_killed_while_keeping(void **state)
{
	AUTOFREE char *old = xasprintf("%s.old", target);

	(void)state;
	write_text(target, "good");
	assert_int_equal(link(target, old), 0);
	assert_null(publish("new", true, 0));
	has_text(target, "new");
	has_text(old, "good");
	assert_int_equal(count_files(), 2);
}

static void test_refusals(void **state)
{
	struct install in;

	(void)state;
	struct err *e = install_begin("/nonexistent/dir/image", 0, &in);
	assert_non_null(e);
	err_free(e);
	install_end(&in);
	e = install_begin(dir, 0, &in);
	assert_non_null(strstr(err_message(e), "is a directory"));
	err_free(e);
	install_end(&in);
	e = install_begin(target, UINT64_C(1) << 60, &in);
	assert_non_null(strstr(err_message(e), "no space for the image"));
	err_free(e);
	install_end(&in);
	assert_int_equal(count_files(), 0);
}

/* A symlink to the image stays one. */
static void test_symlink(void **state)
{
	AUTOFREE char *real = xasprintf("%s/real", dir);
	struct stat st;

	(void)state;
	write_text(real, "old");
	assert_int_equal(symlink("real", target), 0);
	assert_null(publish("new", false, 0));
	assert_int_equal(lstat(target, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	has_text(real, "new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_replace, setup, clean),
	    cmocka_unit_test_setup_teardown(test_damage_keeps_the_old, setup, clean),
	    cmocka_unit_test_setup_teardown(test_leftovers, setup, clean),
	    cmocka_unit_test_setup_teardown(test_killed_while_keeping, setup, clean),
	    cmocka_unit_test_setup_teardown(test_refusals, setup, clean),
	    cmocka_unit_test_setup_teardown(test_symlink, setup, clean),
	};

	return cmocka_run_group_tests_name("install", tests, NULL, NULL);
}
