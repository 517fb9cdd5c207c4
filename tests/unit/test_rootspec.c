// SPDX-License-Identifier: GPL-2.0-or-later
/* Every form of root=, what matches it, and what nearly does. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/rootspec.h"

static void forms(void **state)
{
	static const struct {
		const char *text;
		enum root_kind kind;
		const char *value;
	} cases[] = {
	    {NULL, ROOT_AUTO, ""},
	    {"gpt-auto", ROOT_AUTO, ""},
	    {"UUID=ABCD-1234", ROOT_UUID, "ABCD-1234"},
	    {"UUID=\"a b\"", ROOT_UUID, "a b"},
	    {"LABEL=root", ROOT_LABEL, "root"},
	    {"LABEL=a\\x20b", ROOT_LABEL, "a\\x20b"},
	    {"PARTLABEL='x y'", ROOT_PARTLABEL, "x y"},
	    {"PARTUUID=deadbeef-01", ROOT_PARTUUID, "deadbeef-01"},
	    {"/dev/sda1", ROOT_DEVNAME, "sda1"},
	    {"/dev/mapper/vg-root", ROOT_DEVNAME, "mapper/vg-root"},
	    {"/dev/cciss/c0d0p1", ROOT_DEVNAME, "cciss/c0d0p1"},
	    {"block:/dev/sda1", ROOT_DEVNAME, "sda1"},
	    {"/dev/disk/by-uuid/ABCD-1234", ROOT_UUID, "ABCD-1234"},
	    {"/dev/disk/by-label/my\\x20root", ROOT_LABEL, "my root"},
	    {"/dev/disk/by-label/half\\x2", ROOT_LABEL, "half\\x2"},
	    {"/dev/disk/by-partuuid/x", ROOT_PARTUUID, "x"},
	    {"/dev/disk/by-partlabel/a\\x2fb", ROOT_PARTLABEL, "a/b"},
	    {"/dev/disk/by-id/wwn-0x5000", ROOT_BYID, "wwn-0x5000"},
	    {"/dev/disk/by-path/pci-0", ROOT_BYID, "by-path/pci-0"},
	    {"/dev/nfs", ROOT_NET, "nfs"},
	    {"nfs4:10.0.0.1:/srv", ROOT_NET, "nfs4:10.0.0.1:/srv"},
	    {"https://h/root.squashfs", ROOT_NET, "https://h/root.squashfs"},
	    {"dhcp", ROOT_NET, "dhcp"},
	    {"zfs:rpool/root", ROOT_UNSUPPORTED, "zfs:rpool/root"},
	    {"sda1", ROOT_UNSUPPORTED, "sda1"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct root_spec s;

		assert_int_equal(rootspec_parse(cases[i].text, &s), 0);
		assert_int_equal(s.kind, cases[i].kind);
		assert_string_equal(s.value, cases[i].value);
	}
}

static void malformed(void **state)
{
	static const char *const bad[] = {"",
					  "UUID=",
					  "LABEL=\"\"",
					  "PARTUUID=",
					  "PARTUUID=x/y",
					  "PARTUUID=x/PARTNROFF=",
					  "PARTUUID=x/PARTNROFF=1z",
					  "PARTUUID=/PARTNROFF=1",
					  "/dev/",
					  "/dev/disk/by-uuid/",
					  "8:",
					  "8:x",
					  "4096:1",
					  "8:1048576",
					  "8:1:2:3",
					  "/dev/block/8"};
	struct root_spec s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(rootspec_parse(bad[i], &s), -EINVAL);
}

static void too_long(void **state)
{
	char text[ROOTSPEC_VALUE_MAX + 16] = "LABEL=";
	struct root_spec s;

	(void)state;
	memset(text + 6, 'x', ROOTSPEC_VALUE_MAX - 1);
	assert_int_equal(rootspec_parse(text, &s), 0);
	assert_int_equal(strlen(s.value), ROOTSPEC_VALUE_MAX - 1);
	text[6 + ROOTSPEC_VALUE_MAX - 1] = 'x';
	assert_int_equal(rootspec_parse(text, &s), -ENAMETOOLONG);
}

static void device_numbers(void **state)
{
	struct root_spec s;

	(void)state;
	assert_int_equal(rootspec_parse("259:1048575", &s), 0);
	assert_int_equal(s.kind, ROOT_DEVNO);
	assert_int_equal(s.major, 259);
	assert_int_equal(s.minor, 1048575);
	assert_int_equal(rootspec_parse("8:1:4096", &s), 0);
	assert_int_equal(s.minor, 1);
	/* new_decode_dev: fe01 is 254:1; the upper bits go to the minor */
	assert_int_equal(rootspec_parse("fe01", &s), 0);
	assert_int_equal(s.kind, ROOT_DEVNO);
	assert_int_equal(s.major, 254);
	assert_int_equal(s.minor, 1);
	assert_int_equal(rootspec_parse("00110302", &s), 0);
	assert_int_equal(s.major, 259);
	assert_int_equal(s.minor, 0x102);
	assert_int_equal(rootspec_parse("/dev/block/8:17", &s), 0);
	assert_int_equal(s.kind, ROOT_DEVNO);
	assert_int_equal(s.minor, 17);
}

