/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "../../early-init/root.h"

static void test_options(void **state)
{
	static const struct {
		const char *text;
		unsigned long base, flags;
		const char *data;
	} cases[] = {
	    {NULL, MS_RDONLY, MS_RDONLY, ""},
	    {"", 0, 0, ""},
	    {"noatime,subvol=@root,compress=zstd", MS_RDONLY, MS_RDONLY | MS_NOATIME, "subvol=@root,compress=zstd"},
	    {"rw,defaults,x-systemd.growfs,nofail", MS_RDONLY, 0, ""},
	    {"errors=remount-ro", 0, 0, "errors=remount-ro"},
	    {",,noexec,exec,,nosuid", 0, MS_NOSUID, ""},
	    {"context=\"a:b:c0,c1\",nodev", 0, MS_NODEV, "context=\"a:b:c0,c1\""},
	    {"roast,rw2", MS_RDONLY, MS_RDONLY, "roast,rw2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mount_options o;
		assert_int_equal(mount_options_parse(cases[i].text, cases[i].base, &o), 0);
		assert_int_equal(o.flags, cases[i].flags);
		assert_string_equal(o.data, cases[i].data);
	}
}

static void test_options_too_long(void **state)
{
	char text[MOUNT_DATA_MAX + 8];
	struct mount_options o;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(mount_options_parse(text, 0, &o), -ENAMETOOLONG);
	text[MOUNT_DATA_MAX - 1] = '\0';
	assert_int_equal(mount_options_parse(text, 0, &o), 0);
	assert_int_equal(mount_options_add(&o, "x"), -ENAMETOOLONG);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(mount_has_word("ro,degraded", "degraded"));
	assert_true(mount_has_word("degraded,ro", "degraded"));
	assert_false(mount_has_word("nodegraded,degraded2,subvol=degraded", "degraded"));
	assert_false(mount_has_word("context=\"a,degraded,b\"", "degraded"));
	assert_false(mount_has_word(NULL, "degraded"));
	assert_false(mount_has_word("", "degraded"));
}

static void test_other_devices(void **state)
{
	char out[32];

	(void)state;
	assert_true(mount_names_device("attr2,logdev=/dev/sdb1,noquota", out, sizeof(out)));
	assert_string_equal(out, "logdev=/dev/sdb1");
	assert_true(mount_names_device("journal_path=/dev/sdb2", out, sizeof(out)));
	assert_string_equal(out, "journal_path=/dev/sdb2");
	assert_false(mount_names_device("subvol=logdev=,xlogdev=/dev/x", out, sizeof(out)));
	assert_false(mount_names_device(NULL, out, sizeof(out)));
}

static void check_types(const char *types, const char *signature, const char *expected)
{
	char all[128] = "", type[32];

	for (unsigned i = 0; mount_type_at(types, signature, i, type, sizeof(type)); i++) {
		strncat(all, type, sizeof(all) - strlen(all) - 1);
		strncat(all, " ", sizeof(all) - strlen(all) - 1);
	}
	assert_string_equal(all, expected);
}

static void test_types(void **state)
{
	(void)state;
	check_types(NULL, "ext4", "ext4 ");
	check_types("", "ext4", "ext4 ");
	check_types("auto", "xfs", "xfs ");
	check_types("auto", NULL, "");
	check_types("ext4,xfs", "btrfs", "ext4 xfs ");
	check_types(",ext4,,auto,", "btrfs", "ext4 btrfs ");
	check_types("ext4,auto,xfs", NULL, "ext4 xfs ");
}

/* What keeps a file system from writing its journal back while a hibernated system still knows it otherwise. */
static void test_no_replay(void **state)
{
	(void)state;
	assert_string_equal(mount_no_replay_option("ext4"), "noload");
	assert_string_equal(mount_no_replay_option("btrfs"), "rescue=nologreplay");
	assert_string_equal(mount_no_replay_option("nilfs2"), "norecovery");
	assert_null(mount_no_replay_option("squashfs"));
}

static void test_fstab(void **state)
{
	static const char text[] = "# /dev/x /usr ext4 defaults\n"
				   "\n"
				   "UUID=1 / ext4 defaults 0 1\n"
				   "LABEL=my\\040usr\t/usr  btrfs  subvol=a\\040b,ro 0 2\n"
				   "/dev/later /usr xfs defaults\n"
				   "/dev/short /var xfs\n"
				   "broken /tmp\n";
	char copy[sizeof(text)];
	struct fstab_line line;

	(void)state;
	memcpy(copy, text, sizeof(text));
	assert_true(fstab_find(copy, "/usr", &line));
	assert_string_equal(line.source, "LABEL=my usr");
	assert_string_equal(line.type, "btrfs");
	assert_string_equal(line.options, "subvol=a b,ro");
	memcpy(copy, text, sizeof(text));
	assert_true(fstab_find(copy, "/var", &line));
	assert_string_equal(line.options, "");
	memcpy(copy, text, sizeof(text));
	assert_false(fstab_find(copy, "/tmp", &line));
	copy[0] = '\0';
	assert_false(fstab_find(copy, "/usr", &line));
	snprintf(copy, sizeof(copy), "%s", "/dev/a / xfs\n/dev/b /usr// xfs ro\n");
	assert_true(fstab_find(copy, "/usr", &line));
	assert_string_equal(line.source, "/dev/b");
	snprintf(copy, sizeof(copy), "%s", "/dev/a / xfs\n/dev/b /usr/x xfs ro\n");
	assert_true(fstab_find(copy, "/", &line));
}

/* How /usr is mounted without where it is: on the root's device, as systemd-fstab-generator(8) has it. */
static void test_usr_on_root_device(void **state)
{
	static struct root_search rs;
	static struct boot b = {.root = &rs};

	(void)state;
	rs.root = (struct mount_target){.types = "btrfs", .flags = "subvol=@", .devname = "sda2"};
	b.opt.mount_usrflags = "subvol=@usr";
	assert_int_equal(usr_wanted(&b), 1);
	assert_int_equal(rs.usr.spec.kind, ROOT_DEVNAME);
	assert_string_equal(rs.usr.spec.value, "sda2");
	assert_string_equal(rs.usr.types, "btrfs");
	assert_string_equal(rs.usr.flags, "subvol=@usr");
	b.opt.mount_usrflags = NULL;
	b.opt.mount_usrfstype = "xfs";
	assert_int_equal(usr_wanted(&b), 1);
	assert_string_equal(rs.usr.types, "xfs");
	assert_string_equal(rs.usr.flags, "subvol=@");
	/* With a device of its own nothing is taken from the root. */
	b.opt.mount_usr = "LABEL=usr";
	b.opt.mount_usrfstype = NULL;
	assert_int_equal(usr_wanted(&b), 1);
	assert_int_equal(rs.usr.spec.kind, ROOT_LABEL);
	assert_null(rs.usr.types);
	assert_null(rs.usr.flags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options), cmocka_unit_test(test_options_too_long),
	    cmocka_unit_test(test_words),   cmocka_unit_test(test_other_devices),
	    cmocka_unit_test(test_types),   cmocka_unit_test(test_no_replay),
	    cmocka_unit_test(test_fstab),   cmocka_unit_test(test_usr_on_root_device),
	};

	return cmocka_run_group_tests_name("mount", tests, NULL, NULL);
}
