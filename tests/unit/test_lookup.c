/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookup, options, commands and probe lists on an invented kernel; tests/resolve.bats compares real ones with kmod. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/lookup.h"
#include "made_kernel.h"

struct fixture {
	struct kernel *k;
	unsigned char *data;
	size_t size;
	struct boot_index ix;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->k = made_example();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kernel_close(f->k);
	free(f->data);
	free(f);
	return 0;
}

/* The index of what the test made. */
static void write_index(struct fixture *f)
{
	made_index(f->k, NULL, &f->ix, &f->data, &f->size);
}

static const char *name_of(const struct fixture *f, uint32_t id)
{
	struct index_module m;

	return index_module(&f->ix, id, &m) == 0 ? m.name : "?";
}

/* Names of the answers to QUERY with blanks between. */
static void assert_found(const struct fixture *f, const char *query, const char *expected)
{
	struct module_match m[8];
	char got[256] = "";
	errint n = lookup_modules(&f->ix, NULL, query, LOOKUP_USABLE, m, ARRAY_SIZE(m));

	for (errint i = 0; i < n; i++) {
		size_t len = strlen(got);
		snprintf(got + len, sizeof(got) - len, "%s%s", i ? " " : "", name_of(f, m[i].module));
	}
	assert_string_equal(got, expected);
}

static void test_order_of_sources(void **state)
{
	struct fixture *f = *state;

	made_conf(f->k, CONF_ALIAS, "fs", "disk");
	made_conf(f->k, CONF_ALIAS, "f*", "absent_module");
	made_conf(f->k, CONF_INSTALL, "by_command", "true");
	made_conf(f->k, CONF_REMOVE, "by_remove", "true");
	made_conf(f->k, CONF_INSTALL, "cbc", "true");
	write_index(f);
	assert_found(f, "fs", "disk absent_module");
	assert_found(f, "core", "core");
	assert_found(f, "symbol:do_bus", "bus");
	assert_found(f, "by-command", "by_command");
	assert_found(f, "by_remove", "by_remove");
	assert_found(f, "cbc", "cbc");
	assert_found(f, "crypto-cbc", "cbc only_alias");
	assert_found(f, "only_alias", "");
	assert_found(f, "nothing", "");
	assert_found(f, "", "");
}

static void test_order_of_aliases(void **state)
{
	struct fixture *f = *state;

	write_index(f);
	/* In the order of modules.dep, whatever the patterns. */
	assert_found(f, "pci:v0001d0002sv1", "bus core disk");
	assert_found(f, "pci:v0001d0003sv1", "bus disk");
	assert_found(f, "crypto-crc", "crc_a crc_b");
	assert_found(f, "usb:ic02x", "fs");
	assert_found(f, "usb:ic04x", "");
}

static void test_bad_queries(void **state)
{
	struct fixture *f = *state;
	struct module_match m;
	char longest[5000];

	write_index(f);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(lookup_modules(&f->ix, NULL, "a[b", LOOKUP_USABLE, &m, 1), -EINVAL);
	assert_int_equal(lookup_modules(&f->ix, NULL, "a]", LOOKUP_USABLE, &m, 1), -EINVAL);
	assert_int_equal(lookup_modules(&f->ix, NULL, longest, LOOKUP_USABLE, &m, 1), -ENAMETOOLONG);
}

/* More matches than there is room for: all counted, the first ones kept. */
static void test_little_room(void **state)
{
	struct fixture *f = *state;
	struct module_match m[2];

	write_index(f);
	for (size_t room = 0; room <= 2; room++) {
		assert_int_equal(lookup_modules(&f->ix, NULL, "pci:v0001d0002sv", LOOKUP_USABLE, m, room), 3);
		if (room > 0)
			assert_string_equal(name_of(f, m[0].module), "bus");
		if (room > 1)
			assert_string_equal(name_of(f, m[1].module), "core");
	}
}

static void choose_disk_absent(void *arg, const struct kmodule *m, struct index_choice *out)
{
	(void)arg;
	if (strcmp(m->name, "disk") == 0)
		*out = (struct index_choice){.flags = MODULE_ABSENT | MODULE_STORAGE, .absent_reason = "left out"};
	else if (m->path && strcmp(m->name, "fs") != 0)
		*out = (struct index_choice){.flags = MODULE_PRESENT, .image_path = m->path};
}

