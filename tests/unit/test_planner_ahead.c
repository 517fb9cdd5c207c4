// SPDX-License-Identifier: GPL-2.0-or-later
/* Large modules that begin before what they need is loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_index.h"

static bool fits(const void *small, uint32_t module, uint32_t dependency, bool loading)
{
	(void)module;
	(void)loading;
	return dependency == *(const uint32_t *)small;
}

/* A large module is started beside what it needs; one that came too early waits like any other then. */
static void test_ahead(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2, 3}}, 0, 0, 0},
					       {"jbd2", P, {{0}, {4}}, 0, 0, 0},
					       {"mbcache", P, {{0}}, 0, 0, 0},
					       {"crc32c", P, {{0}}, 0, 0, 0}};
	const uint32_t jbd2 = 1, other = 2;
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, false), 3);
	assert_int_equal(planner_next_urgent(p, false), 2);
	/* jbd2 waits for crc32c: nobody can tell how long. */
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), MODULE_NONE);
	planner_done(p, 3, 0);
	planner_done(p, 2, 0);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits, &other), MODULE_NONE);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), 0);
	assert_int_equal(planner_in_flight(p), 2);
	/* Whatever else goes wrong is its own fault, and jbd2's is never of this kind. */
	assert_false(planner_too_early(p, 0, -EINVAL));
	assert_false(planner_too_early(p, 1, -ENOENT));
	assert_true(planner_too_early(p, 0, -ENOENT));
	assert_int_equal(status(p, 0).state, LOAD_WAITING);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), MODULE_NONE); /* not a second time */
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, false), 0);
	assert_false(planner_too_early(p, 0, -ENOENT));
	planner_done(p, 0, -ENOENT);
	assert_int_equal(status(p, 0).state, LOAD_FAILED);
	assert_true(planner_idle(p));
	planner_free(p);
}

static bool fits_small(const void *small, uint32_t module, uint32_t dependency, bool loading)
{
	(void)module;
	return loading || dependency == *(const uint32_t *)small;
}

/* What is small may still have to begin: then its turn is at once. */
static void test_ahead_of_small(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2, 3}}, 0, 0, 0},
					       {"jbd2", P, {{0}}, 0, 0, 0},
					       {"crc16", P, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:bc01sc08", {4}}};
	const uint32_t jbd2 = 1, crc16 = 2;
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), MODULE_NONE);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &jbd2), MODULE_NONE);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), 0);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), 2);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), MODULE_NONE);
	assert_int_equal(planner_next_urgent(p, false), 3);
	planner_free(p);
}

/* What was started ahead of a dependency that fails has failed by it. */
static void test_ahead_of_failure(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2}}, 0, 0, 0}, {"jbd2", P, {{0}}, 0, 0, 0}};
	const uint32_t jbd2 = 1;
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), 0);
	planner_done(p, 1, -EIO);
	assert_true(planner_too_early(p, 0, -ENOENT));
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 0).cause, 1);
	assert_true(planner_idle(p));
	planner_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ahead),
	    cmocka_unit_test(test_ahead_of_small),
	    cmocka_unit_test(test_ahead_of_failure),
	};

	return cmocka_run_group_tests_name("planner_ahead", tests, NULL, NULL);
}
