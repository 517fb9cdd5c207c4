// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the modules that could load does so first: what leads to root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_index.h"

static void test_ranks(void **state)
{
	static const struct fake_module m[] = {
	    {"gpu", P, {{0}}, 0, 0, 0},	     {"ahci", P | MODULE_STORAGE, {{3}}, 0, 0, 0},
	    {"libahci", P, {{0}}, 0, 0, 0},  {"sound", P, {{0}}, 0, 0, 0},
	    {"ext4", P, {{0}}, 0, 0, 0},     {"nvme", P | MODULE_STORAGE, {{7}}, 0, 0, 0},
	    {"nvme_core", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {
	    {"pci:gpu", {1}}, {"pci:ahci", {2}}, {"pci:snd", {4}}, {"pci:bc01sc08", {6}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:gpu", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:snd", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(status(p, 5).rank, RANK_DISK);
	assert_int_equal(status(p, 4).rank, RANK_ROOT);
	assert_int_equal(status(p, 2).rank, RANK_STORAGE);
	/* A disk and what has a name before a controller that may have no disk, and that before the rest. */
	expect_order(p, "nvme_core nvme ext4 libahci ahci gpu sound");
	planner_free(p);
}

static void test_urgency_reaches_waiting_dependencies(void **state)
{
	static const struct fake_module m[] = {
	    {"slow", P, {{0}}, 0, 0, 0}, {"lib", P, {{0}}, 0, 0, 0}, {"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"x", {1}}, {"y", {2}}, {"z", {3}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "x", 0), 1);
	assert_int_equal(planner_want_alias(p, "y", 0), 1);
	assert_int_equal(planner_want_alias(p, "z", 0), 1);
	expect_order(p, "lib ahci slow");
	planner_free(p);
}

/* A soft dependency of a dependency, wanted for a controller and then for a disk: the disk is not held up by it. */
static void test_urgency_reaches_all_below(void **state)
{
	static const struct fake_module m[] = {{"sd_mod", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"crc_t10dif", P, {{0}, {3}}, 0, 0, 0},
					       {"crct10dif_generic", P, {{4}}, 0, 0, 0},
					       {"crct10dif_common", P, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{2}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"scsi:t-0x00", {1}}, {"pci:bc01sc08", {5}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "scsi:t-0x00", 0), 1);
	assert_int_equal(status(p, 3).rank, RANK_STORAGE);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(status(p, 2).rank, RANK_DISK);
	assert_int_equal(status(p, 3).rank, RANK_DISK);
	assert_int_equal(planner_next_urgent(p, true), 3);
	planner_free(p);
}

static void test_controllers_wait_for_disks(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"ext4", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}, {"pci:bc01sc08", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	/* No disk: the controller may be the way to root, whatever else is under way. */
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_next_urgent(p, true), 1);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE); /* the file system is still under way */
	planner_done(p, 2, -ENODEV);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	/* The two chains to root share the CPUs: the file system's next load before the disk's second. */
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_free(p);
	/* Nobody waits for ever. */
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 1);
	assert_int_equal(planner_next_urgent(p, false), 0);
	planner_free(p);
}

/* Where there are only controllers the file system waits until they are under way; what it needs does not. */
static void test_names_wait_for_controllers(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"libata", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"ext4", P, {{4}}, 0, 0, 0},
					       {"jbd2", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_false(planner_storage_seen(p));
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_true(planner_storage_seen(p));
	assert_int_equal(planner_next_urgent(p, true), 3);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 3, 0);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), 0);
	assert_int_equal(planner_next_urgent(p, true), 2);
	planner_free(p);
	/* Nor does it wait for a driver that hangs. */
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 3);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 3, 0);
	assert_int_equal(planner_next_urgent(p, false), 2);
	planner_free(p);
}

/* What a controller itself needs, or waits for, does not give way to it. */
static void test_named_and_needed(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"libata", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"uas", P | MODULE_STORAGE, {{0}, {4}}, 0, 0, 0},
					       {"usb_storage", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}, {"usb:uas", {3}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "libata", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "usb_storage", 0), 1);
	assert_int_equal(planner_want_alias(p, "usb:uas", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 3);
	planner_free(p);
}