static void test_absent_modules(void **state)
{
	struct fixture *f = *state;
	struct module_match m[4];
	struct index_module module;

	made_index(f->k, choose_disk_absent, &f->ix, &f->data, &f->size);
	assert_found(f, "pci:v0001d0003sv1", "bus");
	assert_found(f, "disk", "");
	assert_found(f, "fs", "");
	assert_int_equal(lookup_modules(&f->ix, NULL, "pci:v0001d0003sv1", LOOKUP_ABSENT, m, 4), 1);
	assert_int_equal(index_module(&f->ix, m[0].module, &module), 0);
	assert_string_equal(module.name, "disk");
	assert_string_equal(module.absent_reason, "left out");
	assert_string_equal(module.path, "kernel/disk.ko");
	assert_int_equal(lookup_modules(&f->ix, NULL, "core", LOOKUP_ABSENT, m, 4), 0);
	/* Left out wholly: not even known to be missing. */
	assert_int_equal(index_find_module(&f->ix, "fs"), MODULE_NONE);
}

static void options_are(const struct fixture *f, const struct modconf *cmdline, const char *alias, const char *expected)
{
	char out[64];

	assert_int_equal(lookup_options(&f->ix, cmdline, index_find_module(&f->ix, "disk"), alias, out, sizeof(out)),
			 strlen(expected));
	assert_string_equal(out, expected);
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	struct modconf cmdline;
	char tight[8];

	made_conf(f->k, CONF_OPTIONS, "disk", "a=1");
	made_conf(f->k, CONF_OPTIONS, "scsi", "b=2");
	made_conf(f->k, CONF_OPTIONS, "disk", "");
	made_conf(f->k, CONF_OPTIONS, "disk", "c=3");
	made_conf(f->k, CONF_OPTIONS, "disk*", "d=4");
	write_index(f);
	options_are(f, NULL, NULL, "a=1 c=3");
	options_are(f, NULL, "scsi", "a=1 b=2 c=3");
	options_are(f, NULL, "disk", "a=1 c=3");
	assert_int_equal(modconf_from_cmdline("disk.e=5 core.f=6 scsi.g=7", &cmdline), 0);
	options_are(f, &cmdline, NULL, "a=1 c=3 e=5");
	options_are(f, &cmdline, "scsi", "a=1 b=2 c=3 e=5 g=7");
	modconf_free(&cmdline);
	uint32_t id = index_find_module(&f->ix, "disk");
	assert_int_equal(lookup_options(&f->ix, NULL, id, NULL, tight, 8), 7);
	assert_int_equal(lookup_options(&f->ix, NULL, id, NULL, tight, 7), -ENAMETOOLONG);
}

static void test_blacklist(void **state)
{
	struct fixture *f = *state;
	struct modconf cmdline;

	made_conf(f->k, CONF_BLACKLIST, "disk", NULL);
	write_index(f);
	uint32_t disk = index_find_module(&f->ix, "disk"), core = index_find_module(&f->ix, "core");
	assert_true(lookup_blacklisted(&f->ix, NULL, disk));
	assert_false(lookup_blacklisted(&f->ix, NULL, core));
	assert_int_equal(modconf_from_cmdline("modprobe.blacklist=core", &cmdline), 0);
	assert_true(lookup_blacklisted(&f->ix, &cmdline, core));
	modconf_free(&cmdline);
}

static void test_commands(void **state)
{
	struct fixture *f = *state;
	struct module_match m;

	made_conf(f->k, CONF_INSTALL, "d*", "first");
	made_conf(f->k, CONF_INSTALL, "disk", "second");
	made_conf(f->k, CONF_INSTALL, "ghost*", "pattern");
	made_conf(f->k, CONF_INSTALL, "ghost", "own");
	made_conf(f->k, CONF_INSTALL, "dotted.name", "dots");
	made_conf(f->k, CONF_REMOVE, "disk", "gone");
	write_index(f);
	uint32_t disk = index_find_module(&f->ix, "disk");
	assert_string_equal(lookup_command(&f->ix, disk, false), "first");
	assert_string_equal(lookup_command(&f->ix, disk, true), "gone");
	assert_null(lookup_command(&f->ix, index_find_module(&f->ix, "core"), false));
	assert_string_equal(lookup_command(&f->ix, index_find_module(&f->ix, "ghost"), false), "own");
	assert_int_equal(lookup_modules(&f->ix, NULL, "dotted.name", LOOKUP_USABLE, &m, 1), 1);
	assert_int_equal(m.kind, MATCH_COMMAND);
	assert_string_equal(name_of(f, m.module), "dotted");
	assert_string_equal(lookup_match_command(&f->ix, &m, false), "dots");
}

