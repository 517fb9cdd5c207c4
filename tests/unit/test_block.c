/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/block.h"
#include "fake_disks.h"

#define UUID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

static void test_signatures(void **state)
{
	static const struct {
		const char *name, *program, *script, *type, *label;
	} cases[] = {
	    {"vda", "mkfs.ext4", "truncate -s 8M $1/vda; mkfs.ext4 -q -L root -U " UUID " $1/vda", "ext4", "root"},
	    {"vdb", "mkfs.btrfs", "truncate -s 128M $1/vdb; mkfs.btrfs -q -L pool -U " UUID " $1/vdb 2>/dev/null",
	     "btrfs", "pool"},
	    {"vdc", "mkswap", "truncate -s 8M $1/vdc; mkswap -q -L sw -U " UUID " $1/vdc >/dev/null", "swap", "sw"},
	    {"vdd", "mkfs.erofs", "mkdir $1/t; mkfs.erofs -U " UUID " $1/vdd $1/t >/dev/null 2>&1", "erofs", NULL},
	};
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char script[400];
		const struct block_facts *facts;
		fake_needs(cases[i].program);
		snprintf(script, sizeof(script), "set -e; PATH=$PATH:/sbin:/usr/sbin; %s", cases[i].script);
		assert_true(fake_run(f, script));
		fake_whole(f, cases[i].name);
		facts = fake_facts(f, cases[i].name);
		assert_non_null(facts);
		assert_string_equal(facts->fs_type, cases[i].type);
		assert_string_equal(facts->fs_uuid, UUID);
		if (cases[i].label)
			assert_string_equal(facts->fs_label, cases[i].label);
	}
	assert_int_equal(block_dev_by_name(&f->b, "vda")->handler->role, HANDLER_FILESYSTEM);
	assert_int_equal(block_dev_by_name(&f->b, "vdc")->handler->role, HANDLER_SWAP);
}

static void check_partition(struct fake *f)
{
	const struct block_facts *facts = fake_facts(f, "vda2");

	assert_non_null(facts);
	assert_string_equal(facts->disk, "vda");
	assert_int_equal(facts->partno, 2);
	assert_string_equal(facts->part_uuid, UUID);
	assert_string_equal(facts->part_label, "system");
	assert_string_equal(facts->part_type, "4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
	assert_true(facts->part_flags == UINT64_C(1) << 60);
	assert_int_equal(facts->size, 2048 * 512);
}

#define GPT_TWO \
	"label: gpt\\nsize=1M\\nsize=1M, name=system, uuid=" UUID \
	", type=4f68bce3-e8cd-4db1-96e7-fbcaf984b709, attrs=GUID:60\\n"

static void test_partition_facts(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, GPT_TWO, 2);
	check_partition(f);
}

/* With asynchronous probing a disk's node may answer later than its partitions'. */
static void test_partition_before_disk(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, GPT_TWO, 0);
	fake_event(f, UEVENT_REMOVE, "/devices/pci/block/vda", NULL);
	assert_true(fake_run(f, "truncate -s 1M $1/vda2"));
	fake_sysfs(f, "/devices/pci/block/vda/vda2", 2048);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda/vda2", "2");
	assert_null(fake_facts(f, "vda2")->part_uuid);
	fake_whole(f, "vda");
	check_partition(f);
}

static void test_mbr(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, "label: dos\\nlabel-id: 0xcafe0123\\nsize=1M\\nsize=1M, type=83\\n", 2);
	assert_string_equal(fake_facts(f, "vda2")->part_uuid, "cafe0123-02");
	assert_string_equal(fake_facts(f, "vda2")->part_type, "0x83");
	assert_string_equal(fake_facts(f, "vda2")->disk_uuid, "cafe0123");
}

