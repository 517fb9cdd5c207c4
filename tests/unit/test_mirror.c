/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File systems that are seen on the disks of a RAID which nobody assembles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/root.h"
#include "fake_disks.h"

#define UUID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
#define TABLE "label: dos\\nlabel-id: 0xcafe0123\\nsize=1M, type=83\\n"

/* NAME with Intel's metadata, when a member, where the firmware puts it, and one partition with ext4. */
static void add_disk(struct fake *f, const char *name, bool member)
{
	char script[512];

	fake_needs("sfdisk");
	fake_needs("mkfs.ext4");
	snprintf(script, sizeof(script),
		 "PATH=$PATH:/sbin:/usr/sbin; truncate -s 1M $1/%s1; mkfs.ext4 -q -O ^has_journal -U " UUID " $1/%s1; "
		 "%s || { truncate -s 8M $1/%s; printf 'Intel Raid ISM Cfg Sig. 1.3.00' | "
		 "dd of=$1/%s bs=512 seek=16382 conv=notrunc status=none; }",
		 name, name, member ? "false" : "true", name, name);
	assert_true(fake_run(f, script));
	fake_disk(f, name, 8, TABLE, 1);
	assert_int_equal(fake_facts(f, name)->fs_type != NULL, member);
}

static errint check_as(struct fake *f, const char *root, const char *types, const char *name)
{
	f->b.opt.root = root;
	free(f->b.root);
	f->b.root = NULL;
	assert_int_equal(root_init(&f->b), 0);
	f->b.root->root.types = types;
	/* The disks have been what they are for a long time. */
	f->b.root->quiet_generation = f->b.blocks->generation;
	return mirror_check(&f->b, &f->b.root->root, block_dev_by_name(&f->b, name));
}

static errint check(struct fake *f, const char *root, const char *name)
{
	return check_as(f, root, NULL, name);
}

static void test_halves_are_refused(void **state)
{
	static const char *const roots[] = {"UUID=" UUID, "PARTUUID=cafe0123-01", "/dev/disk/by-uuid/" UUID};
	struct fake *f = *state;

	add_disk(f, "sda", true);
	add_disk(f, "sdb", true);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		assert_int_equal(check(f, roots[i], "sda1"), -EOPNOTSUPP);
		assert_non_null(strstr(f->b.root->why, "root is on sda1 and on sdb1"));
		assert_non_null(strstr(f->b.root->why, "isw_raid_member on sda and on sdb"));
		assert_non_null(strstr(f->b.root->why, "by-id/"));
	}
	/* Also on the way that a boot takes. */
	f->b.opt.root = "UUID=" UUID;
	free(f->b.root);
	f->b.root = NULL;
	assert_int_equal(root_init(&f->b), 0);
	assert_int_equal(root_step(&f->b), -EOPNOTSUPP);
	/* Who names a disk has decided. */
	assert_int_equal(check(f, "/dev/sda1", "sda1"), 0);
}

static void test_leftovers_boot(void **state)
{
	struct fake *f = *state;

	add_disk(f, "sda", true);
	assert_int_equal(check(f, "UUID=" UUID, "sda1"), 0);
	/* A copy of it on a disk that is in no array, and another disk that is in one. */
	add_disk(f, "sdb", false);
	assert_int_equal(check(f, "UUID=" UUID, "sda1"), 0);
	assert_int_equal(check(f, "UUID=" UUID, "sdb1"), 0);
	assert_int_equal(block_find(f->b.blocks, "sda")->state, BLOCK_READ);
}

/* Disks that were partitioned one by one are no mirror, whatever was on them before: two devices of a btrfs, say. */
static void test_own_tables(void **state)
{
	struct fake *f = *state;

	add_disk(f, "sda", true);
	add_disk(f, "sdb", true);
	block_set_string(&block_find(f->b.blocks, "sdb1")->facts.part_uuid, "cafe9999-01");
	assert_int_equal(check(f, "UUID=" UUID, "sda1"), 0);
	block_set_string(&block_find(f->b.blocks, "sdb1")->facts.part_uuid, "cafe0123-01");
	block_set_string(&block_find(f->b.blocks, "sda1")->uuid_sub, "1");
	block_set_string(&block_find(f->b.blocks, "sdb1")->uuid_sub, "2");
	assert_int_equal(check(f, "UUID=" UUID, "sda1"), 0);
}