/* modprobe.d(5): with the same name, softdep takes precedence over install. */
static void test_command_beside_softdep(void **state)
{
	struct fixture *f = *state;

	made_conf(f->k, CONF_INSTALL, "disk", "false");
	made_conf(f->k, CONF_INSTALL, "core", "false");
	made_conf(f->k, CONF_SOFTDEP, "disk", "post: core");
	write_index(f);
	uint32_t disk = index_find_module(&f->ix, "disk"), core = index_find_module(&f->ix, "core");
	assert_null(lookup_load_command(&f->ix, disk));
	assert_string_equal(lookup_load_command(&f->ix, core), "false");
	assert_string_equal(lookup_command(&f->ix, disk, false), "false");
}

/* Probe list of NAME as "module", '!' before it where it is not required, '~' where its command is not run. */
static void assert_probes(const struct fixture *f, const char *name, bool ignore, const char *expected)
{
	struct probe_step steps[32];
	char got[256] = "";
	errint n = lookup_probe_list(&f->ix, index_find_module(&f->ix, name), NULL, ignore, steps, ARRAY_SIZE(steps));

	assert_true(n >= 0 && (size_t)n <= lookup_probe_bound(&f->ix));
	for (errint i = 0; i < n; i++) {
		size_t len = strlen(got);
		snprintf(got + len, sizeof(got) - len, "%s%s%s%s", i ? " " : "", steps[i].required ? "" : "!",
			 steps[i].ignore_cmd ? "~" : "", name_of(f, steps[i].module));
	}
	assert_string_equal(got, expected);
}

static void test_probe_list(void **state)
{
	struct fixture *f = *state;

	made_conf(f->k, CONF_SOFTDEP, "f*", "pre: crypto-crc nothing post: disk");
	made_conf(f->k, CONF_SOFTDEP, "fs", "pre: cbc");
	write_index(f);
	assert_probes(f, "bus", false, "bus");
	assert_probes(f, "disk", false, "bus core disk");
	assert_probes(f, "disk", true, "bus core ~disk");
	/* The first line that matches counts; post: disk brings its own dependencies. */
	assert_probes(f, "fs", false, "!crc_a !crc_b ~fs !bus !core !disk");
	assert_probes(f, "fs", true, "~fs");
	struct probe_step none;
	assert_int_equal(lookup_probe_list(&f->ix, index_find_module(&f->ix, "disk"), NULL, false, &none, 0), -E2BIG);
	assert_int_equal(lookup_probe_list(&f->ix, 1000, NULL, false, &none, 1), -ENOENT);
}

/* A cycle of soft dependencies ends; a module reached by name and by alias comes twice, as in kmod. */
static void test_soft_cycles(void **state)
{
	struct fixture *f = *state;

	made_conf(f->k, CONF_SOFTDEP, "crc_a", "pre: crc_b");
	made_conf(f->k, CONF_SOFTDEP, "crc_b", "pre: crc_a");
	made_conf(f->k, CONF_SOFTDEP, "fs", "pre: fs");
	made_conf(f->k, CONF_SOFTDEP, "disk", "pre: crypto-crc");
	write_index(f);
	assert_probes(f, "crc_a", false, "!~crc_b ~crc_a");
	assert_probes(f, "fs", false, "~fs");
	/* crc_a by alias asks for crc_b by name, that for crc_a by name; then crc_b by alias. */
	assert_probes(f, "disk", false, "bus core !~crc_a !~crc_b !~crc_a !~crc_b ~disk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order_of_sources, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_order_of_aliases, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_queries, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_little_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_absent_modules, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_options, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blacklist, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_command_beside_softdep, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe_list, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_soft_cycles, setup, teardown),
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