/* More disks that do not answer than PID 1 has descriptors: the others are read all the same, in turn. */
static void test_descriptors_last(void **state)
{
	struct fake *f = *state;
	struct block_dev *dev;
	char devpath[64];

	for (unsigned i = 0; i < 513; i++) {
		snprintf(devpath, sizeof(devpath), "/devices/pci/block/sd%u", i);
		fake_sysfs(f, devpath, 2048);
		fake_event(f, UEVENT_ADD, devpath, NULL); /* its node is not there: pending */
		dev = block_find(f->b.blocks, strrchr(devpath, '/') + 1);
		assert_int_equal(dev->state, BLOCK_PENDING);
		if (i < 512)
			dev->fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* as one whose first read is on its way */
	}
	assert_true(fake_run(f, "truncate -s 1M $1/sd512"));
	block_read(&f->b, dev);
	assert_int_equal(dev->state, BLOCK_PENDING);
	assert_int_equal(dev->error, -EAGAIN);
	block_close(block_find(f->b.blocks, "sd7"));
	block_read(&f->b, dev);
	assert_int_equal(dev->state, BLOCK_READ);
}

/* Reads of the file of this number, at this place or behind it, fail as those of a bad sector; 0: none does. */
static ino_t bad_file;
static off_t bad_from;

static bool is_bad(int fd, off_t from)
{
	struct stat st;

	return bad_file && fstat(fd, &st) == 0 && st.st_ino == bad_file && from >= bad_from;
}

/* Instead of the C library's, for libblkid, too: which of them it reads with depends on its version. */
ssize_t read(int fd, void *out, size_t size)
{
	if (!is_bad(fd, bad_file ? lseek(fd, 0, SEEK_CUR) : 0))
		return readv(fd, &(struct iovec){out, size}, 1);
	errno = EIO;
	return -1;
}

ssize_t pread(int fd, void *out, size_t size, off_t from)
{
	if (!is_bad(fd, from))
		return preadv(fd, &(struct iovec){out, size}, 1, from);
	errno = EIO;
	return -1;
}

ssize_t pread64(int fd, void *out, size_t size, off_t from)
{
	return pread(fd, out, size, from);
}

static void make_bad(struct fake *f, const char *name, off_t from)
{
	char node[200];
	struct stat st;

	snprintf(node, sizeof(node), "%s/%s", f->dev, name);
	assert_int_equal(stat(node, &st), 0);
	bad_file = st.st_ino;
	bad_from = from;
}

static int bad_teardown(void **state)
{
	bad_file = 0;
	return fake_teardown(state);
}

/* libblkid gives up at the first sector that it cannot read; the kernel has long found the partitions. */
static void test_unreadable_end(void **state)
{
	struct fake *f = *state;

	fake_needs("sfdisk");
	fake_disk(f, "vda", 8, GPT_TWO, 2);
	fake_event(f, UEVENT_REMOVE, "/devices/pci/block/vda2", NULL);
	fake_event(f, UEVENT_REMOVE, "/devices/pci/block/vda", NULL);
	make_bad(f, "vda", 4 << 20);
	fake_whole(f, "vda");
	assert_int_equal(block_dev_by_name(&f->b, "vda")->state, BLOCK_READ);
	assert_int_equal(block_dev_by_name(&f->b, "vda")->error, -EIO);
	assert_null(fake_facts(f, "vda")->fs_type);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda/vda2", "2");
	check_partition(f);
}

/* Without a table there is nothing to go by: it may be an array's member. */
static void test_unreadable_end_of_a_file_system(void **state)
{
	struct fake *f = *state;

	fake_needs("mkfs.ext4");
	assert_true(fake_run(f, "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/vda; mkfs.ext4 -q $1/vda"));
	make_bad(f, "vda", 4 << 20);
	fake_whole(f, "vda");
	assert_int_equal(block_dev_by_name(&f->b, "vda")->state, BLOCK_PENDING);
	assert_null(fake_facts(f, "vda")->fs_type);
}