/* Which forms depend on the order in which the kernel found its devices. */
static void needing_order(void **state)
{
	static const char *const yes[] = {"/dev/sda1", "/dev/vda", "8:1", "fe01", "/dev/block/8:17"};
	static const char *const no[] = {"UUID=x",   "LABEL=x", "PARTUUID=x", "/dev/disk/by-id/x", "/dev/mapper/vg-lv",
					 "gpt-auto", "/dev/nfs"};
	struct root_spec s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(rootspec_parse(yes[i], &s), 0);
		assert_true(rootspec_needs_order(&s));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(no); i++) {
		assert_int_equal(rootspec_parse(no[i], &s), 0);
		assert_false(rootspec_needs_order(&s));
	}
}

static bool matches(const char *text, const struct block_facts *dev)
{
	struct root_spec s;

	assert_int_equal(rootspec_parse(text, &s), 0);
	return rootspec_matches(&s, dev);
}

static const struct block_facts part = {
    .devname = "sda2",
    .major = 8,
    .minor = 2,
    .disk = "sda",
    .partno = 2,
    .fs_type = "ext4",
    .fs_uuid = "0b1c2d3e-0000-4000-8000-00000000000a",
    .fs_label = "root",
    .part_uuid = "deadbeef-02",
    .part_label = "Linux root",
    .disk_uuid = "deadbeef",
};

static void tags(void **state)
{
	struct block_facts member = part, unknown = {.devname = "sdb"};

	(void)state;
	assert_true(matches("UUID=0B1C2D3E-0000-4000-8000-00000000000A", &part));
	assert_false(matches("UUID=0b1c2d3e", &part));
	assert_true(matches("LABEL=root", &part));
	assert_false(matches("LABEL=Root", &part));
	assert_true(matches("PARTLABEL=\"Linux root\"", &part));
	assert_true(matches("PARTUUID=DEADBEEF-02", &part));
	assert_true(matches("/dev/sda2", &part));
	assert_false(matches("/dev/sda", &part));
	assert_true(matches("8:2", &part));
	assert_true(matches("0802", &part));
	assert_false(matches("gpt-auto", &part));
	assert_false(matches("LABEL=root", &unknown));
	/* both disks of a mirror show the array's UUID: neither is the root */
	member.fs_type = "linux_raid_member";
	assert_false(matches("UUID=0b1c2d3e-0000-4000-8000-00000000000a", &member));
	assert_false(matches("LABEL=root", &member));
	assert_true(matches("PARTUUID=deadbeef-02", &member));
}

static void slash_in_names(void **state)
{
	struct block_facts sysfs = {.devname = "cciss!c0d0p1"}, node = {.devname = "cciss/c0d0p1"};

	(void)state;
	assert_true(matches("/dev/cciss/c0d0p1", &sysfs));
	assert_true(matches("/dev/cciss/c0d0p1", &node));
}

