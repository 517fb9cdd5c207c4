/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../builder/select.h"
#include "fake_kernel.h"

struct fixture {
	struct kernel kernel;
	struct config config;
	struct selection selection;
};

static const char conf[] = "[modules ata]\ndescription = disks\nclass = storage\npaths = kernel/drivers/ata/*\n"
			   "exclude = pata_odd kernel/drivers/ata/raid/*\n"
			   "[modules kbd]\nclass = keyboard\nnames = hid-*\nno-async = hid_apple\n"
			   "[modules nvme]\nclass = storage\naliases = pci:*bc01sc08*\n"
			   "[modules net]\nclass = network\npaths = kernel/drivers/net/*\n"
			   "[feature network]\ngroups = net\nmodules = af_packet\n";

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct kernel *k = &f->kernel;

	k->release = "1.0";
	k->moddir = "/nowhere";
	fake_module(k, "ahci", "kernel/drivers/ata/ahci.ko.xz", NULL);
	fake_module(k, "pata_odd", "kernel/drivers/ata/pata-odd.ko", NULL);
	fake_module(k, "sata_raid", "kernel/drivers/ata/raid/sata_raid.ko", NULL);
	fake_module(k, "hid_apple", "kernel/drivers/hid/hid-apple.ko", NULL);
	fake_module(k, "nvme", "extra/nvme.ko", NULL);
	fake_module(k, "e1000e", "kernel/drivers/net/e1000e.ko", NULL);
	fake_module(k, "igb", "updates/dkms/igb.ko.xz", NULL)->own_path = "kernel/drivers/net/igb/igb.ko";
	fake_module(k, "megaraid", "updates/megaraid.ko", NULL)->own_path = "kernel/drivers/ata/raid/megaraid.ko";
	fake_module(k, "af_packet", "kernel/net/packet/af_packet.ko", NULL);
	fake_module(k, "ext4", NULL, NULL);
	fake_alias(k, "pci:v*d*sv*sd*bc01sc08i02*", "nvme");
	fake_alias(k, "net-pf-17", "af_packet");
	assert_null(config_read_text(&f->config, "test.conf", conf));
	assert_null(select_open(k, &f->config, 1, &f->selection));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	select_close(&f->selection);
	config_free(&f->config);
	fake_kernel_free(&f->kernel);
	free(f);
	return 0;
}

static bool chosen(const struct fixture *f, const char *name)
{
	const struct choice *c = select_find(&f->selection, name);

	return c && c->in_image;
}

static void groups_select_by_path_name_and_alias(void **state)
{
	struct fixture *f = *state;

	select_generic(&f->selection);
	assert_true(chosen(f, "ahci"));
	assert_true(chosen(f, "hid-apple"));
	assert_true(chosen(f, "nvme"));
	assert_false(chosen(f, "pata_odd"));
	assert_false(chosen(f, "sata_raid"));
	assert_false(chosen(f, "e1000e"));
	assert_int_equal(f->selection.chosen.count, 3);
}

static void reasons_name_the_rule(void **state)
{
	struct fixture *f = *state;

	select_generic(&f->selection);
	assert_string_equal(select_find(&f->selection, "ahci")->reason,
			    "disks (test.conf:4: paths = kernel/drivers/ata/*)");
	assert_string_equal(select_find(&f->selection, "nvme")->reason,
			    "nvme (test.conf:12: aliases = pci:*bc01sc08*)");
}

static void classes_are_known_of_modules_left_out_too(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(select_find(&f->selection, "e1000e")->classes, CLASS_NETWORK);
	assert_int_equal(select_find(&f->selection, "ahci")->classes, CLASS_STORAGE);
	assert_int_equal(select_find(&f->selection, "af_packet")->classes, 0);
	assert_true(select_find(&f->selection, "hid_apple")->no_async);
	assert_false(select_find(&f->selection, "ahci")->no_async);
}

/* A module of DKMS is what the one is whose place it took, for paths= and for exclude=. */
static void a_replacement_is_what_it_replaces(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(select_find(&f->selection, "igb")->classes, CLASS_NETWORK);
	assert_null(select_find(&f->selection, "megaraid")->group);
	assert_null(select_feature(&f->selection, config_feature(&f->config, "network")));
	assert_true(chosen(f, "igb"));
}

static void a_feature_takes_its_groups_and_modules(void **state)
{
	struct fixture *f = *state;

	assert_null(select_feature(&f->selection, config_feature(&f->config, "network")));
	assert_true(chosen(f, "e1000e"));
	assert_true(chosen(f, "af_packet"));
	assert_false(chosen(f, "ahci"));
	assert_string_equal(select_find(&f->selection, "e1000e")->owner, "feature:network");
}

static void names_are_found_or_an_error(void **state)
{
	struct fixture *f = *state;

	assert_null(select_name(&f->selection, "net-pf-17", "modules", "named", true));
	assert_true(chosen(f, "af_packet"));
	assert_null(select_name(&f->selection, "ext4", "modules", "named", true));
	assert_null(select_name(&f->selection, "no-such", "modules", "named", false));
	struct err *e = select_name(&f->selection, "achi", "modules", "named", true);
	assert_non_null(e);
	assert_string_equal(err_message(e), "no module 'achi' in kernel 1.0: did you mean 'ahci'?");
	err_free(e);
}

static void omitted_modules_stay_out(void **state)
{
	struct fixture *f = *state;

	assert_null(select_omit(&f->selection, "ahci", "--omit-module"));
	select_generic(&f->selection);
	assert_false(chosen(f, "ahci"));
	struct err *e = select_omit(&f->selection, "ext4", "--omit-module");
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "built into kernel 1.0"));
	err_free(e);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(groups_select_by_path_name_and_alias),
	    T(reasons_name_the_rule),
	    T(classes_are_known_of_modules_left_out_too),
	    T(a_replacement_is_what_it_replaces),
	    T(a_feature_takes_its_groups_and_modules),
	    T(names_are_found_or_an_error),
	    T(omitted_modules_stay_out),
	};

	return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