/* What a person or a hook did to the disks is no event: a rescan shows them as they were. */
static void test_all_read_again(void **state)
{
	static const char other[] = "11111111-2222-4333-8444-555555555555";
	struct fake *f = *state;
	unsigned generation;

	fake_needs("mkfs.ext4");
	assert_true(fake_run(f, "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/vda; mkfs.ext4 -q -U " UUID " $1/vda"));
	fake_whole(f, "vda");
	f->b.blocks->retry_ns = 1;
	fake_sysfs(f, "/devices/pci/block/vdb", 16384);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vdb", NULL); /* its node is not there */
	assert_int_equal(block_dev_by_name(&f->b, "vdb")->state, BLOCK_FAILED);
	assert_true(fake_run(f,
			     "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/vdb; dd if=/dev/zero of=$1/vda bs=64k "
			     "count=1 conv=notrunc status=none; mkfs.ext4 -q -U 11111111-2222-4333-8444-555555555555 "
			     "-L new $1/vda"));
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda", NULL);
	assert_string_equal(fake_facts(f, "vda")->fs_uuid, UUID);
	generation = f->b.blocks->generation;
	f->b.blocks->retry_ns = 30 * NS_PER_S;
	block_read_all_again(&f->b);
	/* No disk has come, and what was given up has not got all its time again. */
	assert_int_equal(f->b.blocks->generation, generation);
	assert_true(clock_ns() - block_dev_by_name(&f->b, "vdb")->asked_ns >= 20 * NS_PER_S);
	assert_false(block_dev_by_name(&f->b, "vdb")->again);
	assert_string_equal(fake_facts(f, "vda")->fs_uuid, other);
	assert_string_equal(fake_facts(f, "vda")->fs_label, "new");
	assert_int_equal(block_dev_by_name(&f->b, "vdb")->state, BLOCK_READ);
	assert_true(fake_run(f, "dd if=/dev/zero of=$1/vda bs=64k count=1 conv=notrunc status=none"));
	block_read_all_again(&f->b);
	assert_null(fake_facts(f, "vda")->fs_uuid);
	assert_null(block_dev_by_name(&f->b, "vda")->handler);
}

static void test_node_comes_late(void **state)
{
	struct fake *f = *state;
	const struct block_dev *dev;

	f->b.blocks->retry_ns = 0;
	fake_sysfs(f, "/devices/pci/block/vda", 16384);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda", NULL);
	dev = block_dev_by_name(&f->b, "vda");
	assert_int_equal(dev->state, BLOCK_PENDING);
	assert_int_equal(dev->error, -ENOENT);
	assert_int_equal(block_pending(&f->b), 1);
	assert_true(fake_run(f, "truncate -s 8M $1/vda"));
	block_retry(&f->b);
	assert_int_equal(dev->state, BLOCK_READ);
	assert_int_equal(dev->error, 0);
	assert_int_equal(dev->tries, 2);
	assert_int_equal(block_pending(&f->b), 0);
}

/* As a disk that an asynchronous probe is not done with: a socket's node, too, is there and answers ENXIO. */
static void test_node_before_its_disk(void **state)
{
	struct fake *f = *state;
	struct sockaddr_un node = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct block_dev *dev;

	f->b.blocks->retry_ns = 0;
	snprintf(node.sun_path, sizeof(node.sun_path), "%s/vda", f->dev);
	assert_int_equal(bind(fd, (struct sockaddr *)&node, sizeof(node)), 0);
	fake_sysfs(f, "/devices/pci/block/vda", 16384);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda", NULL);
	dev = block_dev_by_name(&f->b, "vda");
	assert_int_equal(dev->error, -ENXIO);
	block_retry(&f->b);
	assert_int_equal(dev->error, -ENXIO);
	assert_int_equal(dev->state, BLOCK_PENDING);
	assert_true(fake_run(f, "rm $1/vda; truncate -s 8M $1/vda"));
	block_retry(&f->b);
	assert_int_equal(dev->state, BLOCK_READ);
	assert_int_equal(dev->tries, 3);
	close(fd);
}

static void test_unreadable_is_given_up(void **state)
{
	struct fake *f = *state;

	f->b.blocks->retry_ns = 1;
	fake_sysfs(f, "/devices/pci/block/vda", 16384);
	fake_event(f, UEVENT_ADD, "/devices/pci/block/vda", NULL);
	block_retry(&f->b);
	assert_int_equal(block_dev_by_name(&f->b, "vda")->state, BLOCK_FAILED);
}

