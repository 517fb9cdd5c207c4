/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the names in /dev/disk/by-id and by-path are made of, from a sysfs made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/block.h"
#include "fake_disks.h"

static const struct root_spec by_id = {.kind = ROOT_BYID};

static void test_ata_identity(void **state)
{
	struct fake *f = *state;
	const struct block_facts *facts;

	assert_true(fake_run(f, "d=$2/devices/pci/ata1/host0/target0:0:3/0:0:3:0/block/sda; mkdir -p $d/device;"
				"echo 'ATA     ' >$d/device/vendor; echo 'Long Model Na' >$d/device/model;"
				"{ printf '\\000\\203\\000\\124\\002\\001\\000\\104ATA     %-40s%-20s' "
				"'Long Model Name Beyond 16' '  S123';"
				"printf '\\001\\003\\000\\010\\120\\001\\002\\003\\004\\005\\006\\007'; } "
				">$d/device/vpd_pg83; echo 2048 >$d/size; truncate -s 1M $1/sda"));
	fake_event(f, UEVENT_ADD, "/devices/pci/ata1/host0/target0:0:3/0:0:3:0/block/sda", NULL);
	facts = fake_facts(f, "sda");
	assert_null(facts->serial);
	block_identify(&f->b, &by_id);
	assert_string_equal(facts->bus, "ata");
	assert_string_equal(facts->model, "Long Model Name Beyond 16");
	assert_string_equal(facts->serial, "S123");
	assert_string_equal(facts->wwn, "naa.5001020304050607");
	assert_string_equal(facts->instance, "3:0");
}

/* A page that claims to be longer than it is must not be read past its end. */
static void test_damaged_vpd(void **state)
{
	struct fake *f = *state;

	assert_true(fake_run(f, "d=$2/devices/pci/block/sda; mkdir -p $d/device; echo X >$d/device/vendor;"
				"printf '\\000\\203\\000\\377\\001\\003\\000\\377\\120' >$d/device/vpd_pg83;"
				"echo 2048 >$d/size; truncate -s 1M $1/sda"));
	fake_event(f, UEVENT_ADD, "/devices/pci/block/sda", NULL);
	block_identify(&f->b, &by_id);
	assert_null(fake_facts(f, "sda")->wwn);
	assert_string_equal(fake_facts(f, "sda")->vendor, "X");
}

/* One disk at DEVPATH, SCRIPT run in the sysfs to make its parents devices of their subsystems. */
static const char *path_of(struct fake *f, const char *devpath, const char *script)
{
	char command[1024];
	const char *name = strrchr(devpath, '/') + 1;

	snprintf(command, sizeof(command),
		 "cd \"$2/devices\"; mkdir -p \"$2%s\"; echo 2048 >\"$2%s/size\"; truncate -s 1M \"$1/%s\";"
		 "is() { ln -s /sys/bus/$1 $2/subsystem; }; %s",
		 devpath, devpath, name, script);
	assert_true(fake_run(f, "mkdir -p $2/devices"));
	assert_true(fake_run(f, command));
	fake_event(f, UEVENT_ADD, devpath, NULL);
	block_identify(&f->b, &by_id);
	return fake_facts(f, name)->path;
}

