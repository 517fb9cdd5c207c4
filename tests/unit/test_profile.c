// SPDX-License-Identifier: GPL-2.0-or-later
/* Hardware profiles: read, written, and taken from machines that are not there (tests/fixtures/fake-machine). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../builder/profile.h"
#include "../../builder/stack.h"

static void written_is_what_was_read(void **state)
{
	static const char text[] = "rootward-hardware 1\n"
				   "kernel 6.1.0\n"
				   "device /devices/a\\x20b pci:v1 nvme\n"
				   "device /devices/c -\n"
				   "device /devices/d - drv\n"
				   "stack / /dev/sda1 ext4\n"
				   "layer / partition sda1 /devices/x/sda/sda1\n"
				   "layer / disk sda /devices/x/sda\n"
				   "stack resume UUID=1 -\n";
	AUTOFREE char *copy = xstrdup(text);
	CLEANUP(profile_free) struct hw_profile p;
	CLEANUP(buf_free) struct buf out = {0};

	(void)state;
	assert_null(profile_parse(copy, "text", &p));
	assert_int_equal(p.devices.count, 3);
	assert_string_equal(p.devices.items[0].syspath, "/devices/a b");
	assert_null(p.devices.items[1].modalias);
	assert_null(profile_stack(&p, "resume")->fstype);
	assert_null(profile_stack(&p, "/usr"));
	assert_non_null(profile_device(&p, "/devices/d"));
	assert_null(profile_device(&p, "/devices"));
	assert_null(profile_write(&p, &out));
	assert_string_equal(out.data, text);
}

static void paths_as_people_write_them(void **state)
{
	char text[] = "rootward-hardware 1\ndevice /sys/devices/a x\ndevice devices/b y\n";
	CLEANUP(profile_free) struct hw_profile p;

	(void)state;
	assert_null(profile_parse(text, "text", &p));
	assert_string_equal(p.devices.items[0].syspath, "/devices/a");
	assert_string_equal(p.devices.items[1].syspath, "/devices/b");
}

static void assert_refused(const char *body, const char *message)
{
	AUTOFREE char *text = xasprintf("rootward-hardware 1\n%s", body);
	CLEANUP(profile_free) struct hw_profile p;
	struct err *e = profile_parse(text, "F", &p);

	assert_non_null(e);
	assert_string_equal(err_message(e), message);
	assert_int_equal(err_status(e), EXIT_FAILED);
	err_free(e);
}

static void refused(void **state)
{
	char other[] = "#!/bin/sh\n";
	CLEANUP(profile_free) struct hw_profile p;
	struct err *e;

	(void)state;
	assert_refused("kernel k\nlayer / disk sda /x\n", "F: line 3: a layer before its stack");
	assert_refused("stack / a b\nstack / c d\n", "F: line 3: a second stack for this mount");
	assert_refused("stack / a b\nlayer / - sda /x\n", "F: line 3: a layer without kind or name");
	assert_refused("device /a\n", "F: line 2: too few words, or a bad \\xNN in one");
	e = profile_parse(other, "F", &p);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "rootward capture"));
	err_free(e);
}

/* A machine of KIND below a new directory, its profile in P. */
static void capture(const char *kind, const char *sysroot, struct hw_profile *p)
{
	char dir[] = "/tmp/rootward-test-XXXXXX";
	AUTOFREE char *make = NULL, *clean = NULL, *below = NULL;

	assert_non_null(mkdtemp(dir));
	make = xasprintf("tests/fixtures/fake-machine %s %s", dir, kind);
	clean = xasprintf("rm -rf %s", dir);
	assert_int_equal(system(make), 0);
	below = *sysroot ? xasprintf("%s%s", dir, sysroot) : xstrdup("");
	if (*sysroot) {
		AUTOFREE char *fstab =
		    xasprintf("mkdir -p %s/etc && cp tests/fixtures/fstab-other %s/etc/fstab", below, below);
		assert_int_equal(system(fstab), 0);
	}
	assert_null(profile_capture(dir, below, p));
	assert_int_equal(system(clean), 0);
}

