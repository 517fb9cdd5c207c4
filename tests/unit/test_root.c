/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for the root up to mount(2), and what a failed one says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/root.h"
#include "fake_disks.h"

#define UUID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

static struct root_search *start(struct fake *f, const char *root)
{
	f->b.opt.root = root;
	assert_int_equal(root_init(&f->b), 0);
	return f->b.root;
}

static void make_ext4(struct fake *f, const char *name, const char *uuid)
{
	char script[256];

	fake_needs("mkfs.ext4");
	snprintf(script, sizeof(script),
		 "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/%s; mkfs.ext4 -q -U %s -L root $1/%s", name, uuid,
		 name);
	assert_true(fake_run(f, script));
	fake_whole(f, name);
}

static void check_why(struct fake *f, errint expected, const char *words)
{
	assert_int_equal(root_step(&f->b), expected);
	if (!strstr(f->b.root->why, words))
		fail_msg("\"%s\" does not say \"%s\"", f->b.root->why, words);
}

static void test_kinds_refused(void **state)
{
	struct fake *f = *state;

	start(f, "fcoe:eth0");
	check_why(f, -EOPNOTSUPP, "no network handler in this image");
}

static void test_waits_then_gives_up(void **state)
{
	struct fake *f = *state;
	struct root_search *rs = start(f, "UUID=" UUID);

	assert_int_equal(root_step(&f->b), 0);
	rs->not_before_ns -= UINT64_C(31000000000);
	rs->deadline_ns -= UINT64_C(31000000000);
	check_why(f, -ETIMEDOUT, "was not found within 30 s");
	/* The shell was left: the search begins anew, with a new deadline. */
	assert_int_equal(root_step(&f->b), 0);
	assert_true(rs->deadline_ns > clock_ns());
}

static void test_rootwait_has_no_deadline(void **state)
{
	struct fake *f = *state;

	f->b.opt.rootwait = true;
	assert_true(start(f, "UUID=" UUID)->deadline_ns == 0);
}

static void test_rootdelay(void **state)
{
	struct fake *f = *state;

	f->b.opt.rootdelay_s = 1000;
	make_ext4(f, "vda", UUID);
	start(f, "UUID=" UUID);
	assert_int_equal(root_step(&f->b), 0);
	assert_string_equal(f->b.root->root.devname, "");
}

/* A shell of rd.break or a hook: what was found meanwhile is not given up because time has passed. */
static void test_pause_does_not_count(void **state)
{
	struct fake *f = *state;
	struct root_search *rs = start(f, "UUID=" UUID);
	uint64_t length = rs->deadline_ns - rs->not_before_ns;

	assert_int_equal(root_step(&f->b), 0);
	rs->not_before_ns -= UINT64_C(31000000000);
	rs->deadline_ns -= UINT64_C(31000000000);
	root_not_counted(&f->b, clock_ns() - UINT64_C(31000000000));
	assert_int_equal(root_step(&f->b), 0);
	assert_true(rs->deadline_ns - rs->not_before_ns == length);
	assert_true(rs->resume.deadline_ns == 0);
}

/* The same, for what the disks hold; with the root mounted that is no longer of interest. */
static void test_looks_again(void **state)
{
	struct fake *f = *state;
	struct root_search *rs;

	make_ext4(f, "vda", UUID);
	rs = start(f, "LABEL=new");
	assert_int_equal(root_step(&f->b), 0);
	assert_true(fake_run(f, "PATH=$PATH:/sbin:/usr/sbin; tune2fs -L new $1/vda >/dev/null"));
	rs->state = ROOT_MOUNTED;
	root_look_again(&f->b);
	rs->state = ROOT_SEARCH;
	assert_string_equal(fake_facts(f, "vda")->fs_label, "root");
	root_look_again(&f->b);
	assert_string_equal(fake_facts(f, "vda")->fs_label, "new");
	assert_true(root_step(&f->b) < 0); /* by mount(2), which takes no plain file */
	assert_string_equal(rs->root.devname, "vda");
}