static void partnroff(void **state)
{
	struct block_facts gpt1 = {.devname = "vda1", .disk = "vda", .partno = 1, .part_uuid = "aaaa"};
	struct block_facts gpt2 = {.devname = "vda2", .disk = "vda", .partno = 2, .part_uuid = "bbbb"};
	struct block_facts other = {.devname = "vdb2", .disk = "vdb", .partno = 2, .part_uuid = "cccc"};
	struct root_spec s;

	(void)state;
	assert_true(matches("PARTUUID=deadbeef-01/PARTNROFF=1", &part));
	assert_true(matches("PARTUUID=deadbeef-03/PARTNROFF=-1", &part));
	assert_false(matches("PARTUUID=deadbeef-02/PARTNROFF=1", &part));
	assert_int_equal(rootspec_parse("PARTUUID=AAAA/PARTNROFF=1", &s), 0);
	assert_false(rootspec_matches(&s, &gpt1));
	assert_false(rootspec_matches(&s, &gpt2));
	assert_true(rootspec_matches_from(&s, &gpt1, &gpt2));
	assert_false(rootspec_matches_from(&s, &gpt1, &other));
	assert_false(rootspec_matches_from(&s, &gpt2, &gpt2));
}

static bool by_id(const char *name, const struct block_facts *dev)
{
	struct root_spec s = {.kind = ROOT_BYID};

	strncpy(s.value, name, sizeof(s.value) - 1);
	return rootspec_matches(&s, dev);
}

static void by_id_nvme(void **state)
{
	struct block_facts d = {.devname = "nvme0n1p3",
				.disk = "nvme0n1",
				.partno = 3,
				.bus = "nvme",
				.model = "QEMU NVMe Ctrl                          ",
				.serial = "ab  cd  ",
				.wwn = "eui.0025385b71b0a1b2"};

	(void)state;
	assert_true(by_id("nvme-QEMU_NVMe_Ctrl_ab_cd-part3", &d));
	/* string_escape=replace writes each blank */
	assert_true(by_id("nvme-QEMU_NVMe_Ctrl_ab__cd-part3", &d));
	assert_true(by_id("nvme-QEMU_NVMe_Ctrl_ab_cd_1-part3", &d));
	assert_true(by_id("nvme-eui.0025385b71b0a1b2-part3", &d));
	assert_false(by_id("nvme-eui.0025385b71b0a1b2", &d));
	assert_false(by_id("nvme-eui.0025385b71b0a1b2-part2", &d));
	assert_false(by_id("nvme-QEMU_NVMe_Ctrl-part3", &d));
	d.partno = 0;
	d.disk = NULL;
	d.devname = "nvme0n1";
	assert_true(by_id("nvme-eui.0025385b71b0a1b2", &d));
	d.wwn = "uuid.12345678-1234-1234-1234-123456789abc";
	assert_true(by_id("nvme-uuid.12345678-1234-1234-1234-123456789abc", &d));
	d.bus = "virtio";
	assert_false(by_id("nvme-uuid.12345678-1234-1234-1234-123456789abc", &d));
}

static void by_id_virtio(void **state)
{
	struct block_facts d = {.devname = "vda", .bus = "virtio", .serial = "ROOT?1"};
	struct block_facts none = {.devname = "vda", .bus = "virtio", .serial = ""};

	(void)state;
	assert_true(by_id("virtio-ROOT_1", &d));
	assert_false(by_id("virtio-ROOT?1", &d));
	assert_false(by_id("virtio-", &none));
	/* a serial that looks like a partition's suffix */
	d.serial = "x-part2";
	assert_true(by_id("virtio-x-part2", &d));
	d.partno = 1;
	assert_true(by_id("virtio-x-part2-part1", &d));
	assert_false(by_id("virtio-x-part2", &d));
}

