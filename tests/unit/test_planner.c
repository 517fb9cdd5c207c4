// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan's rules on small invented kernels: what loads, when, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_index.h"

static void test_dependencies_first(void **state)
{
	static const struct fake_module m[] = {
	    {"nvme", P, {{3, 2}}, 0, 0, 0}, {"nvme_core", P, {{3}}, 0, 0, 0}, {"t10_pi", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "nvme", 7), 1);
	expect_ready(p, "t10_pi");
	assert_int_equal(planner_in_flight(p), 1);
	planner_done(p, 2, 0);
	expect_ready(p, "nvme_core");
	planner_done(p, 1, -EEXIST);
	expect_ready(p, "nvme");
	assert_false(planner_idle(p));
	planner_done(p, 0, 0);
	assert_true(planner_idle(p));
	assert_int_equal(status(p, 1).state, LOAD_LOADED);
	assert_int_equal(status(p, 1).why.kind, WANT_HARD_DEP);
	assert_int_equal(status(p, 1).why.parent, 0);
	assert_int_equal(status(p, 0).why.by, 7);
	planner_free(p);
}

static void test_independent_side_by_side(void **state)
{
	static const struct fake_module m[] = {{"a", P, {{0}}, 0, 0, 0}, {"b", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	assert_int_equal(planner_want_name(p, "b", 0), 1);
	expect_ready(p, "a b");
	assert_int_equal(planner_in_flight(p), 2);
	planner_free(p);
}

static void test_failed_dependency(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{3, 2}}, 0, 0, 0},
					       {"mid", P, {{3}}, 0, 0, 0},
					       {"base", P, {{0}}, 0, 0, 0},
					       {"lone", P, {{5}}, 0, 0, 0},
					       {"gone", MODULE_ABSENT, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "top", 0), 1);
	assert_int_equal(planner_want_name(p, "lone", 0), 1);
	expect_ready(p, "base");
	planner_done(p, 2, -ENODEV);
	expect_ready(p, "");
	assert_int_equal(status(p, 2).state, LOAD_FAILED);
	assert_int_equal(status(p, 2).error, -ENODEV);
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 0).cause, 2);
	assert_int_equal(status(p, 1).cause, 2);
	assert_int_equal(status(p, 3).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 4).error, -ENOENT);
	assert_true(planner_idle(p));
	planner_free(p);
}

static void test_soft_dependencies(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{0}, {2, 4}, {3}}, 0, 0, 0},
					       {"crc32c", P, {{0}}, 0, 0, 0},
					       {"after", P, {{0}}, 0, 0, 0},
					       {"absent", MODULE_ABSENT, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	expect_ready(p, "crc32c");
	planner_done(p, 1, -ENODEV); /* tried, failed: no reason not to load ext4 */
	expect_ready(p, "ext4");
	assert_int_equal(status(p, 2).state, LOAD_UNWANTED);
	planner_done(p, 0, 0);
	expect_ready(p, "after");
	assert_int_equal(status(p, 2).why.kind, WANT_SOFT_DEP);
	assert_int_equal(status(p, 3).state, LOAD_UNWANTED);
	planner_free(p);
}

