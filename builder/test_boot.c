/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_boot.h"

#include <string.h>
#include <unistd.h>

#include "child.h"
#include "harness.h"

#define QEMU "qemu-system-x86_64"
#define LABEL "rw-testboot" /* xfs has room for 12 */
/* Seconds. Without KVM a generic image takes some twenty; a machine under load is no reason to fail. */
#define BOOT_DEADLINE "180"
#define HARNESS_DEADLINE 240
#define DISK_DEADLINE 60

/* Disks of the harness (qemu/boot --disk FILE,bus=BUS) and their drivers; the quickest first. */
static const struct {
	const char *bus, *modules[4];
} buses[] = {
    {"virtio-blk", {"virtio_pci", "virtio_blk"}},
    {"nvme", {"nvme"}},
    {"ahci", {"ahci", "sd_mod"}},
    {"virtio-scsi", {"virtio_pci", "virtio_scsi", "sd_mod"}},
    {"pvscsi", {"vmw_pvscsi", "sd_mod"}},
    {"megasas", {"megaraid_sas", "sd_mod"}},
    {"mptsas", {"mptsas", "sd_mod"}},
};

static const char *const file_systems[] = {"ext4", "xfs", "btrfs", "f2fs"};

static const char *usable_bus(const struct test_boot *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		bool all = true;
		for (size_t k = 0; k < ARRAY_SIZE(buses[i].modules) && buses[i].modules[k]; k++)
			all = all && t->has_module(t->arg, buses[i].modules[k]);
		if (all)
			return buses[i].bus;
	}
	return NULL;
}

static const char *usable_fs(const struct test_boot *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++)
		if (t->has_module(t->arg, file_systems[i]))
			return file_systems[i];
	return NULL;
}

static struct err *make_disk(const char *fs, char *path)
{
	AUTOFREE char *program = NULL;
	int status;

	TRY(harness_find("make-disk", &program));
	char *argv[] = {program, (char *)"--fs", (char *)(uintptr_t)fs, (char *)"--label", (char *)LABEL, path, NULL};
	TRY(child_run(argv, DISK_DEADLINE, &status));
	return status ? err_new(EXIT_FAILED, "%s: exit status %d", program, status) : NULL;
}

/* DRIVEN: the image has drivers for DISK; else it has done all that can be seen when it waits for its root. */
static struct err *boot(const struct test_boot *t, const char *image, const char *disk, bool driven)
{
	AUTOFREE char *program = NULL;
	const char *until = driven ? "ROOTWARD-TEST: real init" : "waiting for .*" LABEL;
	int status;

	TRY(harness_find("boot", &program));
	const char *const argv[] = {program,   "--quiet",   "--image",	   image,      "--kernel",
				    t->kernel, "--timeout", BOOT_DEADLINE, "--append", "root=LABEL=" LABEL,
				    "--disk",  disk,	    "--until",	   until,      NULL};
	TRY(child_run((char *const *)(uintptr_t)argv, HARNESS_DEADLINE, &status));
	if (status == 0)
		return NULL;
	return err_new(EXIT_VERIFY,
		       "the new image did not %s in QEMU (the end of its console is above): the old image stays; try "
		       "`rootward build -o FILE` and `rootward boot FILE`, or set test-boot = no",
		       driven ? "boot to a root" : "reach the wait for its root");
}

static struct err *boot_in(const struct test_boot *t, const char *dir)
{
	/* Another program opens it by this name whether it has one or not. */
	AUTOFREE char *image = xasprintf("/proc/%ld/fd/%d", (long)getpid(), t->image_fd);
	AUTOFREE char *file = path_join(dir, "root.img");
	const char *bus = usable_bus(t), *fs = usable_fs(t);
	AUTOFREE char *disk = xasprintf("%s,bus=%s", file, bus ? bus : buses[0].bus);
	struct err *e = make_disk(fs ? fs : file_systems[0], file);

	if (!e)
		e = boot(t, image, disk, bus && fs);
	(void)unlink(file);
	return e;
}

struct err *test_boot(const struct test_boot *t)
{
	const char *tmp = getenv("TMPDIR");
	AUTOFREE char *dir = path_join(tmp && *tmp ? tmp : "/tmp", "rootward-boot.XXXXXX");

	if (!child_exists(QEMU)) {
		warn("test-boot = yes, but " QEMU " is not installed: the new image is published without a test boot");
		return NULL;
	}
	say("booting the new image in QEMU");
	if (!mkdtemp(dir))
		return err_sys(errno, "directory for the test boot: %s", dir);
	struct err *e = boot_in(t, dir);
	(void)rmdir(dir);
	return err_wrap(e, "test boot");
}