static void by_id_ata_and_scsi(void **state)
{
	struct block_facts d = {.devname = "sda1",
				.disk = "sda",
				.partno = 1,
				.bus = "ata",
				.vendor = "ATA     ",
				.model = "Samsung SSD 850 ",
				.serial = "S21NX0AG",
				.wwn = "naa.50025388a0b1c2d3"};

	(void)state;
	/* sysfs keeps 16 characters of the model */
	assert_true(by_id("ata-Samsung_SSD_850_EVO_500GB_S21NX0AG-part1", &d));
	assert_true(by_id("ata-Samsung_SSD_850_S21NX0AG-part1", &d));
	assert_false(by_id("ata-Samsung_SSD_850_EVO_500GB_S21NX0AH-part1", &d));
	assert_true(by_id("wwn-0x50025388a0b1c2d3-part1", &d));
	assert_true(by_id("scsi-350025388a0b1c2d3-part1", &d));
	assert_false(by_id("wwn-0x50025388a0b1c2d3", &d));
	d.bus = "scsi";
	d.vendor = "QEMU    ";
	d.model = "QEMU HARDDISK   ";
	d.serial = "disk1";
	d.wwn = NULL;
	assert_true(by_id("scsi-0QEMU_QEMU_HARDDISK_disk1-part1", &d));
	assert_true(by_id("scsi-SQEMU_QEMU_HARDDISK_disk1-part1", &d));
	assert_false(by_id("wwn-0x0-part1", &d));
}

static void by_id_usb_and_others(void **state)
{
	struct block_facts d = {.devname = "sdb",
				.bus = "usb",
				.vendor = "SanDisk ",
				.model = "Cruzer Blade",
				.serial = "4C5300",
				.diskseq = "12"};

	(void)state;
	assert_true(by_id("usb-SanDisk_Cruzer_Blade_4C5300-0:0", &d));
	assert_false(by_id("usb-SanDisk_Cruzer_Blade_4C5300-0:1", &d));
	d.instance = "0:1";
	assert_true(by_id("usb-SanDisk_Cruzer_Blade_4C5300-0:1", &d));
	assert_true(by_id("by-diskseq/12", &d));
	assert_false(by_id("by-path/pci-0000:00:01.0", &d));
	assert_false(by_id("", &d));
}

static void by_path(void **state)
{
	struct block_facts d = {.devname = "sda2", .disk = "sda", .partno = 2, .path = "pci-0000:00:1f.2-ata-1.0"};

	(void)state;
	assert_true(by_id("by-path/pci-0000:00:1f.2-ata-1.0-part2", &d));
	assert_true(by_id("by-path/pci-0000:00:1f.2-ata-1-part2", &d));
	assert_false(by_id("by-path/pci-0000:00:1f.2-ata-1.0-part1", &d));
	assert_false(by_id("by-path/pci-0000:00:1f.2-ata-1.0", &d));
	assert_false(by_id("by-path/pci-0000:00:1f.2-ata-2-part2", &d));
	d.path = "pci-0000:00:05.0-usb-0:1:1.0-scsi-0:0:0:0";
	assert_true(by_id("by-path/pci-0000:00:05.0-usb-0:1:1.0-scsi-0:0:0:0-part2", &d));
	assert_true(by_id("by-path/pci-0000:00:05.0-usbv2-0:1:1.0-scsi-0:0:0:0-part2", &d));
	assert_false(by_id("by-path/pci-0000:00:05.0-usbv4-0:1:1.0-scsi-0:0:0:0-part2", &d));
	d = (struct block_facts){.devname = "vda", .bus = "virtio", .path = "pci-0000:00:04.0"};
	assert_true(by_id("by-path/pci-0000:00:04.0", &d));
	assert_true(by_id("by-path/virtio-pci-0000:00:04.0", &d));
	assert_false(by_id("by-path/", &d));
}

static const char *near_miss(const char *text, const struct block_facts *dev);

/* A path that is nobody's: the report tells everybody's. */
static void by_path_near_miss(void **state)
{
	struct block_facts d = {.devname = "vda", .bus = "virtio", .path = "pci-0000:00:04.0"};

	(void)state;
	assert_string_equal(near_miss("/dev/disk/by-path/pci-0000:00:03.0", &d),
			    "vda is /dev/disk/by-path/pci-0000:00:04.0");
}

