/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/config.h"

static void lists_grow_and_empty_assignment_empties(void **state)
{
	(void)state;
	struct config c = {0};

	assert_null(config_read_text(&c, "a.conf", "[modules ata]\npaths = x/* y/*\n  z/*\nclass = storage\n"));
	assert_null(config_read_text(&c, "b.conf", "[modules ata]\npaths = w/*\n[modules nvme]\nnames = nvme\n"));
	assert_int_equal(c.groups.count, 2);
	const struct module_group *ata = c.groups.items[0];
	assert_int_equal(ata->paths.words.count, 4);
	assert_string_equal(ata->paths.words.items[2].text, "z/*");
	assert_string_equal(ata->paths.words.items[2].origin, "a.conf:3");
	assert_string_equal(ata->paths.words.items[3].origin, "b.conf:2");
	assert_string_equal(ata->class, "storage");
	assert_null(config_read_text(&c, "c.conf", "[modules ata]\npaths =\npaths = only\n"));
	assert_int_equal(ata->paths.words.count, 1);
	assert_string_equal(ata->paths.words.items[0].text, "only");
	config_free(&c);
}

static void the_last_single_value_wins(void **state)
{
	(void)state;
	struct config c = {0};

	assert_null(config_read_text(&c, "a.conf", "[image]\nmode = generic\n"));
	assert_null(config_read_text(&c, "b.conf", "# why not\n\n[image]\nmode = host ; comment\n"));
	assert_string_equal(c.image.mode, "host");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	config_print(&c, f);
	fclose(f);
	assert_non_null(strstr(text, "# b.conf:4\nmode = host\n"));
	free(text);
	config_free(&c);
}

static void faults_name_place_and_remedy(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"[image]\nmodes = host\n", "x.conf:2: unknown key 'modes' in [image]: did you mean 'mode'?"},
	    {"[image]\nfrobnicate = 1\n", "x.conf:2: unknown key 'frobnicate' in [image]"},
	    {"[modlues a]\nnames = b\n", "x.conf:2: unknown section [modlues]: did you mean [modules]?"},
	    {"[modules]\nnames = b\n", "x.conf:2: [modules]: needs a name"},
	    {"[image x]\nmode = host\n", "x.conf:2: [image x]: this section has no name"},
	    {"[image]\nmode = fast\n", "x.conf:2: mode = fast: must be one of: generic host"},
	    {"[image]\nemergency-shell = maybe\n", "must be one of: yes no"},
	    {"[image]\ntimeout = 1m\n", "x.conf:2: timeout = 1m: must be a number between these: 0 4294967"},
	    {"[image]\nhook-timeout = 0\n", "between these: 1 3600"},
	    {"[image]\nhook-timeout = 3601\n", "between these: 1 3600"},
	    {"[image]\nmode host\n", "x.conf:2: neither [section] nor key = value"},
	    {"mode = host\n", "x.conf:1: unknown section []"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config c = {0};
		struct err *e = config_read_text(&c, "x.conf", cases[i].text);
		assert_non_null(e);
		if (!strstr(err_message(e), cases[i].message))
			fail_msg("got '%s', wanted '%s'", err_message(e), cases[i].message);
		assert_int_equal(err_status(e), EXIT_USAGE);
		err_free(e);
		config_free(&c);
	}
}

static void a_long_line_is_no_two_lines(void **state)
{
	(void)state;
	struct config c = {0};
	struct buf text = {0};

	buf_puts(&text, "[modules a]\nnames =");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, " name%d", i);
	buf_puts(&text, "\n");
	struct err *e = config_read_text(&c, "x.conf", text.data);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "x.conf:2: line longer than"));
	err_free(e);
	buf_free(&text);
	config_free(&c);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	AUTOFREE char *path = path_join(dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void later_places_replace_and_mask(void **state)
{
	(void)state;
	char root[] = "/tmp/rootward-test-XXXXXX";
	struct config c = {0};

	assert_non_null(mkdtemp(root));
	static const char *const dirs[] = {"data",	   "data/conf.d",	  "etc",
					   "etc/rootward", "etc/rootward/conf.d", "run",
					   "run/rootward", "run/rootward/conf.d"};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTOFREE char *dir = path_join(root, dirs[i]);
		assert_int_equal(mkdir(dir, 0755), 0);
	}
	AUTOFREE char *data = path_join(root, "data"), *shipped = path_join(root, "data/conf.d");
	AUTOFREE char *etc = path_join(root, "etc/rootward/conf.d"), *run = path_join(root, "run/rootward/conf.d");
	put_file(shipped, "a.conf", "[modules a]\nnames = shipped\n");
	put_file(shipped, "b.conf", "[modules b]\nnames = shipped\n");
	put_file(shipped, "c.conf", "[modules c]\nnames = shipped\n");
	put_file(shipped, "README", "no configuration\n");
	put_file(etc, "a.conf", "[modules a]\nnames = etc\n");
	put_file(run, "a.conf", "[modules a]\nnames = run\n");
	AUTOFREE char *mask = path_join(etc, "b.conf");
	assert_int_equal(symlink("/dev/null", mask), 0);
	setenv("ROOTWARD_DATADIR", data, 1);
	struct err *e = config_read(root, NULL, &c);
	if (e)
		fail_msg("%s", err_message(e));
	assert_int_equal(c.groups.count, 2);
	assert_string_equal(c.groups.items[0]->name, "a");
	assert_int_equal(c.groups.items[0]->names.words.count, 1);
	assert_string_equal(c.groups.items[0]->names.words.items[0].text, "run");
	assert_string_equal(c.groups.items[1]->name, "c");
	assert_int_equal(c.files.count, 2);
	config_free(&c);
	AUTOFREE char *cleanup = xasprintf("rm -r %s", root);
	assert_int_equal(system(cleanup), 0);
}

/* What we ship must parse, and every group must say what it is. */
static void shipped_configuration_is_sound(void **state)
{
	(void)state;
	struct config c = {0};

	if (!path_exists("conf.d"))
		skip();
	struct err *e = config_read("", "conf.d", &c);
	if (e)
		fail_msg("%s", err_message(e));
	assert_true(c.groups.count > 10);
	for (size_t i = 0; i < c.groups.count; i++) {
		assert_non_null(c.groups.items[i]->description);
		assert_non_null(c.groups.items[i]->class);
	}
	for (size_t i = 0; i < c.features.count; i++)
		assert_non_null(c.features.items[i]->description);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_grow_and_empty_assignment_empties),
	    cmocka_unit_test(the_last_single_value_wins),
	    cmocka_unit_test(faults_name_place_and_remedy),
	    cmocka_unit_test(a_long_line_is_no_two_lines),
	    cmocka_unit_test(later_places_replace_and_mask),
	    cmocka_unit_test(shipped_configuration_is_sound),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
