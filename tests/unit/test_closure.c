/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../builder/select.h"
#include "fake_kernel.h"

struct fixture {
	struct kernel kernel;
	struct config config;
	struct selection selection;
};

#define DEPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct kernel *k = &f->kernel;

	k->release = "1.0";
	k->moddir = "/nowhere";
	fake_module(k, "crc16", "k/crc16.ko", NULL);
	fake_module(k, "jbd2", "k/jbd2.ko", DEPS("crc16"));
	fake_module(k, "ext4", "k/ext4.ko", DEPS("jbd2", "crc16"));
	fake_module(k, "crc32c_generic", "k/crc32c_generic.ko", NULL);
	fake_module(k, "crc32c_intel", "k/crc32c-intel.ko", NULL);
	fake_module(k, "nls_utf8", "k/nls_utf8.ko", NULL);
	fake_module(k, "weak", "k/weak.ko", NULL);
	fake_module(k, "after", "k/after.ko", NULL);
	fake_module(k, "scsi", NULL, NULL);
	fake_module(k, "disk", "k/disk.ko", DEPS("scsi"));
	fake_alias(k, "crypto-crc32c", "crc32c_generic");
	fake_alias(k, "crypto-crc32c", "crc32c_intel");
	fake_conf(k, CONF_SOFTDEP, "ext4", "pre: crypto-crc32c post: after missing-one");
	fake_conf(k, CONF_WEAKDEP, "jbd2", "weak");
	assert_null(config_read_text(&f->config, "test.conf", "[requests]\next4 = nls_utf8\n"));
	assert_null(select_open(k, &f->config, 1, &f->selection));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	select_close(&f->selection);
	config_free(&f->config);
	fake_kernel_free(&f->kernel);
	free(f);
	return 0;
}

static void want(struct fixture *f, const char *name)
{
	assert_null(select_name(&f->selection, name, "modules", "asked for", true));
}

static void everything_needed_is_added_with_its_reason(void **state)
{
	struct fixture *f = *state;
	static const char *const order[] = {"ext4",  "jbd2",	 "crc32c_generic", "crc32c_intel",
					    "after", "nls_utf8", "crc16",	   "weak"};

	want(f, "ext4");
	assert_null(select_close_over(&f->selection));
	assert_int_equal(f->selection.chosen.count, ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_true(select_find(&f->selection, order[i])->in_image);
	/* crc16 comes in for jbd2, which uses it, though modules.dep lists it for ext4 as well. */
	assert_string_equal(select_find(&f->selection, "crc16")->parent->module->name, "jbd2");
	assert_string_equal(select_find(&f->selection, "crc32c_intel")->reason,
			    "soft dependency of ext4: provides crypto-crc32c (fake.conf:1)");
	assert_string_equal(select_find(&f->selection, "nls_utf8")->reason, "requested by ext4 (test.conf:2)");
	assert_string_equal(select_find(&f->selection, "weak")->reason, "weak dependency of jbd2 (fake.conf:1)");
	struct buf why = {0};
	select_explain(select_find(&f->selection, "crc16"), &why);
	assert_string_equal(why.data, "crc16: needed by jbd2: needed by ext4: asked for");
	buf_free(&why);
}

/* modprobe.d(5) on softdep: the name may be a pattern. */
static void a_line_with_a_pattern_is_for_all_that_match(void **state)
{
	struct fixture *f = *state;

	fake_conf(&f->kernel, CONF_SOFTDEP, "crc3*", "pre: nls_utf8");
	want(f, "crc32c_intel");
	assert_null(select_close_over(&f->selection));
	assert_int_equal(f->selection.chosen.count, 2);
	assert_true(select_find(&f->selection, "nls_utf8")->in_image);
}

static void builtin_dependencies_need_nothing(void **state)
{
	struct fixture *f = *state;

	want(f, "disk");
	assert_null(select_close_over(&f->selection));
	assert_int_equal(f->selection.chosen.count, 1);
}

static void a_needed_module_cannot_be_omitted(void **state)
{
	struct fixture *f = *state;

	assert_null(select_omit(&f->selection, "jbd2", "--omit-module"));
	want(f, "ext4");
	struct err *e = select_close_over(&f->selection);
	assert_non_null(e);
	assert_string_equal(err_message(e), "module jbd2 cannot be left out: it is needed by ext4: asked for");
	err_free(e);
}

static void what_is_only_tried_may_be_omitted(void **state)
{
	struct fixture *f = *state;

	assert_null(select_omit(&f->selection, "crc32c_intel", "--omit-module"));
	want(f, "ext4");
	assert_null(select_close_over(&f->selection));
	assert_false(select_find(&f->selection, "crc32c_intel")->in_image);
	assert_true(select_find(&f->selection, "crc32c_generic")->in_image);
}

static void a_cycle_is_reported_with_its_path(void **state)
{
	struct fixture *f = *state;
	struct kmodule *crc = strmap_get(&f->kernel.by_name, "crc16");

	crc->deps[crc->dep_count++] = strmap_get(&f->kernel.by_name, "ext4");
	want(f, "ext4");
	struct err *e = select_close_over(&f->selection);
	assert_non_null(e);
	assert_int_equal(err_status(e), EXIT_VERIFY);
	assert_non_null(strstr(err_message(e), "dependency cycle: ext4 needs "));
	assert_non_null(strstr(err_message(e), "crc16 needs ext4"));
	assert_non_null(strstr(err_message(e), "depmod -a 1.0"));
	err_free(e);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(everything_needed_is_added_with_its_reason), T(builtin_dependencies_need_nothing),
	    T(a_needed_module_cannot_be_omitted),	   T(what_is_only_tried_may_be_omitted),
	    T(a_cycle_is_reported_with_its_path),	   T(a_line_with_a_pattern_is_for_all_that_match),
	};

	return cmocka_run_group_tests_name("closure", tests, NULL, NULL);
}
