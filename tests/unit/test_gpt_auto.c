/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which partition is root when nothing says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/root.h"
#include "fake_disks.h"

/* Discoverable Partitions Specification, written out here once more on purpose. */
#if defined(__x86_64__)
#define ROOT_TYPE "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#elif defined(__aarch64__)
#define ROOT_TYPE "b921b045-1df0-41c3-af44-4c6f280d3fae"
#else
#error "the root type of this architecture"
#endif
#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define ESP_UUID "e0e0e0e0-0000-4000-8000-000000000001"

static int setup(void **state)
{
	struct fake *f;

	fake_setup(state);
	f = *state;
	f->b.root = calloc(1, sizeof(*f->b.root));
	assert_non_null(f->b.root);
	/* No test asks this machine's firmware. */
	f->b.root->efi_read = true;
	return 0;
}

/* The disks have been what they are for a long time. */
static errint find_root(struct fake *f, const struct block_dev **out)
{
	f->b.root->quiet_generation = f->b.blocks->generation;
	f->b.root->quiet_ns = 0;
	*out = NULL;
	return gpt_auto_find(&f->b, GPT_ROOT, &f->b.root->root, out);
}

static void check_found(struct fake *f, const char *name)
{
	const struct block_dev *dev;

	assert_int_equal(find_root(f, &dev), 0);
	assert_string_equal(dev->facts.devname, name);
}

static void test_only_disk(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M\\n", 1);
	fake_disk(f, "vdb", 8, "label: gpt\\nsize=1M\\nsize=1M, type=" ROOT_TYPE "\\nsize=1M, type=" ROOT_TYPE "\\n",
		  3);
	check_found(f, "vdb2");
}

static void test_flags(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8,
		  "label: gpt\\nsize=1M, type=" ROOT_TYPE ", attrs=GUID:63\\nsize=1M, type=" ROOT_TYPE
		  ", attrs=GUID:60\\n",
		  2);
	assert_int_equal(find_root(f, &dev), 0);
	assert_string_equal(dev->facts.devname, "vda2");
	assert_true(gpt_partition_read_only(dev));
}

static void test_ambiguous(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\n", 1);
	fake_disk(f, "vdb", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\n", 1);
	assert_int_equal(find_root(f, &dev), -ENOTUNIQ);
	assert_non_null(strstr(f->b.root->why, "(vda, vdb)"));
}

/* Another disk may come a moment later: only then is it known that there are two. */
static void test_waits_for_other_disks(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\n", 1);
	assert_int_equal(gpt_auto_find(&f->b, GPT_ROOT, &f->b.root->root, &dev), -EAGAIN);
	assert_int_equal(gpt_auto_find(&f->b, GPT_ROOT, &f->b.root->root, &dev), -EAGAIN);
	f->b.root->quiet_ns -= UINT64_C(3000000000);
	assert_int_equal(gpt_auto_find(&f->b, GPT_ROOT, &f->b.root->root, &dev), 0);
	assert_string_equal(dev->facts.devname, "vda1");
}

/* A disk that cannot be read, a card reader's perhaps, is not waited for until the time of the root is over. */
static void test_failing_disk_is_not_awaited(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\n", 1);
	fake_sysfs(f, "/devices/pci/block/sdx", 2048);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/sdx", NULL); /* its node is not there: every read fails */
	assert_int_equal(block_find(f->b.blocks, "sdx")->state, BLOCK_PENDING);
	assert_int_equal(find_root(f, &dev), -EAGAIN);
	block_find(f->b.blocks, "sdx")->asked_ns -= UINT64_C(6000000000);
	assert_int_equal(find_root(f, &dev), 0);
	assert_string_equal(dev->facts.devname, "vda1");
}

/* The table lists two; the event of the second comes, or is read, first. */
static void test_first_of_the_table(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\nsize=1M, type=" ROOT_TYPE "\\n", 0);
	for (int partno = 2; partno >= 1; partno--) {
		char devpath[64], partn[12], script[64];

		assert_int_equal(find_root(f, &dev), -EAGAIN);
		assert_non_null(strstr(f->b.root->root.waits_for, "partition 1 of vda"));
		snprintf(script, sizeof(script), "truncate -s 1M \"$1/vda%d\"", partno);
		assert_true(fake_run(f, script));
		snprintf(devpath, sizeof(devpath), "/devices/pci/block/vda/vda%d", partno);
		snprintf(partn, sizeof(partn), "%d", partno);
		fake_sysfs(f, devpath, 2048);
		fake_event(f, UEVENT_ADD, devpath, partn);
	}
	check_found(f, "vda1");
}

static void test_boot_disk(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	snprintf(f->b.root->boot_partuuid, sizeof(f->b.root->boot_partuuid), "%s", ESP_UUID);
	fake_disk(f, "vda", 8, "label: gpt\\nsize=1M, type=" ROOT_TYPE "\\n", 1);
	/* The disk that was booted from is not there yet: another one must not be taken instead. */
	assert_int_equal(find_root(f, &dev), -EAGAIN);
	assert_non_null(strstr(f->b.root->root.waits_for, ESP_UUID));
	fake_disk(f, "vdb", 8,
		  "label: gpt\\nsize=1M, type=" ESP_TYPE ", uuid=" ESP_UUID "\\nsize=1M, type=" ROOT_TYPE "\\n", 2);
	check_found(f, "vdb2");
}

static void test_none(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: dos\\nsize=1M, type=83\\n", 1);
	assert_int_equal(find_root(f, &dev), -EAGAIN);
	assert_non_null(strstr(f->b.root->root.waits_for, ROOT_TYPE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_only_disk, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_flags, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_ambiguous, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_waits_for_other_disks, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_failing_disk_is_not_awaited, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_first_of_the_table, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_boot_disk, setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_none, setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("gpt_auto", tests, NULL, NULL);
}
