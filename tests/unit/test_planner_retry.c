// SPDX-License-Identifier: GPL-2.0-or-later
/* The shell was left: what failed is tried again, and what is there is let be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_index.h"

/* Modules that somebody has taken away, one bit each. */
static uint32_t taken_away;

static bool there(const void *arg, uint32_t id)
{
	assert_ptr_equal(arg, &taken_away);
	return !(taken_away >> id & 1);
}

static void retry(struct planner *p)
{
	planner_retry(p, there, &taken_away);
}

static void test_named(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{3, 2}}, 0, 0, 0}, {"mid", P, {{3}}, 0, 0, 0},
					       {"base", P, {{0}}, 0, 0, 0},   {"first", P, {{0}}, 0, 0, 0},
					       {"lone", P, {{6}}, 0, 0, 0},   {"gone", MODULE_ABSENT, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "first", 1), 1);
	assert_int_equal(planner_want_name(p, "top", 2), 1);
	assert_int_equal(planner_want_name(p, "lone", 3), 1);
	expect_ready(p, "first base");
	planner_done(p, 3, -ENODEV);
	planner_done(p, 2, -EIO);
	assert_true(planner_idle(p));
	/* As often as somebody likes: the plan has room for each module once. */
	for (unsigned i = 0; i < 20; i++) {
		retry(p);
		assert_false(planner_idle(p));
		expect_ready(p, "first base");
		planner_done(p, 3, -ENODEV);
		planner_done(p, 2, -EIO);
		assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
		assert_int_equal(status(p, 0).cause, 2);
		assert_int_equal(status(p, 4).state, LOAD_DEP_FAILED);
		assert_true(planner_idle(p));
	}
	retry(p);
	expect_order(p, "first base mid top");
	assert_int_equal(status(p, 0).why.kind, WANT_NAME);
	assert_int_equal(status(p, 0).why.by, 2);
	assert_int_equal(status(p, 0).error, 0);
	assert_int_equal(status(p, 4).cause, 5);
	retry(p);
	expect_order(p, "");
	planner_free(p);
}

/* A device asks once more, when it is seen once more. */
static void test_devices(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"libahci", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:ahci", 7), 1);
	expect_ready(p, "libahci");
	planner_done(p, 1, 0);
	expect_ready(p, "ahci");
	planner_done(p, 0, -EIO);
	retry(p);
	assert_int_equal(status(p, 0).state, LOAD_UNWANTED);
	assert_int_equal(status(p, 1).state, LOAD_LOADED);
	expect_order(p, "");
	assert_int_equal(planner_want_alias(p, "pci:ahci", 7), 1);
	expect_order(p, "ahci");
	taken_away = 3;
	retry(p);
	expect_order(p, "");
	assert_int_equal(planner_want_alias(p, "pci:ahci", 7), 1);
	expect_order(p, "libahci ahci");
	assert_int_equal(status(p, 0).rank, RANK_STORAGE);
	taken_away = 0;
	planner_free(p);
}

/* One that was held, then needed, and has failed, is held again, over and over: there is room for it once. */
static void test_held_again(void **state)
{
	static const struct fake_module m[] = {{"hid", P | MODULE_KEYBOARD, {{0}}, 0, 0, 0},
					       {"top", P, {{1}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"usb:kbd", {1}}, {"pci:top", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(planner_want_alias(p, "usb:kbd", 0), 1);
		assert_int_equal(status(p, 0).state, LOAD_HELD);
		assert_int_equal(planner_want_alias(p, "pci:top", 0), 1);
		expect_ready(p, "hid");
		planner_done(p, 0, -EIO);
		assert_int_equal(status(p, 1).state, LOAD_DEP_FAILED);
		retry(p);
	}
	assert_int_equal(planner_want_alias(p, "usb:kbd", 0), 1);
	planner_release(p, MODULE_KEYBOARD);
	expect_order(p, "hid");
	planner_free(p);
}

/* What has not had its turn needs what was taken away; and what is being loaded is not disturbed. */
static void test_under_way(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{2, 3}}, 0, 0, 0},
					       {"slow", P, {{0}}, 0, 0, 0},
					       {"base", P, {{0}}, 0, 0, 0},
					       {"ready", P, {{3}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "top", 0), 1);
	expect_ready(p, "slow base");
	planner_done(p, 2, 0);
	assert_int_equal(planner_want_name(p, "ready", 0), 1);
	assert_int_equal(status(p, 3).state, LOAD_READY);
	taken_away = 1 << 2;
	retry(p);
	assert_int_equal(status(p, 1).state, LOAD_LOADING);
	assert_int_equal(status(p, 3).state, LOAD_WAITING);
	assert_int_equal(planner_in_flight(p), 1);
	expect_ready(p, "base");
	planner_done(p, 1, 0);
	expect_ready(p, "");
	planner_done(p, 2, 0);
	expect_order(p, "top ready");
	taken_away = 0;
	planner_free(p);
}

/* What comes after a module that is loaded is tried again without it. */
static void test_after_loaded(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{0}, {0}, {2}}, 0, 0, 0},
					       {"after", P, {{0}}, 0, 0, 0},
					       {"byhand", MODULE_CONFIG_ONLY, {{0}}, 0, "true", 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_name(p, "byhand", 0), 1);
	expect_ready(p, "ext4 byhand");
	planner_done(p, 0, 0);
	planner_done(p, 2, 0);
	expect_ready(p, "after");
	planner_done(p, 1, -EIO);
	taken_away = 1 << 2; /* it never was in the kernel under this name */
	retry(p);
	expect_order(p, "after");
	assert_int_equal(status(p, 1).why.kind, WANT_SOFT_DEP);
	taken_away = 0;
	planner_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_named),     cmocka_unit_test(test_devices),	   cmocka_unit_test(test_held_again),
	    cmocka_unit_test(test_under_way), cmocka_unit_test(test_after_loaded),
	};

	return cmocka_run_group_tests_name("planner_retry", tests, NULL, NULL);
}
