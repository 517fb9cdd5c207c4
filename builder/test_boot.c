/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_boot.h"

#include <string.h>
#include <unistd.h>

#include "child.h"
#include "harness.h"
#include "interrupt.h"

#define QEMU "qemu-system-x86_64"
#define LABEL "rw-testboot" /* xfs has room for 12 */
/* Seconds. Without KVM a generic image takes some twenty; a machine under load is no reason to fail. */
#define BOOT_DEADLINE "180"
#define HARNESS_DEADLINE 240
#define DISK_DEADLINE 60

/* Disks of the harness (qemu/boot --disk FILE,bus=BUS) and their drivers; the quickest first. */
static const struct {
	const char *bus, *modules[4]; /* the first is that of the controller */
} buses[] = {
    {"virtio-blk", {"virtio_blk", "virtio_pci"}},
    {"nvme", {"nvme"}},
    {"ahci", {"ahci", "sd_mod"}},
    {"virtio-scsi", {"virtio_scsi", "virtio_pci", "sd_mod"}},
    {"pvscsi", {"vmw_pvscsi", "sd_mod"}},
    {"megasas", {"megaraid_sas", "sd_mod"}},
    {"mptsas", {"mptsas", "sd_mod"}},
};

static const char *const file_systems[] = {"ext4", "xfs", "btrfs", "f2fs"};

static bool has_modules(const struct test_boot *t, const char *const *modules, size_t n)
{
	for (size_t i = 0; i < n && modules[i]; i++)
		if (!t->has_module(t->arg, modules[i]))
			return false;
	return true;
}

/* Whether DEVICE is on the way to a disk of ROOT; of all disks where nothing is known of ROOT. */
static bool leads_to_root(const struct hw_device *device, const struct hw_stack *root)
{
	size_t len = strlen(device->syspath);

	if (!root || root->layers.count == 0)
		return true;
	for (size_t i = 0; i < root->layers.count; i++) {
		const char *path = root->layers.items[i].syspath;
		if (path && strncmp(path, device->syspath, len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

static bool has_controller(const struct hw_profile *hardware, const char *module)
{
	const struct hw_stack *root = profile_stack(hardware, "/");

	for (size_t i = 0; i < hardware->devices.count; i++) {
		const struct hw_device *d = &hardware->devices.items[i];
		if (d->driver && strcmp(d->driver, module) == 0 && leads_to_root(d, root))
			return true;
	}
	return false;
}

/* One that the hardware has, too, where there is such a one. */
static const char *usable_bus(const struct test_boot *t, const struct hw_profile *hardware)
{
	const char *any = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		if (!has_modules(t, buses[i].modules, ARRAY_SIZE(buses[i].modules)))
			continue;
		if (has_controller(hardware, buses[i].modules[0]))
			return buses[i].bus;
		any = any ? any : buses[i].bus;
	}
	return any;
}

static const char *usable_fs(const struct test_boot *t, const struct hw_profile *hardware)
{
	const struct hw_stack *root = profile_stack(hardware, "/");
	const char *any = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++) {
		if (!t->has_module(t->arg, file_systems[i]))
			continue;
		if (root && root->fstype && strcmp(root->fstype, file_systems[i]) == 0)
			return file_systems[i];
		any = any ? any : file_systems[i];
	}
	return any;
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

static struct err *boot_in(const struct test_boot *t, const struct hw_profile *hardware, const char *dir)
{
	/* Another program opens it by this name whether it has one or not. */
	AUTOFREE char *image = xasprintf("/proc/%ld/fd/%d", (long)getpid(), t->image_fd);
	AUTOFREE char *file = path_join(dir, "root.img");
	const char *bus = usable_bus(t, hardware), *fs = usable_fs(t, hardware);
	AUTOFREE char *disk = xasprintf("%s,bus=%s", file, bus ? bus : buses[0].bus);

	say("booting the new image in QEMU: %s on %s", fs ? fs : "no file system", bus ? bus : "no disk it can drive");
	struct err *e = make_disk(fs ? fs : file_systems[0], file);

	if (!e)
		e = boot(t, image, disk, bus && fs);
	(void)unlink(file);
	return e ? e : interrupt_error();
}

struct err *test_boot(const struct test_boot *t)
{
	const char *tmp = getenv("TMPDIR");
	AUTOFREE char *dir = path_join(tmp && *tmp ? tmp : "/tmp", "rootward-boot.XXXXXX");

	if (!child_exists(QEMU)) {
		warn("test-boot = yes, but " QEMU " is not installed: the new image is published without a test boot");
		return NULL;
	}
	struct hw_profile here = {0};
	struct err *e = t->hardware ? NULL : profile_capture("", t->sysroot, &here);
	/* Neither the directory nor the guest outlives us. */
	if (!e)
		e = interrupt_hold();
	if (!e && !mkdtemp(dir))
		e = err_sys(errno, "directory for the test boot: %s", dir);
	else if (!e) {
		e = boot_in(t, t->hardware ? t->hardware : &here, dir);
		(void)rmdir(dir);
	}
	interrupt_release();
	profile_free(&here);
	return err_wrap(e, "test boot");
}