static void test_soft_cycle_ends(void **state)
{
	static const struct fake_module m[] = {
	    {"a", P, {{0}, {2}}, 0, 0, 0}, {"b", P, {{0}, {3}}, 0, 0, 0}, {"c", P, {{0}, {1, 3}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	expect_order(p, "c b a");
	planner_free(p);
}

static void test_soft_cycle_through_hard(void **state)
{
	/* b is wanted first: its soft dependency a needs b itself. */
	static const struct fake_module m[] = {{"a", P, {{2}}, 0, 0, 0}, {"b", P, {{0}, {1}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "b", 0), 1);
	expect_order(p, "b a");
	planner_free(p);
}

static void test_hard_cycle_fails(void **state)
{
	static const struct fake_module m[] = {
	    {"a", P, {{2}}, 0, 0, 0}, {"b", P, {{1}}, 0, 0, 0}, {"c", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	assert_int_equal(planner_want_name(p, "c", 0), 1);
	expect_order(p, "c");
	assert_int_equal(status(p, 1).error, -ELOOP);
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	planner_free(p);
}

static void test_alias_chain(void **state)
{
	static const struct fake_module m[] = {
	    {"first", P, {{0}}, 0, 0, 0}, {"second", P, {{0}}, 0, 0, 0}, {"third", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1, 2, 3, 1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 4), 4);
	expect_ready(p, "first");
	planner_done(p, 0, -ENODEV); /* kmod goes on to the next one too */
	expect_ready(p, "second");
	planner_done(p, 1, 0);
	expect_ready(p, "third");
	assert_string_equal(status(p, 2).why.alias, "pci:x");
	planner_free(p);
}

static void test_chain_onto_own_dependency(void **state)
{
	/* The alias names the module and, after it, what it depends on. */
	static const struct fake_module m[] = {{"user", P, {{2}}, 0, 0, 0}, {"base", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1, 2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 0), 2);
	expect_order(p, "base user");
	planner_free(p);
}

static void test_held_classes(void **state)
{
	static const struct fake_module m[] = {{"hid", P | MODULE_KEYBOARD, {{2}}, 0, 0, 0},
					       {"usb", P, {{0}}, 0, 0, 0},
					       {"net", P | MODULE_NETWORK, {{0}}, 0, 0, 0},
					       {"disk", P | MODULE_STORAGE | MODULE_NETWORK, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"usb:kbd", {1, 2}}, {"pci:nic", {3}}, {"pci:hba", {4}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "usb:kbd", 0), 2);
	assert_int_equal(planner_want_alias(p, "pci:nic", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:hba", 0), 1);
	assert_int_equal(status(p, 0).state, LOAD_HELD);
	assert_int_equal(status(p, 2).state, LOAD_HELD);
	expect_order(p, "disk usb"); /* nothing waits behind what is held; storage is never held */
	planner_release(p, MODULE_KEYBOARD);
	expect_order(p, "hid");
	assert_int_equal(status(p, 2).state, LOAD_HELD);
	assert_int_equal(planner_want_name(p, "net", 0), 1); /* by name nothing is held */
	expect_order(p, "net");
	planner_release(p, MODULE_NETWORK);
	expect_order(p, "");
	planner_free(p);
}

static void test_blacklist(void **state)
{
	static const struct fake_module m[] = {{"bad", P, {{0}}, 0, 0, true}, {"user", P, {{1}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 0), 1);
	expect_ready(p, "");
	assert_int_equal(status(p, 0).state, LOAD_BLACKLISTED);
	assert_true(planner_idle(p));
	assert_int_equal(planner_want_listed(p, "bad", 0), 0); /* by modules-load.d neither */
	expect_ready(p, "");
	assert_int_equal(planner_want_listed(p, "nobody", 0), -ENOENT);
	assert_int_equal(planner_want_name(p, "user", 0), 1); /* as a dependency it is loaded */
	expect_order(p, "bad user");
	planner_free(p);
}

static void test_builtin_and_commands(void **state)
{
	static const struct fake_module m[] = {{"user", P, {{2, 3}}, 0, 0, 0},
					       {"inside", MODULE_BUILTIN, {{0}}, 0, 0, 0},
					       {"byhand", MODULE_CONFIG_ONLY, {{0}}, 0, "true", 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "user", 0), 1);
	expect_order(p, "byhand user");
	assert_int_equal(status(p, 1).state, LOAD_LOADED);
	assert_int_equal(planner_want_name(p, "nobody", 0), -ENOENT);
	planner_free(p);
}

static void test_async_probe(void **state)
{
	static const struct fake_module m[] = {{"plain", P | MODULE_DEVICES, {{0}}, "a=1 b=2", 0, 0},
					       {"never", P | MODULE_NO_ASYNC, {{0}}, 0, 0, 0},
					       {"own", P, {{0}}, "x=1 async_probe=0", 0, 0},
					       {"likely", P, {{0}}, "my_async_probe=1", 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	for (uint32_t i = 0; i < ARRAY_SIZE(m); i++)
		assert_int_equal(planner_want_name(p, m[i].name, 0), 1);
	expect_order(p, "plain never own likely");
	assert_true(status(p, 0).async);
	assert_false(status(p, 1).async);
	assert_false(status(p, 2).async);
	assert_true(status(p, 3).async);
	planner_free(p);
	p = new_planner();
	planner_keep_order(p);
	assert_int_equal(planner_want_name(p, "plain", 0), 1);
	assert_int_equal(planner_want_name(p, "likely", 0), 1);
	expect_order(p, "plain likely");
	assert_false(status(p, 0).async);
	assert_true(status(p, 3).async); /* it has no devices */
	planner_free(p);
}

static void test_strange_ids(void **state)
{
	static const struct fake_module m[] = {{"a", P, {{99, 1}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	planner_done(p, 0, 0);	/* never given out */
	planner_done(p, 42, 0); /* no such module */
	expect_order(p, "a");
	assert_int_equal(status(p, 42).state, LOAD_UNWANTED);
	planner_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dependencies_first),
	    cmocka_unit_test(test_independent_side_by_side),
	    cmocka_unit_test(test_failed_dependency),
	    cmocka_unit_test(test_soft_dependencies),
	    cmocka_unit_test(test_soft_cycle_ends),
	    cmocka_unit_test(test_soft_cycle_through_hard),
	    cmocka_unit_test(test_hard_cycle_fails),
	    cmocka_unit_test(test_alias_chain),
	    cmocka_unit_test(test_chain_onto_own_dependency),
	    cmocka_unit_test(test_held_classes),
	    cmocka_unit_test(test_blacklist),
	    cmocka_unit_test(test_builtin_and_commands),
	    cmocka_unit_test(test_async_probe),
	    cmocka_unit_test(test_strange_ids),
	};

	return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