static const char *near_miss(const char *text, const struct block_facts *dev)
{
	static char out[256];
	struct root_spec s;

	assert_int_equal(rootspec_parse(text, &s), 0);
	return rootspec_near_miss(&s, dev, out, sizeof(out)) ? out : "";
}

static void near_misses(void **state)
{
	struct block_facts member = part, blank = part;

	(void)state;
	assert_string_equal(near_miss("LABEL=Root", &part),
			    "the label of sda2 is \"root\": it differs in upper and lower case");
	blank.fs_label = "root ";
	assert_string_equal(near_miss("LABEL=root", &blank),
			    "the label of sda2 is \"root \": it differs in blanks at its ends");
	assert_string_equal(near_miss("UUID=DEADBEEF-02", &part),
			    "sda2 has this as its partition UUID: write root=PARTUUID=deadbeef-02");
	assert_string_equal(near_miss("sda2", &part), "sda2 has this as its name: write root=/dev/sda2");
	assert_string_equal(near_miss("PARTUUID=deadbeef", &part),
			    "this is the UUID of the partition table that sda2 is in, not of a partition");
	member.fs_type = "linux_raid_member";
	assert_string_equal(near_miss("LABEL=root", &member),
			    "sda2 has this label but is only a part (linux_raid_member) of what has it");
	assert_string_equal(near_miss("/dev/sda", &part), "sda2 is a partition of it");
	assert_string_equal(near_miss("/dev/vda2", &part),
			    "sda2 has the same partition number; disks are named in the order they are found: write "
			    "root=UUID=0b1c2d3e-0000-4000-8000-00000000000a");
	assert_string_equal(near_miss("/dev/nvme0n1p2", &part),
			    "sda2 has the same partition number; disks are named in the order they are found: write "
			    "root=UUID=0b1c2d3e-0000-4000-8000-00000000000a");
	assert_string_equal(near_miss("/dev/vda3", &part), "");
	assert_string_equal(near_miss("LABEL=other", &part), "");
	assert_string_equal(near_miss("/dev/sda2", &part), "");
}

static void near_miss_by_id(void **state)
{
	struct block_facts d = {.devname = "vda1", .disk = "vda", .partno = 1, .bus = "virtio", .serial = "R"};

	(void)state;
	assert_string_equal(near_miss("/dev/disk/by-id/virtio-R", &d),
			    "vda1 is on the disk of that name, but another part of it");
}

static void descriptions(void **state)
{
	static const char *const same[] = {
	    "UUID=x",	 "LABEL=x",	      "PARTLABEL=x",	    "PARTUUID=x", "PARTUUID=x/PARTNROFF=-1",
	    "/dev/sda1", "/dev/disk/by-id/x", "/dev/disk/by-path/x"};
	char out[300], small[8];
	struct root_spec s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(same); i++) {
		assert_int_equal(rootspec_parse(same[i], &s), 0);
		rootspec_describe(&s, out, sizeof(out));
		assert_string_equal(out, same[i]);
	}
	rootspec_describe(&s, small, sizeof(small));
	assert_string_equal(small, "/dev/di");
	assert_int_equal(rootspec_parse("fe01", &s), 0);
	rootspec_describe(&s, out, sizeof(out));
	assert_string_equal(out, "device number 254:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),
	    cmocka_unit_test(malformed),
	    cmocka_unit_test(too_long),
	    cmocka_unit_test(device_numbers),
	    cmocka_unit_test(needing_order),
	    cmocka_unit_test(tags),
	    cmocka_unit_test(slash_in_names),
	    cmocka_unit_test(partnroff),
	    cmocka_unit_test(by_id_nvme),
	    cmocka_unit_test(by_id_virtio),
	    cmocka_unit_test(by_id_ata_and_scsi),
	    cmocka_unit_test(by_id_usb_and_others),
	    cmocka_unit_test(by_path),
	    cmocka_unit_test(by_path_near_miss),
	    cmocka_unit_test(near_misses),
	    cmocka_unit_test(near_miss_by_id),
	    cmocka_unit_test(descriptions),
	};

	return cmocka_run_group_tests_name("rootspec", tests, NULL, NULL);
}