/* What udev 252 said of these disks of QEMU. */
static void test_paths(void **state)
{
	struct fake *f = *state;

	assert_string_equal(
	    path_of(
		f, "/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sda",
		"cd pci0000:00; is pci 0000:00:1f.2; cd 0000:00:1f.2/ata3; mkdir -p ata_port/ata3;"
		"echo 1 >ata_port/ata3/port_no; cd host2; is scsi .; is scsi target2:0:0; is scsi target2:0:0/2:0:0:0"),
	    "pci-0000:00:1f.2-ata-1.0");
	assert_string_equal(path_of(f, "/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1",
				    "cd pci0000:00; is pci 0000:00:01.0; cd 0000:00:01.0; is pci 0000:01:00.0;"
				    "is nvme 0000:01:00.0/nvme/nvme0; cd 0000:01:00.0/nvme/nvme0; is block nvme0n1;"
				    "echo 1 >nvme0n1/nsid"),
			    "pci-0000:01:00.0-nvme-1");
	assert_string_equal(path_of(f, "/devices/pci0000:00/0000:00:04.0/virtio0/block/vda",
				    "cd pci0000:00; is pci 0000:00:04.0; is virtio 0000:00:04.0/virtio0"),
			    "pci-0000:00:04.0");
	assert_string_equal(
	    path_of(f, "/devices/pci0000:00/0000:00:05.0/usb1/1-2/1-2:1.0/host7/target7:0:0/7:0:0:0/block/sdb",
		    "cd pci0000:00; is pci 0000:00:05.0; cd 0000:00:05.0; is usb usb1; is usb usb1/1-2;"
		    "is usb usb1/1-2/1-2:1.0; cd usb1/1-2/1-2:1.0/host7/target7:0:0; is scsi 7:0:0:0; is scsi .; is "
		    "scsi .."),
	    "pci-0000:00:05.0-usb-0:2:1.0-scsi-0:0:0:0");
	/* The second of a controller's two hosts. */
	assert_string_equal(path_of(f, "/devices/pci0000:00/0000:00:06.0/host9/target9:0:3/9:0:3:1/block/sdc",
				    "cd pci0000:00; is pci 0000:00:06.0; cd 0000:00:06.0; mkdir host8;"
				    "is scsi host9/target9:0:3/9:0:3:1"),
			    "pci-0000:00:06.0-scsi-1:0:3:1");
	assert_string_equal(
	    path_of(f, "/devices/platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:1/block/mmcblk0",
		    "is platform platform/soc/fe340000.mmc; is mmc platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:1"),
	    "platform-fe340000.mmc");
	/* udev has none for what hangs on nothing; those of Fibre Channel we do not know. */
	assert_null(path_of(f, "/devices/virtual/block/loop0", ""));
	assert_null(path_of(f, "/devices/pci0000:00/0000:00:09.0/host5/rport-5:0-0/target5:0:0/5:0:0:0/block/sde",
			    "cd pci0000:00; is pci 0000:00:09.0; is scsi "
			    "0000:00:09.0/host5/rport-5:0-0/target5:0:0/5:0:0:0"));
}

#define SAS "/devices/pci0000:00/0000:00:07.0/host4/"
#define SAS_DISK "port-4:0/end_device-4:0/target4:0:0/4:0:0:0/block/"
/* The current directory is that of the port's parent. */
#define SAS_FACTS \
	"cd port-4:0; mkdir -p sas_port/port-4:0; echo 1 >sas_port/port-4:0/num_phys; cd end_device-4:0;" \
	"mkdir -p sas_device/end_device-4:0; echo 3 >sas_device/end_device-4:0/phy_identifier;" \
	"echo 0x5000c50000000007 >sas_device/end_device-4:0/sas_address; is scsi target4:0:0/4:0:0:0"

static void test_sas_paths(void **state)
{
	struct fake *f = *state;

	assert_null(path_of(f, SAS SAS_DISK "sda",
			    "cd pci0000:00; is pci 0000:00:07.0; cd 0000:00:07.0/host4;"
			    "is scsi port-4:0/end_device-4:0/target4:0:0/4:0:0:0"));
	assert_string_equal(
	    path_of(f, SAS SAS_DISK "sdb",
		    "cd pci0000:00/0000:00:07.0/host4; rm -r port-4:0/end_device-4:0/t*/4*/s*;" SAS_FACTS),
	    "pci-0000:00:07.0-sas-phy3-lun-0");
	assert_string_equal(
	    path_of(f, SAS SAS_DISK "sdc", "echo 4 >pci0000:00/0000:00:07.0/host4/port-4:0/sas_port/port-4:0/num_phys"),
	    "pci-0000:00:07.0-sas-0x5000c50000000007-lun-0");
	assert_string_equal(path_of(f, SAS "expander-4:0/" SAS_DISK "sdd",
				    "cd pci0000:00/0000:00:07.0/host4/expander-4:0; mkdir -p sas_device/expander-4:0;"
				    "echo 0x500304800000000f >sas_device/expander-4:0/sas_address;" SAS_FACTS),
			    "pci-0000:00:07.0-sas-exp0x500304800000000f-phy3-lun-0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ata_identity, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_damaged_vpd, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_paths, fake_setup, fake_teardown),
	    cmocka_unit_test_setup_teardown(test_sas_paths, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("block_identity", tests, NULL, NULL);
}