static void test_medium(void **state)
{
	struct fake *f = *state;

	fake_needs("mkfs.ext4");
	fake_sysfs(f, "/devices/usb1/block/sdb", 0);
	fake_event(f, UEVENT_ADD, "/devices/usb1/block/sdb", NULL);
	assert_int_equal(block_dev_by_name(&f->b, "sdb")->state, BLOCK_NO_MEDIUM);
	assert_true(fake_run(f, "PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M $1/sdb; mkfs.ext4 -q $1/sdb"));
	fake_sysfs(f, "/devices/usb1/block/sdb", 16384);
	fake_event(f, UEVENT_CHANGE, "/devices/usb1/block/sdb", NULL);
	assert_string_equal(fake_facts(f, "sdb")->fs_type, "ext4");
	fake_event(f, UEVENT_REMOVE, "/devices/usb1/block/sdb", NULL);
	assert_null(fake_facts(f, "sdb"));
}

static void test_made_in_advance(void **state)
{
	struct fake *f = *state;

	fake_sysfs(f, "/devices/virtual/block/loop0", 0);
	fake_event(f, UEVENT_ADD, "/devices/virtual/block/loop0", NULL);
	fake_sysfs(f, "/devices/virtual/block/zram0", 16384);
	fake_event(f, UEVENT_ADD, "/devices/virtual/block/zram0", NULL);
	assert_null(block_at(&f->b, 0));
}

/* A rescan shows every device again: what is known is not read a second time. */
static void test_rescan(void **state)
{
	struct fake *f = *state;

	assert_true(fake_run(f, "truncate -s 8M $1/vda"));
	fake_whole(f, "vda");
	fake_whole(f, "vda");
	assert_int_equal(f->b.blocks->count, 1);
	assert_int_equal(block_dev_by_name(&f->b, "vda")->tries, 1);
	fake_event(f, UEVENT_CHANGE, "/devices/pci/block/vda", NULL);
	assert_int_equal(block_dev_by_name(&f->b, "vda")->tries, 2);
}

/* Page 0x83 of an ATA disk: T10 vendor designator with full model and serial, then NAA. */
/* Events were lost: one disk has gone, and behind the name of another there is a third. */
static void test_rescan_after_loss(void **state)
{
	struct fake *f = *state;
	struct uevent u = {.action = UEVENT_ADD,
			   .devpath = "/devices/pci/block/vdb",
			   .devname = "vdb",
			   .devtype = "disk",
			   .diskseq = "1"};

	fake_needs("mkswap");
	assert_true(fake_run(f, "truncate -s 1M $1/vda $1/vdb"));
	fake_whole(f, "vda");
	fake_sysfs(f, u.devpath, 2048);
	block_uevent(&f->b, &u);
	u.diskseq = "2";
	assert_true(fake_run(f, "rm -r $2/devices/pci/block/vda;"
				"PATH=$PATH:/sbin:/usr/sbin; mkswap -q $1/vdb >/dev/null"));
	block_drop_vanished(&f->b);
	assert_null(fake_facts(f, "vda"));
	assert_null(fake_facts(f, "vdb")->fs_type);
	block_uevent(&f->b, &u);
	assert_string_equal(fake_facts(f, "vdb")->fs_type, "swap");
	assert_string_equal(fake_facts(f, "vdb")->diskseq, "2");
}

/* ATA over Ethernet: sysfs calls the disk "etherd!e1.0", its DEVNAME is "etherd/e1.0". */
static void test_name_with_slash(void **state)
{
	struct fake *f = *state;
	struct uevent u = {.action = UEVENT_ADD,
			   .devpath = "/devices/virtual/block/etherd!e1.0/etherd!e1.0p1",
			   .devname = "etherd/e1.0p1",
			   .devtype = "partition",
			   .partn = "1"};

	assert_true(fake_run(f, "mkdir $1/etherd; truncate -s 1M $1/etherd/e1.0p1"));
	fake_sysfs(f, u.devpath, 2048);
	block_uevent(&f->b, &u);
	assert_string_equal(fake_facts(f, "etherd/e1.0p1")->disk, "etherd/e1.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_signatures, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_partition_facts, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_partition_before_disk, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_mbr, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_unreadable_end, fake_setup, bad_teardown),
	    cmocka_unit_test_setup_teardown(test_unreadable_end_of_a_file_system, fake_setup, bad_teardown),
	    cmocka_unit_test_setup_teardown(test_all_read_again, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_descriptors_last, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_node_comes_late, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_node_before_its_disk, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_unreadable_is_given_up, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_medium, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_made_in_advance, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_rescan, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_rescan_after_loss, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_name_with_slash, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
