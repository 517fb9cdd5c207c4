// SPDX-License-Identifier: GPL-2.0-or-later
/* Host mode on an invented kernel: what is wanted for a machine, and how an image that holds it would boot there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../builder/host_select.h"
#include "../../builder/index_write.h"
#include "../../builder/simulate.h"

/* The kernel: modules in modules.dep's order. */
static const struct {
	const char *name, *path, *dep;
	bool builtin;
} modules[] = {
    {"virtio_pci", "kernel/drivers/virtio/virtio_pci.ko", NULL, false},
    {"virtio_blk", "kernel/drivers/block/virtio_blk.ko", NULL, false},
    {"virtio_net", "kernel/drivers/net/virtio_net.ko", NULL, false},
    {"sym53c8xx", "kernel/drivers/scsi/sym53c8xx_2/sym53c8xx.ko", NULL, false},
    {"jbd2", "kernel/fs/jbd2/jbd2.ko", NULL, false},
    {"ext4", "kernel/fs/ext4/ext4.ko", "jbd2", false},
    {"xfs", "kernel/fs/xfs/xfs.ko", NULL, false},
    {"serio_raw", "kernel/drivers/input/serio/serio_raw.ko", NULL, false},
    {"atkbd", "kernel/drivers/input/keyboard/atkbd.ko", NULL, false},
    {"evdev", "kernel/drivers/input/evdev.ko", NULL, false},
    {"usbhid", "kernel/drivers/hid/usbhid/usbhid.ko", NULL, false},
    {"hid_generic", "kernel/drivers/hid/hid-generic.ko", NULL, false},
    {"odd_bus", "kernel/drivers/odd/odd-bus.ko", NULL, false},
    {"mmc_block", "kernel/drivers/mmc/core/mmc_block.ko", NULL, false},
    {"hid_apple", "kernel/drivers/hid/hid-apple.ko", NULL, false},
    {"pinctrl_alderlake", "kernel/drivers/pinctrl/intel/pinctrl-alderlake.ko", NULL, false},
    {"9p", "kernel/fs/9p/9p.ko", NULL, false},
    {"9pnet_virtio", "kernel/net/9p/9pnet_virtio.ko", NULL, false},
    {"nvme", NULL, NULL, true},
};

static const struct {
	const char *pattern, *module;
} kernel_aliases[] = {
    {"pci:v00001AF4d*sv*sd*bc*sc*i*", "virtio_pci"},
    {"virtio:d00000002v*", "virtio_blk"},
    {"virtio:d00000001v*", "virtio_net"},
    {"pci:v00001000d00000012sv*sd*bc*sc*i*", "sym53c8xx"},
    {"fs_ext4", "ext4"},
    {"mmc:block", "mmc_block"},
    {"fs_xfs", "xfs"},
    {"fs_9p", "9p"},
    {"serio:ty06pr*id*ex*", "serio_raw"},
    {"serio:ty06pr*id*ex*", "atkbd"},
    {"input:b*v*p*e*_e*k*r*a*m*l*s*f*w*", "evdev"},
    {"usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*", "usbhid"},
    {"hid:b*g*v*p*", "hid_generic"},
    {"hid:b0003g*v000005ACp00000250", "hid_apple"},
    {"acpi*:INTC1056:*", "pinctrl_alderlake"},
};

static struct kmodule kmodules[ARRAY_SIZE(modules)], *kdeps[ARRAY_SIZE(modules)];

static struct kmodule *find(const char *name)
{
	for (unsigned i = 0; name && i < ARRAY_SIZE(modules); i++)
		if (strcmp(modules[i].name, name) == 0)
			return &kmodules[i];
	return NULL;
}

