// SPDX-License-Identifier: GPL-2.0-or-later
/* Which stacks an image can assemble, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../builder/keyboard.h"
#include "../../builder/stack.h"

static struct hw_profile profile_of(const char *body)
{
	AUTOFREE char *text = xasprintf("rootward-hardware 1\n%s", body);
	struct hw_profile p;

	assert_null(profile_parse(text, "test", &p));
	return p;
}

/* FEATURE alone, or none with NULL. */
static struct config_words features_of(const char *feature)
{
	struct config_words list = {0};

	for (const char *f = feature; f && *f; f += strspn(f, " ")) {
		size_t len = strcspn(f, " ");

		VEC_PUSH(&list.words, ((struct config_word){xstrndup(f, len), "test"}));
		f += len;
	}
	return list;
}

static void free_features(struct config_words *list)
{
	for (size_t i = 0; i < list->words.count; i++)
		free((char *)(uintptr_t)list->words.items[i].text);
	VEC_FREE(&list->words);
}

/* Status of the check of BODY for an image with FEATURES, the message in OUT. */
static enum exit_status check(const char *body, const char *features, struct buf *out)
{
	CLEANUP(free_features) struct config_words list = features_of(features);
	CLEANUP(profile_free) struct hw_profile p = profile_of(body);
	struct err *e = stack_check(&p, &list);
	enum exit_status status = err_status(e);

	buf_puts(out, e ? err_message(e) : "");
	err_free(e);
	return status;
}

static void fine(void **state)
{
	static const char *const bodies[] = {
	    "",
	    "stack / /dev/sda1 ext4\nlayer / partition sda1 /devices/a/sda/sda1\nlayer / disk sda /devices/a/sda\n",
	    "stack / /dev/sda1 btrfs\nlayer / disk sda /devices/a\nlayer / disk sdb /devices/b\n",
	    "stack / /dev/nvme0n1 ext4\nlayer / disk nvme0n1 /devices/v\nlayer / controller nvme0 /devices/p\n",
	    /* a container, a live system: nothing can be known */
	    "stack / overlay overlay\n",
	    /* swap is not needed for the boot */
	    "stack swap /dev/dm-0 swap\nlayer swap dm-crypt cswap /devices/v\n",
	    /* a mount that nobody asked about */
	    "stack /srv /dev/md0 ext4\nlayer /srv md md0 /devices/v\n",
	    /* what the host of a virtual machine shares needs no network */
	    "stack / rootdir virtiofs\n",
	    "stack / rootdir 9p\n",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bodies); i++) {
		CLEANUP(buf_free) struct buf said = {0};

		assert_int_equal(check(bodies[i], NULL, &said), EXIT_OK);
	}
}

static void assert_refused(const char *body, const char *message)
{
	CLEANUP(buf_free) struct buf said = {0};

	assert_int_equal(check(body, NULL, &said), EXIT_VERIFY);
	assert_string_equal(said.data, message);
}

#define TAIL ", so the image could not boot; nothing was replaced: keep the image of another generator for this machine"

static void refused(void **state)
{
	(void)state;
	assert_refused(
	    "stack / /dev/mapper/r ext4\nlayer / dm-crypt r /devices/v\nlayer / partition sda3 /devices/a/3\n"
	    "layer / disk sda /devices/a\n",
	    "what is mounted on / is /dev/mapper/r (ext4) on dm-crypt r on partition sda3 on disk sda: this "
	    "version's early-init has no handler for unlocking encrypted disks (LUKS, dm-crypt)" TAIL);
	assert_refused(
	    "stack / /dev/a ext4\nlayer / disk sda /devices/a\nstack /usr /dev/md0 xfs\nlayer /usr md md0 "
	    "/devices/v\nlayer /usr disk sda /devices/a\nlayer /usr disk sdb /devices/b\n",
	    "what is mounted on /usr is /dev/md0 (xfs) on md md0 on disk sda and on disk sdb: this version's "
	    "early-init has no handler for software RAID (md)" TAIL);
	assert_refused(
	    "stack resume UUID=x swap\nlayer resume lvm vg-swap /devices/v\nlayer resume dm-crypt pv "
	    "/devices/w\nlayer resume lvm again /devices/u\n",
	    "the device of resume is UUID=x (swap) on lvm vg-swap on dm-crypt pv on lvm again: this version's "
	    "early-init has no handler for LVM volume groups and unlocking encrypted disks (LUKS, "
	    "dm-crypt)" TAIL);
	assert_refused("stack / h:/srv nfs4\n",
		       "what is mounted on / is h:/srv (nfs4): for network file systems (NFS) an image needs features "
		       "that this one has not (network), so the image could not boot; nothing was replaced: write "
		       "features = network below [image] of the configuration, or give --feature");
}