/* rd.driver.pre: before any device's driver, with what it needs, and it gives way to no controller. */
static void test_first(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"ext4", P, {{0}}, 0, 0, 0},
					       {"vfio_pci", P, {{5}}, 0, 0, 0},
					       {"vfio", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}, {"pci:bc01sc08", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_false(planner_first_pending(p));
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_false(planner_first_pending(p));
	assert_int_equal(planner_next_first(p), MODULE_NONE);
	assert_int_equal(planner_want_first(p, "vfio_pci", 0), 1);
	assert_int_equal(planner_want_first(p, "nobody", 0), -ENOENT);
	assert_int_equal(status(p, 4).rank, RANK_FIRST);
	assert_true(planner_first_pending(p));
	assert_int_equal(planner_next_first(p), 4);
	assert_int_equal(planner_next_first(p), MODULE_NONE);
	planner_done(p, 4, 0);
	assert_int_equal(planner_next_urgent(p, true), 3);
	assert_true(planner_first_pending(p));
	planner_done(p, 3, 0);
	assert_false(planner_first_pending(p));
	assert_int_equal(planner_next_first(p), MODULE_NONE);
	expect_ready(p, "ext4 ahci");
	planner_free(p);
	/* Also before a disk; and where it was asked for already. */
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "vfio_pci", 0), 1);
	assert_int_equal(planner_want_first(p, "vfio_pci", 0), 1);
	expect_order(p, "vfio vfio_pci nvme");
	planner_free(p);
}