/* The file system is there before the disk of its log; then nothing comes any more. */
static void test_log_device_is_awaited(void **state)
{
	struct fake *f = *state;
	struct root_search *rs;

	if (access(NEWROOT, F_OK) == 0) /* mount(2) must fail as without the log */
		skip();
	f->b.opt.rootflags = "journal_path=/dev/sdx1";
	make_ext4(f, "vda", UUID);
	rs = start(f, "UUID=" UUID);
	assert_int_equal(root_step(&f->b), 0);
	assert_non_null(strstr(rs->root.waits_for, "as ext4 with journal_path=/dev/sdx1: No such file"));
	rs->root.next_try_ns = 0;
	assert_int_equal(root_step(&f->b), 0);
	rs->quiet_ns -= UINT64_C(3000000000);
	rs->root.next_try_ns = 0;
	check_why(f, -ENOENT, "with journal_path=/dev/sdx1 failed");
	/* Without such an option there is nothing to wait for. */
	f->b.opt.rootflags = "noatime";
	assert_int_equal(root_step(&f->b), -ENOENT); /* anew, as after a shell */
	assert_non_null(strstr(rs->why, "there is no such subvolume"));
}

/* Nothing is there: the next wake-up is the report's. Then a device is: it must not wait for that. */
static void test_earlier_wake_wins(void **state)
{
	struct fake *f = *state;
	uint64_t begin;

	assert_int_equal(loop_init(&f->b), 0);
	start(f, "UUID=" UUID);
	assert_int_equal(root_step(&f->b), 0);
	assert_true(f->b.root->timer > 0);
	begin = clock_ns();
	root_wake(&f->b, 20);
	root_wake(&f->b, 5000);
	assert_int_equal(loop_run_once(&f->b), 0);
	assert_true(clock_ns() - begin < UINT64_C(2000000000));
	assert_int_equal(f->b.root->timer, 0);
	loop_free(&f->b);
}

static void test_luks(void **state)
{
	/* LUKS2 binary header: magic, version, and the UUID at 168 (docs of cryptsetup, on-disk format). */
	static const char script[] =
	    "truncate -s 4M $1/vda; printf 'LUKS\\272\\276\\000\\002\\000\\000\\000\\000\\000\\000"
	    "\\100\\000' | dd of=$1/vda conv=notrunc status=none;"
	    "printf '" UUID "' | dd of=$1/vda bs=1 seek=168 conv=notrunc status=none";
	struct fake *f = *state;

	assert_true(fake_run(f, script));
	fake_whole(f, "vda");
	assert_string_equal(fake_facts(f, "vda")->fs_type, "crypto_LUKS");
	start(f, "/dev/vda");
	check_why(f, -EOPNOTSUPP, "no handler in this image can open it");
}

static void test_empty_device(void **state)
{
	struct fake *f = *state;

	assert_true(fake_run(f, "truncate -s 4M $1/vda"));
	fake_whole(f, "vda");
	start(f, "/dev/vda");
	check_why(f, -EINVAL, "no file system is recognised");
}

static void make_swap(struct fake *f, bool image)
{
	fake_needs("mkswap");
	assert_true(fake_run(f, "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/vdb; mkswap -q $1/vdb >/dev/null"));
	if (image)
		assert_true(fake_run(f, "printf S1SUSPEND | dd of=$1/vdb bs=1 seek=4086 conv=notrunc status=none"));
	fake_whole(f, "vdb");
}

static void test_root_is_swap(void **state)
{
	struct fake *f = *state;

	make_swap(f, false);
	start(f, "/dev/vdb");
	check_why(f, -EINVAL, "a swap area");
}