static void roots_on_the_network(void **state)
{
	static const struct {
		const char *body, *features;
	} bodies[] = {
	    {"stack / h:/srv nfs\n", "network"},
	    {"stack / h:/srv nfs4\n", "ssh network"},
	    {"stack / /dev/nbd0 ext4\nlayer / nbd nbd0 /devices/virtual/block/nbd0\n", "network"},
	    {"stack / /dev/a ext4\nlayer / disk n /devices/v\nlayer / nvme-fabrics nvme0 /devices/w\n", "network"},
	    {"stack / /dev/sda ext4\nlayer / iscsi sda /devices/a\nstack /usr /dev/sdb ext4\n"
	     "layer /usr iscsi sdb /devices/b\n",
	     "network iscsi"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bodies); i++) {
		CLEANUP(buf_free) struct buf said = {0};

		assert_int_equal(check(bodies[i].body, bodies[i].features, &said), EXIT_OK);
		assert_int_equal(check(bodies[i].body, NULL, &said), EXIT_VERIFY);
	}
}

/* Half of what is needed, and what comes over the network without the root. */
static void roots_on_the_network_refused(void **state)
{
	CLEANUP(buf_free) struct buf said = {0};

	(void)state;
	assert_int_equal(check("stack / /dev/sda ext4\nlayer / iscsi sda /devices/a\n", "network", &said), EXIT_VERIFY);
	assert_non_null(strstr(said.data, "for iSCSI an image needs features that this one has not (iscsi), so"));
	assert_int_equal(
	    check("stack / /dev/sda ext4\nlayer / disk sda /devices/a\nstack /usr h:/usr nfs\n", "network", &said),
	    EXIT_VERIFY);
	assert_int_equal(
	    check("stack resume /dev/sda swap\nlayer resume iscsi sda /devices/a\n", "network iscsi", &said),
	    EXIT_VERIFY);
	assert_int_equal(check("stack / /dev/dm-0 ext4\nlayer / dm-crypt r /devices/r\nlayer / nbd nbd0 /devices/v\n",
			       "network", &said),
			 EXIT_VERIFY);
}

/* Every kind that capture can name besides plain disks is refused until a handler stands, or a feature is asked for. */
static void every_kind(void **state)
{
	static const char *const kinds[] = {"dm-crypt",	 "dm-verity", "dm-integrity", "dm-partition", "dm",
					    "lvm",	 "md",	      "multipath",    "dmraid",	      "bcache",
					    "loop",	 "iscsi",     "nvme-fabrics", "nvme-rdma",    "nvme-fc",
					    "nvme-loop", "nbd",	      "drbd",	      "rbd",	      "zvol",
					    "zram",	 "ublk"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTOFREE char *body = xasprintf("stack / /dev/x ext4\nlayer / %s x /devices/x\n", kinds[i]);
		CLEANUP(buf_free) struct buf said = {0};

		assert_int_equal(check(body, NULL, &said), EXIT_VERIFY);
	}
}

static void way_to_the_bus(void **state)
{
	CLEANUP(profile_free)
	struct hw_profile p = profile_of("stack / /dev/a -\nlayer / disk a /devices/pci0/1.0/virtio1/block/a\n");
	const struct hw_stack *s = profile_stack(&p, "/");

	(void)state;
	assert_true(stack_passes(s, "/devices/pci0/1.0"));
	assert_true(stack_passes(s, "/devices/pci0/1.0/virtio1"));
	assert_true(stack_passes(s, "/devices/pci0/1.0/virtio1/block/a"));
	assert_false(stack_passes(s, "/devices/pci0/1.0/virtio"));
	assert_false(stack_passes(s, "/devices/pci0/1.0/virtio1/block/a/a1"));
	assert_false(stack_passes(s, "/devices/pci0/2.0"));
}

static void keyboards(void **state)
{
	static const char *const yes[] = {
	    "usb:v046DpC31Cd6402dc00dsc00dp00ic03isc01ip01in00",
	    "serio:ty06pr00id00ex00",
	    "acpi:PNP0303:PNP030B:",
	    "acpi:MSFT0001:PNP0C50:",
	    "virtio:d00000012v00001AF4",
	    "vmbus:f912ad6d2b17ea48bd65f927a61c7684",
	    "input:b0011v0001p0001eAB41-e0,1,4,11,14,k71,72,73,ram4,l0,1,2,sfw",
	};
	static const char *const no[] = {
	    "usb:v046DpC077d7200dc00dsc00dp00ic03isc01ip02in00",
	    "serio:ty01pr00id00ex00",
	    "input:b0019v0000p0001e0000-e0,1,k74,ramlsfw",
	    "input:b0003v046DpC077e0111-e0,1,2,4,k110,111,112,r0,1,8,am4,lsfw",
	    "input:b0011-e14k1",
	    "input:",
	    "pci:v00001AF4d00001052sv0bc09sc00i00",
	    "",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(is_keyboard(&(struct hw_device){"/devices/x", yes[i], NULL}));
	for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(is_keyboard(&(struct hw_device){"/devices/x", no[i], NULL}));
	assert_false(is_keyboard(&(struct hw_device){"/devices/x", NULL, NULL}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fine),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(every_kind),
	    cmocka_unit_test(roots_on_the_network),
	    cmocka_unit_test(roots_on_the_network_refused),
	    cmocka_unit_test(way_to_the_bus),
	    cmocka_unit_test(keyboards),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