/* The driver of disks comes with the bus, unless somebody forbids it or the image has none. */
static void test_disk_drivers(void **state)
{
	static const struct fake_module m[] = {{"scsi_mod", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"sd_mod", P | MODULE_STORAGE, {{1}}, 0, 0, 0},
					       {"mmc_core", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"mmc_block", P | MODULE_STORAGE, {{3}}, 0, 0, true}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	disk_drivers = "usb:uas bad scsi_mod:sd_mod  mmc_core:mmc_block";
	p = new_planner();
	assert_int_equal(planner_want_name(p, "scsi_mod", 7), 1);
	assert_int_equal(planner_want_name(p, "mmc_core", 0), 1);
	expect_ready(p, "scsi_mod mmc_core");
	planner_done(p, 2, 0);
	assert_int_equal(planner_next(p), MODULE_NONE);
	planner_done(p, 0, 0);
	expect_ready(p, "sd_mod");
	assert_int_equal(status(p, 1).why.kind, WANT_DISKS);
	assert_int_equal(status(p, 1).why.parent, 0);
	assert_int_equal(status(p, 1).why.by, 7);
	planner_free(p);
	disk_drivers = NULL;
	p = new_planner();
	assert_int_equal(planner_want_name(p, "scsi_mod", 0), 1);
	expect_order(p, "scsi_mod");
	planner_free(p);
}

/* What a module asks for is loaded before it, and does not stop it; not against the blacklist. */
static void test_load_requests(void **state)
{
	static const struct fake_module m[] = {{"nvme", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"crc64_rocksoft", P, {{0}}, 0, 0, 0},
					       {"crc64_rocksoft_generic", P, {{0}}, 0, 0, 0},
					       {"nls_utf8", P, {{0}}, 0, 0, true}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	load_requests = "crc64_rocksoft:nls_utf8 crc64_rocksoft:crc64_rocksoft_generic";
	p = new_planner();
	assert_int_equal(planner_want_name(p, "nvme", 7), 1);
	expect_ready(p, "crc64_rocksoft_generic");
	assert_int_equal(status(p, 2).why.kind, WANT_REQUEST);
	assert_int_equal(status(p, 2).why.parent, 1);
	assert_int_equal(status(p, 2).rank, RANK_ROOT);
	assert_int_equal(status(p, 3).state, LOAD_UNWANTED);
	planner_done(p, 2, -ENODEV);
	expect_ready(p, "crc64_rocksoft");
	planner_done(p, 1, 0);
	expect_ready(p, "nvme");
	planner_free(p);
	/* Not needed by what is loaded: not loaded. */
	p = new_planner();
	assert_int_equal(planner_want_name(p, "nls_utf8", 0), 1);
	expect_order(p, "nls_utf8");
	planner_free(p);
	/* A pair that the other way round is a dependency would stop both. */
	load_requests = "crc64_rocksoft:nvme crc64_rocksoft:crc64_rocksoft_generic";
	p = new_planner();
	assert_int_equal(planner_want_name(p, "crc64_rocksoft", 0), 1);
	expect_order(p, "crc64_rocksoft_generic crc64_rocksoft");
	planner_free(p);
	load_requests = NULL;
}

static void test_cpu_without_the_feature(void **state)
{
	static const struct fake_module m[] = {{"jbd2", P, {{0}, {2, 3, 4}}, 0, 0, 0},
					       {"crc32c_intel", P | MODULE_CPU, {{0}}, 0, 0, 0},
					       {"crc32c_arm", P | MODULE_CPU, {{0}}, 0, 0, 0},
					       {"crc32c_generic", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"cpu:sse4", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	planner_cpu(p, "cpu:sse4");
	assert_int_equal(planner_want_name(p, "jbd2", 0), 1);
	expect_order(p, "crc32c_intel crc32c_generic jbd2");
	/* By its name it is tried all the same. */
	assert_int_equal(planner_want_name(p, "crc32c_arm", 0), 1);
	expect_order(p, "crc32c_arm");
	planner_free(p);
	/* Of a CPU that nobody knows nothing is assumed. */
	p = new_planner();
	assert_int_equal(planner_want_name(p, "jbd2", 0), 1);
	expect_order(p, "crc32c_intel crc32c_arm crc32c_generic jbd2");
	planner_free(p);
}

static void test_urgent_only(void **state)
{
	static const struct fake_module m[] = {
	    {"gpu", P, {{0}}, 0, 0, 0}, {"ahci", P | MODULE_STORAGE, {{3}}, 0, 0, 0}, {"libahci", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:gpu", {1}}, {"pci:ahci", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:gpu", 0), 1);
	assert_false(planner_urgent(p));
	assert_int_equal(planner_next_urgent(p, false), MODULE_NONE);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_true(planner_urgent(p));
	assert_int_equal(planner_next_urgent(p, false), 2);
	assert_int_equal(planner_next_urgent(p, false), MODULE_NONE);
	assert_true(status(p, 2).urgent);
	planner_done(p, 2, 0);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_true(planner_urgent(p)); /* in flight */
	planner_done(p, 1, 0);
	assert_false(planner_urgent(p));
	assert_false(planner_named_pending(p));
	assert_int_equal(planner_want_name(p, "gpu", 0), 1);
	expect_order(p, "gpu");
	planner_free(p);
}

static void test_named_pending(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{2}}, 0, 0, 0}, {"base", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "top", 0), 1);
	assert_true(planner_named_pending(p));
	expect_ready(p, "base");
	assert_true(planner_named_pending(p));
	planner_done(p, 1, 0);
	expect_ready(p, "top");
	assert_false(planner_named_pending(p)); /* given out */
	planner_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_wait_for_controllers),
	    cmocka_unit_test(test_named_and_needed),
	    cmocka_unit_test(test_disk_drivers),
	    cmocka_unit_test(test_load_requests),
	    cmocka_unit_test(test_cpu_without_the_feature),
	    cmocka_unit_test(test_ranks),
	    cmocka_unit_test(test_urgency_reaches_waiting_dependencies),
	    cmocka_unit_test(test_urgent_only),
	    cmocka_unit_test(test_urgency_reaches_all_below),
	    cmocka_unit_test(test_controllers_wait_for_disks),
	    cmocka_unit_test(test_named_pending),
	    cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests_name("planner_order", tests, NULL, NULL);
}