/* The other half comes a moment later. */
static void test_other_half_is_awaited(void **state)
{
	struct fake *f = *state;
	struct mount_target *t;

	add_disk(f, "sda", true);
	assert_int_equal(check(f, "UUID=" UUID, "sda1"), 0);
	t = &f->b.root->root;
	f->b.root->quiet_ns = clock_ns();
	assert_int_equal(mirror_check(&f->b, t, block_dev_by_name(&f->b, "sda1")), -EAGAIN);
	assert_non_null(strstr(t->waits_for, "sda has the signature of a RAID"));
	/* Not where nothing ever comes to rest, and not until the root's time is over. */
	block_find(f->b.blocks, "sda1")->seen_ns -= UINT64_C(6000000000);
	assert_int_equal(mirror_check(&f->b, t, block_dev_by_name(&f->b, "sda1")), 0);
	/* What is known of a disk that is being read is old. */
	block_find(f->b.blocks, "sda")->state = BLOCK_PENDING;
	assert_int_equal(mirror_check(&f->b, t, block_dev_by_name(&f->b, "sda1")), -EAGAIN);
	block_find(f->b.blocks, "sda")->asked_ns -= UINT64_C(3000000000);
	assert_int_equal(mirror_check(&f->b, t, block_dev_by_name(&f->b, "sda1")), 0);
}

/* ext4 on a whole disk that was in an array: rootfstype= says more than what is left of that. */
static void add_whole(struct fake *f, const char *name)
{
	char script[512];

	fake_needs("mkfs.ext4");
	snprintf(script, sizeof(script),
		 "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/%s; mkfs.ext4 -q -U " UUID " $1/%s; "
		 "printf 'Intel Raid ISM Cfg Sig. 1.3.00' | dd of=$1/%s bs=512 seek=16382 conv=notrunc status=none",
		 name, name, name);
	assert_true(fake_run(f, script));
	fake_whole(f, name);
	assert_string_equal(fake_facts(f, name)->fs_type, "isw_raid_member");
}

static void test_type_overrides(void **state)
{
	static const struct {
		const char *types;
		bool overridden;
	} cases[] = {{NULL, false},	   {"", false},	   {"auto", false},
		     {"auto,ext4", false}, {"ext4", true}, {"xfs,ext4", true}};
	struct fake *f = *state;

	add_whole(f, "sda");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(check_as(f, "/dev/sda", cases[i].types, "sda"), 0);
		assert_int_equal(mirror_overridden(&f->b.root->root, block_dev_by_name(&f->b, "sda")),
				 cases[i].overridden);
	}
	/* Not where the other half is there. */
	add_whole(f, "sdb");
	assert_int_equal(check_as(f, "/dev/sda", "ext4", "sda"), -EOPNOTSUPP);
	assert_non_null(strstr(f->b.root->why, "sda and on sdb"));
}

/* The way of a boot, as far as mount(2), which takes no plain file. */
static void test_override_is_tried(void **state)
{
	struct fake *f = *state;

	add_whole(f, "sda");
	assert_int_equal(check_as(f, "/dev/sda", "ext4", "sda"), 0);
	assert_true(root_step(&f->b) < 0);
	assert_int_equal(f->b.root->root.tries, 1);
	assert_non_null(strstr(f->b.root->why, "holds isw_raid_member, but rootfstype= (or fstab) says ext4"));
	assert_int_equal(check(f, "/dev/sda", "sda"), 0);
	assert_int_equal(root_step(&f->b), -EOPNOTSUPP);
	assert_non_null(strstr(f->b.root->why, "no handler in this image can open it"));
}

static void test_type_overrides_no_other_signature(void **state)
{
	struct mount_target t = {.types = "ext4"};
	struct block_dev dev = {.facts.fs_type = "LVM2_member"};

	(void)state;
	assert_false(mirror_overridden(&t, &dev));
	dev.facts.fs_type = "crypto_LUKS";
	assert_false(mirror_overridden(&t, &dev));
	dev.facts.fs_type = "linux_raid_member";
	assert_true(mirror_overridden(&t, &dev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_halves_are_refused, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_leftovers_boot, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_own_tables, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_other_half_is_awaited, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_type_overrides, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_override_is_tried, fake_setup_root, fake_teardown),
	    cmocka_unit_test(test_type_overrides_no_other_signature),
	};

	return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
