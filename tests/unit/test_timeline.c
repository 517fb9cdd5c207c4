// SPDX-License-Identifier: GPL-2.0-or-later
/* boot.json is what other programs read: it is parsed here by another reader. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/boot.h"

static char dir[] = "/tmp/timeline.XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/boot.json", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	timeline_clear();
	unlink(path);
	return rmdir(dir);
}

static const char *text_of(json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

static void test_round_trip(void **state)
{
	struct step_reason why = {.why = "dependency of \"a\\b\"", .parent = "nvme"};
	json_object *root, *steps, *s;

	(void)state;
	timeline_step(STEP_COLDPLUG, "coldplug", NULL, -1, 0, 100, 200);
	timeline_because(STEP_MODULE, "nvme_core", &why, 3, -19, 150, 160);
	timeline_step(STEP_DEVICE, "odd\nname\x01", "ext4", -1, 0, 1, 2);
	assert_int_equal(timeline_write(path, 50, NULL), 0);
	root = json_object_from_file(path);
	assert_non_null(root);
	assert_int_equal(json_object_get_int(json_object_object_get(root, "version")), 1);
	assert_int_equal(json_object_get_int(json_object_object_get(root, "init_start_ns")), 50);
	assert_string_equal(text_of(root, "clock"), "monotonic");
	steps = json_object_object_get(root, "steps");
	assert_int_equal(json_object_array_length(steps), 3);
	s = json_object_array_get_idx(steps, 1);
	assert_string_equal(text_of(s, "kind"), "module");
	assert_string_equal(text_of(s, "why"), "dependency of \"a\\b\"");
	assert_string_equal(text_of(s, "parent"), "nvme");
	assert_int_equal(json_object_get_int(json_object_object_get(s, "error")), -19);
	assert_int_equal(json_object_get_int(json_object_object_get(s, "lane")), 3);
	assert_null(json_object_object_get(s, "detail"));
	s = json_object_array_get_idx(steps, 2);
	assert_string_equal(text_of(s, "name"), "odd\nname\x01");
	assert_string_equal(text_of(s, "detail"), "ext4");
	json_object_put(root);
}

static void test_bounds(void **state)
{
	char name[400];
	json_object *root, *steps;

	(void)state;
	timeline_clear();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (unsigned i = 0; i < 5000; i++)
		timeline_step(STEP_OTHER, name, NULL, -1, 0, i, i);
	assert_int_equal(timeline_write(path, 0, NULL), 0);
	root = json_object_from_file(path);
	steps = json_object_object_get(root, "steps");
	assert_int_equal(
	    (int)json_object_array_length(steps) + json_object_get_int(json_object_object_get(root, "dropped")), 5000);
	assert_true(json_object_array_length(steps) < 5000);
	assert_int_equal(strlen(text_of(json_object_array_get_idx(steps, 0), "name")), 120);
	json_object_put(root);
}

static void test_unwritable(void **state)
{
	(void)state;
	assert_int_equal(timeline_write("/nonexistent/boot.json", 0, NULL), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