static struct kernel *make_kernel(void)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	k->sysroot = "";
	k->release = "1.2.3";
	k->moddir = "/nowhere";
	for (unsigned i = 0; i < ARRAY_SIZE(modules); i++) {
		kdeps[i] = find(modules[i].dep);
		kmodules[i] = (struct kmodule){.name = modules[i].name,
					       .path = modules[i].path,
					       .builtin = modules[i].builtin,
					       .order = i,
					       .deps = &kdeps[i],
					       .dep_count = kdeps[i] ? 1 : 0};
		VEC_PUSH(&k->modules, &kmodules[i]);
		strmap_put(&k->by_name, kmodules[i].name, &kmodules[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(kernel_aliases); i++)
		VEC_PUSH(&k->aliases, ((struct kalias){kernel_aliases[i].pattern, find(kernel_aliases[i].module)}));
	VEC_PUSH(&k->builtin_aliases, ((struct kalias){"pci:v*d*sv*sd*bc01sc08i02*", find("nvme")}));
	return k;
}

static void free_kernel(struct kernel **k)
{
	VEC_FREE(&(*k)->modules);
	VEC_FREE(&(*k)->aliases);
	VEC_FREE(&(*k)->builtin_aliases);
	strmap_free(&(*k)->by_name);
	free(*k);
}

#define VIRTIO_DISK \
	"device /devices/pci/04.0 pci:v00001AF4d00001042sv00001AF4sd00001100bc01sc00i00 virtio-pci\n" \
	"device /devices/pci/04.0/virtio1 virtio:d00000002v00001AF4 virtio_blk\n"
#define OTHERS \
	"device /devices/pci/05.0/virtio2 virtio:d00000001v00001AF4 virtio_net\n" \
	"device /devices/pci/1e.0 pci:v00001000d00000012sv00001000sd00001000bc01sc00i00 sym53c8xx\n"
#define ROOT \
	"stack / /dev/vda1 ext4\n" \
	"layer / partition vda1 /devices/pci/04.0/virtio1/block/vda/vda1\n" \
	"layer / disk vda /devices/pci/04.0/virtio1/block/vda\n"

static struct err *note(void *arg, const char *module, const char *reason)
{
	buf_printf(arg, "%s: %s\n", module, reason);
	return NULL;
}

static bool drives_storage(void *arg, const char *module)
{
	(void)arg;
	return strncmp(module, "virtio_net", 10) != 0;
}

static bool drives_no_network(void *arg, const char *module)
{
	(void)arg;
	(void)module;
	return false;
}

static bool drives_network(void *arg, const char *module)
{
	(void)arg;
	return strcmp(module, "virtio_net") == 0;
}

static struct hw_profile profile_of(const char *body)
{
	AUTOFREE char *text = xasprintf("rootward-hardware 1\n%s", body);
	struct hw_profile p;

	assert_null(profile_parse(text, "test", &p));
	return p;
}

static void assert_wants_with(host_drives_fn *cards, const char *body, const char *expected)
{
	CLEANUP(profile_free) struct hw_profile p = profile_of(body);
	CLEANUP(free_kernel) struct kernel *k = make_kernel();
	CLEANUP(buf_free) struct buf out = {0};

	assert_null(host_select(k, &p, &(struct host_caller){note, drives_storage, cards, &out}));
	assert_string_equal(out.data ? out.data : "", expected);
}

static void assert_wants(const char *body, const char *expected)
{
	assert_wants_with(drives_no_network, body, expected);
}

static void only_the_way_to_the_root(void **state)
{
	(void)state;
	assert_wants(VIRTIO_DISK OTHERS ROOT,
		     "virtio_pci: driver of /devices/pci/04.0 (alias pci:v00001AF4d*sv*sd*bc*sc*i*)\n"
		     "virtio_blk: driver of /devices/pci/04.0/virtio1 (alias virtio:d00000002v*)\n"
		     "ext4: file system of / (alias fs_ext4)\n");
}

static void built_in_is_not_wanted(void **state)
{
	(void)state;
	assert_wants("device /devices/pci/06.0 pci:v00008086d00000001sv00000000sd00000000bc01sc08i02 nvme\n"
		     "stack / /dev/nvme0n1 xfs\nlayer / disk nvme0n1 /devices/pci/06.0/nvme/nvme0/nvme0n1\n",
		     "xfs: file system of / (alias fs_xfs)\n");
}

/* An MMC card has no modalias in sysfs, and its driver's module has another name. */
static void mmc_card(void **state)
{
	(void)state;
	assert_wants("device /devices/pci/07.0/mmc_host/mmc0/mmc0:0001 - mmcblk\n"
		     "stack / /dev/mmcblk0 xfs\n"
		     "layer / disk mmcblk0 /devices/pci/07.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0\n",
		     "mmc_block: driver of /devices/pci/07.0/mmc_host/mmc0/mmc0:0001 (alias mmc:block)\n"
		     "xfs: file system of / (alias fs_xfs)\n");
}

/* No stack: any disk of this machine may be the root, its network card may not. */
static void all_storage_when_the_root_is_unknown(void **state)
{
	(void)state;
	assert_wants(VIRTIO_DISK OTHERS,
		     "virtio_pci: storage driver (the disk of / is not known) of /devices/pci/04.0 (alias "
		     "pci:v00001AF4d*sv*sd*bc*sc*i*)\n"
		     "virtio_blk: storage driver (the disk of / is not known) of /devices/pci/04.0/virtio1 (alias "
		     "virtio:d00000002v*)\n"
		     "sym53c8xx: storage driver (the disk of / is not known) of /devices/pci/1e.0 (alias "
		     "pci:v00001000d00000012sv*sd*bc*sc*i*)\n"
		     "ext4: a common file system (that of / is not known) (alias fs_ext4)\n"
		     "xfs: a common file system (that of / is not known) (alias fs_xfs)\n");
}

/* The root's disk is known, that of /usr or of resume= is not: it may be any. */
static void all_storage_when_another_disk_is_unknown(void **state)
{
	static const char *const stacks[] = {"stack /usr LABEL=usr xfs\n", "stack resume UUID=1 swap\n"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++) {
		AUTOFREE char *body = xasprintf("%s%s%s", VIRTIO_DISK OTHERS, ROOT, stacks[i]);
		AUTOFREE char *expected =
		    xasprintf("virtio_pci: driver of /devices/pci/04.0 (alias pci:v00001AF4d*sv*sd*bc*sc*i*)\n"
			      "virtio_blk: driver of /devices/pci/04.0/virtio1 (alias virtio:d00000002v*)\n"
			      "sym53c8xx: storage driver (the disk of %s is not known) of /devices/pci/1e.0 (alias "
			      "pci:v00001000d00000012sv*sd*bc*sc*i*)\n"
			      "ext4: file system of / (alias fs_ext4)\n%s",
			      i == 0 ? "/usr" : "resume", i == 0 ? "xfs: file system of /usr (alias fs_xfs)\n" : "");

		assert_wants(body, expected);
	}
}

/* The type may be known where the disk is not: fstab in a chroot. */
static void file_system_without_a_disk(void **state)
{
	(void)state;
	assert_wants("stack / UUID=1 xfs\n", "xfs: file system of / (alias fs_xfs)\n");
	assert_wants("stack / overlay overlay\n",
		     "ext4: a common file system (that of / is not known) (alias fs_ext4)\n"
		     "xfs: a common file system (that of / is not known) (alias fs_xfs)\n");
}

/* The card's own driver is its feature's; what it hangs on is wanted where a feature has it. */
static void what_a_card_hangs_on(void **state)
{
	static const char machine[] =
	    "device /devices/pci/05.0 pci:v00001AF4d00001041sv00001AF4sd00001100bc02sc00i00 -\n"
	    "device /devices/pci/05.0/virtio2 virtio:d00000001v00001AF4 virtio_net\n"
	    "stack / /dev/o xfs\nlayer / nbd nbd0 /devices/virtual/block/nbd0\n";

	(void)state;
	assert_wants(machine, "xfs: file system of / (alias fs_xfs)\n");
	assert_wants_with(drives_network, machine,
			  "xfs: file system of / (alias fs_xfs)\n"
			  "virtio_pci: on the way to a network card: /devices/pci/05.0 (alias "
			  "pci:v00001AF4d*sv*sd*bc*sc*i*)\n");
}

/* A root that no disk holds: what the boot loads by name. */
static void directory_of_the_host(void **state)
{
	(void)state;
	assert_wants("stack / rootdir 9p\n", "9p: file system of / (alias fs_9p)\n9pnet_virtio: root over 9p\n");
}

static void keyboards_but_not_for_x(void **state)
{
	(void)state;
	assert_wants(
	    "device /devices/p/i8042/serio0 serio:ty06pr00id00ex00 atkbd\n"
	    "device /devices/p/i8042/serio0/input/input1 input:b0011v0001p0001eAB41-e0,1,4,11,14,k71,ram4,l0,sfw\n"
	    "device /devices/p/usb1/1-1:1.0 usb:v046DpC31Cd6402dc00dsc00dp00ic03isc01ip01in00\n"
	    "stack / /dev/sda xfs\nlayer / disk sda /devices/x\n",
	    "xfs: file system of / (alias fs_xfs)\n"
	    "atkbd: keyboard at /devices/p/i8042/serio0 (alias serio:ty06pr*id*ex*)\n"
	    "usbhid: keyboard at /devices/p/usb1/1-1:1.0 (alias usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*)\n"
	    "hid_generic: any HID keyboard (alias hid:b*g*v*p*)\n");
}

/* hid-generic leaves an Apple keyboard to its own driver. */
static void keyboard_with_a_driver_of_its_own(void **state)
{
	(void)state;
	assert_wants("device /devices/p/usb1/1-1:1.0 usb:v05ACp0250d0069dc00dsc00dp00ic03isc01ip01in00\n"
		     "stack / /dev/sda xfs\nlayer / disk sda /devices/x\n",
		     "xfs: file system of / (alias fs_xfs)\n"
		     "usbhid: keyboard at /devices/p/usb1/1-1:1.0 (alias usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*)\n"
		     "hid_generic: any HID keyboard (alias hid:b*g*v*p*)\n"
		     "hid_apple: HID keyboard 05AC:0250 (alias hid:b0003g*v000005ACp00000250)\n");
}

/* A card's detection and a keyboard's interrupt are pins of a controller that is above neither. */
static void pins(void **state)
{
	static const char pin[] = "device /devices/platform/INTC1056:00 acpi:INTC1056: alderlake-pinctrl\n";
	static const char root[] = "stack / /dev/o xfs\nlayer / disk o /devices/x/block/o\n";
	static const char card[] = "stack / /dev/m xfs\nlayer / disk m /devices/x/mmc_host/mmc0/mmc0:1/block/m\n";
	static const char keyboard[] = "device /devices/x/i2c-0/i2c-A acpi:ABCD0001:PNP0C50: -\n";
	static const char taken[] = "pinctrl_alderlake: pins of a card slot or a keyboard: "
				    "/devices/platform/INTC1056:00 (alias acpi*:INTC1056:*)\n";
	AUTOFREE char *none = xasprintf("%s%s", pin, root), *with_card = xasprintf("%s%s", pin, card);
	AUTOFREE char *with_keyboard = xasprintf("%s%s%s", keyboard, pin, root);
	AUTOFREE char *for_card = xasprintf("xfs: file system of / (alias fs_xfs)\n%s", taken);
	AUTOFREE char *for_keyboard = xasprintf("xfs: file system of / (alias fs_xfs)\n"
						"hid_generic: any HID keyboard (alias hid:b*g*v*p*)\n%s",
						taken);

	(void)state;
	assert_wants(none, "xfs: file system of / (alias fs_xfs)\n");
	assert_wants(with_card, for_card);
	assert_wants(with_keyboard, for_keyboard);
}

/* Without an alias the name of the driver may be a module's; a driver of no such name is no error. */
static void driver_names(void **state)
{
	(void)state;
	assert_wants("device /devices/odd - odd-bus\ndevice /devices/odd/b odd:nothing strange\n"
		     "stack / /dev/o xfs\nlayer / disk o /devices/odd/b/block/o\n",
		     "odd_bus: driver of /devices/odd\nxfs: file system of / (alias fs_xfs)\n");
}

static struct err *stop(void *arg, const char *module, const char *reason)
{
	(void)reason;
	++*(unsigned *)arg;
	return err_new(EXIT_FAILED, "no %s", module);
}

static void an_error_ends_it(void **state)
{
	CLEANUP(profile_free) struct hw_profile p = profile_of(VIRTIO_DISK ROOT);
	CLEANUP(free_kernel) struct kernel *k = make_kernel();
	unsigned calls = 0;
	struct err *e = host_select(k, &p, &(struct host_caller){stop, drives_storage, drives_no_network, &calls});

	(void)state;
	assert_non_null(e);
	assert_int_equal(calls, 1);
	err_free(e);
}

/* An image of host mode for the virtio disk: what it lacks is known with its reason. */
static void choose(void *arg, const struct kmodule *m, struct index_choice *out)
{
	static const char *const inside[] = {"virtio_pci", "virtio_blk", "jbd2", "ext4"};

	(void)arg;
	for (unsigned i = 0; i < ARRAY_SIZE(inside); i++)
		if (strcmp(inside[i], m->name) == 0)
			*out = (struct index_choice){.flags = MODULE_PRESENT | (i < 2 ? MODULE_STORAGE : 0),
						     .image_path = "/x"};
	if (!out->flags && !m->builtin)
		*out = (struct index_choice){.flags = MODULE_ABSENT, .absent_reason = "left out by host mode"};
}

static void simulated(void **state)
{
	CLEANUP(profile_free) struct hw_profile p = profile_of(VIRTIO_DISK OTHERS ROOT);
	CLEANUP(free_kernel) struct kernel *k = make_kernel();
	CLEANUP(simulation_free) struct simulation s;
	static const char *const order[] = {"virtio_pci", "virtio_blk", "jbd2", "ext4"};
	AUTOFREE unsigned char *data = NULL;
	struct load_status status;
	struct boot_index ix;
	size_t size;

	(void)state;
	assert_null(index_write(k, choose, NULL, NULL, 0, &data, &size));
	assert_int_equal(index_open(&ix, data, size), 0);
	assert_null(simulation_run(&ix, &p, "quiet", &s));
	assert_int_equal(s.loads.count, ARRAY_SIZE(order));
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(sim_module(&s, s.loads.items[i].module), order[i]);
	/* the two drivers side by side, then the file system behind its dependency */
	assert_int_equal(s.loads.items[0].round, 1);
	assert_int_equal(s.loads.items[1].round, 1);
	assert_int_equal(s.loads.items[2].round, 2);
	assert_int_equal(s.loads.items[3].round, 3);
	planner_status(s.plan, s.loads.items[1].module, &status);
	assert_string_equal(sim_asker(&s, &status.why), "/devices/pci/04.0/virtio1");
	planner_status(s.plan, s.loads.items[3].module, &status);
	assert_string_equal(sim_asker(&s, &status.why), "file system of /");
	assert_int_equal(s.unmatched.count, 2);
	assert_string_equal(sim_module(&s, s.unmatched.items[0].module), "virtio_net");
	assert_string_equal(sim_module(&s, s.unmatched.items[1].module), "sym53c8xx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_way_to_the_root),
	    cmocka_unit_test(mmc_card),
	    cmocka_unit_test(built_in_is_not_wanted),
	    cmocka_unit_test(all_storage_when_the_root_is_unknown),
	    cmocka_unit_test(all_storage_when_another_disk_is_unknown),
	    cmocka_unit_test(file_system_without_a_disk),
	    cmocka_unit_test(what_a_card_hangs_on),
	    cmocka_unit_test(directory_of_the_host),
	    cmocka_unit_test(keyboards_but_not_for_x),
	    cmocka_unit_test(keyboard_with_a_driver_of_its_own),
	    cmocka_unit_test(pins),
	    cmocka_unit_test(driver_names),
	    cmocka_unit_test(an_error_ends_it),
	    cmocka_unit_test(simulated),
	};

	return cmocka_run_group_tests_name("host_select", tests, NULL, NULL);
}