static void test_hibernation_image(void **state)
{
	struct fake *f = *state;

	make_swap(f, false);
	start(f, "UUID=" UUID);
	assert_null(resume_image(&f->b));
	make_swap(f, true);
	fake_event(f, UEVENT_CHANGE, "/devices/pci/block/vdb", NULL);
	assert_non_null(resume_image(&f->b));
	assert_string_equal(resume_image(&f->b)->facts.devname, "vdb");
	/* noresume is the user's word that the image may be lost. */
	f->b.opt.noresume = true;
	assert_null(resume_image(&f->b));
}

static void test_resume_waits_a_share(void **state)
{
	struct fake *f = *state;

	f->b.opt.resume = "/dev/vdb";
	start(f, "/dev/vda");
	assert_int_equal(resume_step(&f->b), 1);
	/* It is said what is waited for, again and again. */
	f->b.root->resume.report_ns = clock_ns();
	assert_int_equal(resume_step(&f->b), 1);
	assert_true(f->b.root->resume.report_ns > clock_ns() + UINT64_C(9000000000));
	f->b.root->resume.deadline_ns = clock_ns();
	assert_int_equal(resume_step(&f->b), 0);
	assert_int_equal(resume_step(&f->b), 0);
	/* One that comes later is looked at all the same, unless something was mounted meanwhile. */
	assert_false(f->b.root->resume.done);
	make_swap(f, false);
	assert_int_equal(resume_step(&f->b), 0);
	assert_true(f->b.root->resume.done);
}

/* A swap partition that the table lists and whose node is not read yet may hold an image. */
static void test_swap_partition_is_awaited(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: dos\\nsize=1M, type=83\\nsize=1M, type=82\\n", 1);
	start(f, "/dev/vda1");
	assert_int_equal(root_step(&f->b), 0);
	assert_string_equal(f->b.root->root.devname, "");
	block_find(f->b.blocks, "vda")->swap_deadline_ns = clock_ns();
	check_why(f, -EINVAL, "no file system is recognised");
}

/* The same where a partition was read before the table that lists its neighbours; each disk has its own time. */
static void test_table_is_awaited(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: dos\\nsize=1M, type=83\\n", 1);
	start(f, "/dev/vda1");
	assert_true(resume_swap_known(&f->b));
	block_find(f->b.blocks, "vda")->state = BLOCK_PENDING;
	assert_false(resume_swap_known(&f->b));
	assert_true(block_find(f->b.blocks, "vda")->swap_deadline_ns > clock_ns());
	block_find(f->b.blocks, "vda")->swap_deadline_ns = clock_ns();
	assert_true(resume_swap_known(&f->b));
}

static char *diagnosis(struct fake *f)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	diagnose_to(&f->b, out);
	fclose(out);
	return text;
}

static void test_diagnosis(void **state)
{
	struct fake *f = *state;
	char *text;

	make_ext4(f, "vda", UUID);
	f->b.opt.rootfstype = NULL;
	start(f, "LABEL=Root");
	text = diagnosis(f);
	assert_non_null(strstr(text, "asked for: root=LABEL=Root"));
	assert_non_null(strstr(text, "vda: ext4, 8.0 MiB, UUID=" UUID ", LABEL=root"));
	assert_non_null(strstr(text, "near miss: "));
	assert_non_null(strstr(text, "upper and lower case"));
	free(text);
}

static void test_diagnosis_of_nothing(void **state)
{
	struct fake *f = *state;
	char *text;

	start(f, NULL);
	text = diagnosis(f);
	assert_non_null(strstr(text, "block devices: none"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kinds_refused, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_waits_then_gives_up, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_rootwait_has_no_deadline, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_rootdelay, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_pause_does_not_count, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_looks_again, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_log_device_is_awaited, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_earlier_wake_wins, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_luks, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_empty_device, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_root_is_swap, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_hibernation_image, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_resume_waits_a_share, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_table_is_awaited, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_swap_partition_is_awaited, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_diagnosis, fake_setup_root, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_diagnosis_of_nothing, fake_setup_root, fake_teardown),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
