// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk below /sys/devices on an invented one, and the names behind the cookies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/uevents.h"

static char sys[] = "/tmp/coldplug.XXXXXX";
static char found[64][256];
static size_t found_count;

static void make_dir(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", sys, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", sys, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void remember(void *arg, const char *syspath, const char *modalias)
{
	assert_null(arg);
	assert_true(found_count < ARRAY_SIZE(found));
	snprintf(found[found_count++], sizeof(found[0]), "%s %s", syspath, modalias);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_walk(void **state)
{
	char path[512];

	(void)state;
	make_dir("devices");
	make_dir("devices/pci0");
	make_dir("devices/pci0/00:01.0");
	make_dir("devices/pci0/00:01.0/power");
	make_dir("devices/pci0/00:01.0/usb1");
	make_dir("devices/system");
	make_file("devices/pci0/00:01.0/modalias", "pci:v1d2\n");
	make_file("devices/pci0/00:01.0/usb1/modalias", "usb:v3p4");
	make_file("devices/pci0/00:01.0/power/modalias", "never:read\n");
	make_file("devices/system/modalias", "\n");
	snprintf(path, sizeof(path), "%s/devices/system/subsystem", sys);
	assert_int_equal(symlink("../pci0", path), 0);
	assert_int_equal(coldplug_walk(sys, false, remember, NULL), 0);
	qsort(found, found_count, sizeof(found[0]), compare);
	assert_int_equal(found_count, 2);
	assert_string_equal(found[0], "/devices/pci0/00:01.0 pci:v1d2");
	assert_string_equal(found[1], "/devices/pci0/00:01.0/usb1 usb:v3p4");
	/* With PCI read before: what is behind its devices is still found. */
	make_dir("devices/pci0/0000:00:1f.2");
	make_dir("devices/pci0/0000:00:1f.2/ata1");
	make_dir("devices/pci0/0000:00:1f.2x");
	make_file("devices/pci0/0000:00:1f.2/modalias", "pci:v5d6");
	make_file("devices/pci0/0000:00:1f.2/ata1/modalias", "scsi:t-0x00");
	make_file("devices/pci0/0000:00:1f.2x/modalias", "other");
	found_count = 0;
	assert_int_equal(coldplug_walk(sys, true, remember, NULL), 0);
	qsort(found, found_count, sizeof(found[0]), compare);
	assert_int_equal(found_count, 4);
	assert_string_equal(found[0], "/devices/pci0/0000:00:1f.2/ata1 scsi:t-0x00");
	assert_string_equal(found[1], "/devices/pci0/0000:00:1f.2x other");
	assert_int_equal(coldplug_walk("/nonexistent", false, remember, NULL), -ENOENT);
}

static void test_cookies(void **state)
{
	char name[32];
	uint32_t a, b;

	(void)state;
	a = cookie_new("/devices/a");
	b = cookie_new("/devices/b");
	assert_true(a && b && a != b);
	assert_int_equal(cookie_new("/devices/a"), a);
	assert_string_equal(cookie_name(b), "/devices/b");
	assert_string_equal(cookie_name(0), "");
	assert_string_equal(cookie_name(UINT32_MAX), "");
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "/devices/n%u", i);
		a = cookie_new(name);
	}
	assert_int_equal(a, 0); /* full: no name, no harm */
	assert_string_equal(cookie_name(b), "/devices/b");
	devices_clear();
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(sys) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", sys);
	return system(command);
}

/* What a shell has before the hardware is looked at: keyboards, cards and buses, and no disk's driver. */
static void test_leads_to_keyboard(void **state)
{
	static const struct {
		const char *path;
		uint32_t flags;
		bool leads;
	} cases[] = {{"hid/usbhid/usbhid.ko", MODULE_KEYBOARD, true},
		     {"net/virtio_net.ko.zst", MODULE_NETWORK, true},
		     {"usb/host/xhci-pci.ko", MODULE_STORAGE, true},
		     {"virtio/virtio_pci.ko", MODULE_STORAGE, true},
		     {"i2c/busses/i2c-designware-platform.ko", MODULE_STORAGE, true},
		     {"usb/storage/uas.ko", MODULE_STORAGE, false},
		     {"block/virtio_blk.ko", MODULE_STORAGE, false},
		     {"ata/ahci.ko", MODULE_STORAGE, false},
		     {"usbx/y.ko", 0, false}};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct index_module m = {.path = path, .flags = cases[i].flags};

		snprintf(path, sizeof(path), "/lib/modules/6.1.0/kernel/drivers/%s", cases[i].path);
		assert_int_equal(module_leads_to_keyboard(&m), cases[i].leads);
	}
	assert_false(module_leads_to_keyboard(&(struct index_module){.path = NULL}));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_walk),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_leads_to_keyboard),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