/* Layers under MOUNT as "kind name, kind name". */
static void assert_layers(const struct hw_profile *p, const char *mount, const char *expected)
{
	const struct hw_stack *s = profile_stack(p, mount);
	CLEANUP(buf_free) struct buf out = {0};

	assert_non_null(s);
	buf_puts(&out, "");
	for (size_t i = 0; i < s->layers.count; i++)
		buf_printf(&out, "%s%s %s", i ? ", " : "", s->layers.items[i].kind, s->layers.items[i].name);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void captured_layers(void **state)
{
	static const struct {
		const char *kind, *layers;
	} cases[] = {
	    {"virtio", "partition vda1, disk vda"},
	    {"nvme", "partition nvme0n1p1, disk nvme0n1"},
	    {"nvme-multipath", "disk nvme0n1, controller nvme0"},
	    {"nvme-tcp", "disk nvme0n1, nvme-fabrics nvme0"},
	    {"nvme-fc", "nvme-fc nvme0n1"},
	    {"usb", "disk sdc"},
	    {"luks", "dm-crypt cryptroot, partition vda2, disk vda"},
	    {"lvm", "lvm vg-root, dm-crypt cryptpv, partition vda2, disk vda, partition vda1, disk vda"},
	    {"md", "md md0, partition sda1, disk sda, partition vda1, disk vda"},
	    {"btrfs", "partition sda1, disk sda, partition vda1, disk vda"},
	    {"multipath", "dm-partition mpatha-part1, multipath mpatha, disk sda, disk sdb"},
	    {"iscsi", "iscsi sda"},
	    {"loop", "loop loop0"},
	    {"log", "partition vda1, disk vda, partition sda1, disk sda"},
	    {"log-lvm", "partition vda1, disk vda, lvm vg-log, partition vda2, disk vda"},
	    {"nfs", ""},
	    {"container", ""},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(profile_free) struct hw_profile p;

		capture(cases[i].kind, "", &p);
		assert_layers(&p, "/", cases[i].layers);
	}
}

static void captured_devices(void **state)
{
	CLEANUP(profile_free) struct hw_profile p;
	const struct hw_device *d;

	(void)state;
	capture("virtio", "", &p);
	assert_string_equal(p.kernel, "6.1.0-test");
	d = profile_device(&p, "/devices/pci0000:00/0000:00:04.0/virtio04");
	assert_non_null(d);
	assert_string_equal(d->modalias, "virtio:d00000002v00001AF4");
	assert_string_equal(d->driver, "virtio_blk");
	for (size_t i = 1; i < p.devices.count; i++)
		assert_true(strcmp(p.devices.items[i - 1].syspath, p.devices.items[i].syspath) < 0);
}

static void unknown_is_said(void **state)
{
	CLEANUP(profile_free) struct hw_profile container, none, known;
	CLEANUP(buf_free) struct buf a = {0}, b = {0}, c = {0};

	(void)state;
	capture("container", "", &container);
	profile_unknown(&container, &a);
	assert_string_equal(a.data, "no device was found in /sys\n"
				    "no block device was found under / (overlay, overlay)\n");
	capture("none", "", &none);
	profile_unknown(&none, &b);
	assert_string_equal(b.data, "what is mounted on / is not known\n");
	capture("virtio", "", &known);
	profile_unknown(&known, &c);
	assert_int_equal(c.len, 0);
}

/* For another system only its fstab counts, not what is mounted here. */
static void another_system(void **state)
{
	CLEANUP(profile_free) struct hw_profile p;

	(void)state;
	capture("md", "/other", &p);
	assert_string_equal(profile_stack(&p, "/")->source, "/dev/vda1");
	assert_string_equal(profile_stack(&p, "/")->fstype, "btrfs");
	assert_layers(&p, "/", "partition vda1, disk vda");
	assert_layers(&p, "/usr", "");
	assert_null(profile_stack(&p, "/usr")->fstype);
	assert_layers(&p, "swap", "partition sda1, disk sda");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(written_is_what_was_read),
	    cmocka_unit_test(paths_as_people_write_them),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(captured_layers),
	    cmocka_unit_test(captured_devices),
	    cmocka_unit_test(unknown_is_said),
	    cmocka_unit_test(another_system),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
