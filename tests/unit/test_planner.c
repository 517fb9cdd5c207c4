// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan's rules on small invented kernels. index_*() and lookup_*() are
 * this file's own: a table of modules and of aliases stands for the index.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/planner.h"

#define LIST_MAX 6

/* Dependencies are ids + 1, so that an unnamed rest is empty. */
struct fake_module {
	const char *name;
	uint32_t flags;
	uint32_t deps[DEP_KINDS][LIST_MAX];
	const char *options, *command;
	bool blacklisted;
};

struct fake_alias {
	const char *alias;
	uint32_t modules[LIST_MAX]; /* ids + 1, in kmod's order */
};

static const struct fake_module *modules;
static uint32_t module_count;
static const struct fake_alias *aliases;
static size_t alias_count;
static const struct boot_index ix;
static const char *disk_drivers;

const char *index_setting(const struct boot_index *index, const char *key)
{
	(void)index;
	return strcmp(key, "disk-drivers") == 0 ? disk_drivers : NULL;
}

uint32_t index_module_count(const struct boot_index *index)
{
	(void)index;
	return module_count;
}

errint index_module(const struct boot_index *index, uint32_t id, struct index_module *out)
{
	(void)index;
	if (id >= module_count)
		return -ENOENT;
	*out = (struct index_module){.name = modules[id].name, .flags = modules[id].flags};
	return 0;
}

struct index_ids index_deps(const struct boot_index *index, uint32_t id, enum index_dep_kind kind)
{
	struct index_ids list = {(const unsigned char *)modules[id].deps[kind], 0};

	(void)index;
	while (list.count < LIST_MAX && modules[id].deps[kind][list.count])
		list.count++;
	return list;
}

uint32_t index_id_at(const struct boot_index *index, struct index_ids list, uint32_t i)
{
	uint32_t id;

	(void)index;
	if (i >= list.count)
		return MODULE_NONE;
	memcpy(&id, list.first + i * sizeof(id), sizeof(id));
	return id - 1;
}

errint lookup_modules(const struct boot_index *index, const struct modconf *cmdline, const char *query,
		      enum lookup_scope scope, struct module_match *out, size_t max)
{
	errint n = 0;

	(void)index;
	(void)cmdline;
	(void)scope;
	for (uint32_t i = 0; i < module_count; i++) {
		if (strcmp(modules[i].name, query) == 0 && (size_t)n < max)
			out[n++] = (struct module_match){.module = i, .kind = MATCH_NAME};
	}
	for (size_t a = 0; a < alias_count; a++) {
		for (size_t k = 0; strcmp(aliases[a].alias, query) == 0 && k < LIST_MAX && aliases[a].modules[k]; k++) {
			if ((size_t)n < max)
				out[n++] =
				    (struct module_match){aliases[a].modules[k] - 1, aliases[a].alias, MATCH_ALIAS, 0};
		}
	}
	return n;
}

bool lookup_blacklisted(const struct boot_index *index, const struct modconf *cmdline, uint32_t module)
{
	(void)index;
	(void)cmdline;
	return modules[module].blacklisted;
}

errint lookup_options(const struct boot_index *index, const struct modconf *cmdline, uint32_t module, const char *alias,
		      char *out, size_t size)
{
	(void)index;
	(void)cmdline;
	(void)alias;
	return snprintf(out, size, "%s", modules[module].options ? modules[module].options : "");
}

const char *lookup_command(const struct boot_index *index, uint32_t module, bool remove)
{
	(void)index;
	return remove ? NULL : modules[module].command;
}

#define KERNEL(m, a) \
	do { \
		modules = (m); \
		module_count = ARRAY_SIZE(m); \
		aliases = (a); \
		alias_count = ARRAY_SIZE(a); \
	} while (0)

static const struct fake_alias no_aliases[] = {{"none", {0}}};

static struct planner *new_planner(void)
{
	struct planner *p;

	assert_int_equal(planner_new(&ix, NULL, &p), 0);
	return p;
}

static struct load_status status(const struct planner *p, uint32_t id)
{
	struct load_status s;

	planner_status(p, id, &s);
	return s;
}

/* Everything that is ready now, by name, in order. */
static void expect_ready(struct planner *p, const char *names)
{
	char got[128] = "";
	uint32_t id;

	while ((id = planner_next(p)) != MODULE_NONE)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", *got ? " " : "", modules[id].name);
	assert_string_equal(got, names);
}

/* All loads succeed, one at a time: the whole order. */
static void expect_order(struct planner *p, const char *names)
{
	char got[128] = "";
	uint32_t id;

	while ((id = planner_next(p)) != MODULE_NONE) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", *got ? " " : "", modules[id].name);
		planner_done(p, id, 0);
	}
	assert_string_equal(got, names);
	assert_true(planner_idle(p));
}

#define P MODULE_PRESENT

static void test_dependencies_first(void **state)
{
	static const struct fake_module m[] = {
	    {"nvme", P, {{3, 2}}, 0, 0, 0}, {"nvme_core", P, {{3}}, 0, 0, 0}, {"t10_pi", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "nvme", 7), 1);
	expect_ready(p, "t10_pi");
	assert_int_equal(planner_in_flight(p), 1);
	planner_done(p, 2, 0);
	expect_ready(p, "nvme_core");
	planner_done(p, 1, -EEXIST);
	expect_ready(p, "nvme");
	assert_false(planner_idle(p));
	planner_done(p, 0, 0);
	assert_true(planner_idle(p));
	assert_int_equal(status(p, 1).state, LOAD_LOADED);
	assert_int_equal(status(p, 1).why.kind, WANT_HARD_DEP);
	assert_int_equal(status(p, 1).why.parent, 0);
	assert_int_equal(status(p, 0).why.by, 7);
	planner_free(p);
}

static void test_independent_side_by_side(void **state)
{
	static const struct fake_module m[] = {{"a", P, {{0}}, 0, 0, 0}, {"b", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	assert_int_equal(planner_want_name(p, "b", 0), 1);
	expect_ready(p, "a b");
	assert_int_equal(planner_in_flight(p), 2);
	planner_free(p);
}

static void test_failed_dependency(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{3, 2}}, 0, 0, 0},
					       {"mid", P, {{3}}, 0, 0, 0},
					       {"base", P, {{0}}, 0, 0, 0},
					       {"lone", P, {{5}}, 0, 0, 0},
					       {"gone", MODULE_ABSENT, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "top", 0), 1);
	assert_int_equal(planner_want_name(p, "lone", 0), 1);
	expect_ready(p, "base");
	planner_done(p, 2, -ENODEV);
	expect_ready(p, "");
	assert_int_equal(status(p, 2).state, LOAD_FAILED);
	assert_int_equal(status(p, 2).error, -ENODEV);
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 0).cause, 2);
	assert_int_equal(status(p, 1).cause, 2);
	assert_int_equal(status(p, 3).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 4).error, -ENOENT);
	assert_true(planner_idle(p));
	planner_free(p);
}

static void test_soft_dependencies(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{0}, {2, 4}, {3}}, 0, 0, 0},
					       {"crc32c", P, {{0}}, 0, 0, 0},
					       {"after", P, {{0}}, 0, 0, 0},
					       {"absent", MODULE_ABSENT, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	expect_ready(p, "crc32c");
	planner_done(p, 1, -ENODEV); /* tried, failed: no reason not to load ext4 */
	expect_ready(p, "ext4");
	assert_int_equal(status(p, 2).state, LOAD_UNWANTED);
	planner_done(p, 0, 0);
	expect_ready(p, "after");
	assert_int_equal(status(p, 2).why.kind, WANT_SOFT_DEP);
	assert_int_equal(status(p, 3).state, LOAD_UNWANTED);
	planner_free(p);
}

static void test_soft_cycle_ends(void **state)
{
	static const struct fake_module m[] = {
	    {"a", P, {{0}, {2}}, 0, 0, 0}, {"b", P, {{0}, {3}}, 0, 0, 0}, {"c", P, {{0}, {1, 3}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	expect_order(p, "c b a");
	planner_free(p);
}

static void test_soft_cycle_through_hard(void **state)
{
	/* b is wanted first: its soft dependency a needs b itself. */
	static const struct fake_module m[] = {{"a", P, {{2}}, 0, 0, 0}, {"b", P, {{0}, {1}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "b", 0), 1);
	expect_order(p, "b a");
	planner_free(p);
}

static void test_hard_cycle_fails(void **state)
{
	static const struct fake_module m[] = {
	    {"a", P, {{2}}, 0, 0, 0}, {"b", P, {{1}}, 0, 0, 0}, {"c", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	assert_int_equal(planner_want_name(p, "c", 0), 1);
	expect_order(p, "c");
	assert_int_equal(status(p, 1).error, -ELOOP);
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	planner_free(p);
}

static void test_alias_chain(void **state)
{
	static const struct fake_module m[] = {
	    {"first", P, {{0}}, 0, 0, 0}, {"second", P, {{0}}, 0, 0, 0}, {"third", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1, 2, 3, 1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 4), 4);
	expect_ready(p, "first");
	planner_done(p, 0, -ENODEV); /* kmod goes on to the next one too */
	expect_ready(p, "second");
	planner_done(p, 1, 0);
	expect_ready(p, "third");
	assert_string_equal(status(p, 2).why.alias, "pci:x");
	planner_free(p);
}

static void test_chain_onto_own_dependency(void **state)
{
	/* The alias names the module and, after it, what it depends on. */
	static const struct fake_module m[] = {{"user", P, {{2}}, 0, 0, 0}, {"base", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1, 2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 0), 2);
	expect_order(p, "base user");
	planner_free(p);
}

static void test_held_classes(void **state)
{
	static const struct fake_module m[] = {{"hid", P | MODULE_KEYBOARD, {{2}}, 0, 0, 0},
					       {"usb", P, {{0}}, 0, 0, 0},
					       {"net", P | MODULE_NETWORK, {{0}}, 0, 0, 0},
					       {"disk", P | MODULE_STORAGE | MODULE_NETWORK, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"usb:kbd", {1, 2}}, {"pci:nic", {3}}, {"pci:hba", {4}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "usb:kbd", 0), 2);
	assert_int_equal(planner_want_alias(p, "pci:nic", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:hba", 0), 1);
	assert_int_equal(status(p, 0).state, LOAD_HELD);
	assert_int_equal(status(p, 2).state, LOAD_HELD);
	expect_order(p, "disk usb"); /* nothing waits behind what is held; storage is never held */
	planner_release(p, MODULE_KEYBOARD);
	expect_order(p, "hid");
	assert_int_equal(status(p, 2).state, LOAD_HELD);
	assert_int_equal(planner_want_name(p, "net", 0), 1); /* by name nothing is held */
	expect_order(p, "net");
	planner_release(p, MODULE_NETWORK);
	expect_order(p, "");
	planner_free(p);
}

static void test_ranks(void **state)
{
	static const struct fake_module m[] = {
	    {"gpu", P, {{0}}, 0, 0, 0},	     {"ahci", P | MODULE_STORAGE, {{3}}, 0, 0, 0},
	    {"libahci", P, {{0}}, 0, 0, 0},  {"sound", P, {{0}}, 0, 0, 0},
	    {"ext4", P, {{0}}, 0, 0, 0},     {"nvme", P | MODULE_STORAGE, {{7}}, 0, 0, 0},
	    {"nvme_core", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {
	    {"pci:gpu", {1}}, {"pci:ahci", {2}}, {"pci:snd", {4}}, {"pci:bc01sc08", {6}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:gpu", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:snd", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(status(p, 5).rank, RANK_DISK);
	assert_int_equal(status(p, 4).rank, RANK_ROOT);
	assert_int_equal(status(p, 2).rank, RANK_STORAGE);
	/* A disk and what has a name before a controller that may have no disk, and that before the rest. */
	expect_order(p, "nvme_core nvme ext4 libahci ahci gpu sound");
	planner_free(p);
}

static void test_urgency_reaches_waiting_dependencies(void **state)
{
	static const struct fake_module m[] = {
	    {"slow", P, {{0}}, 0, 0, 0}, {"lib", P, {{0}}, 0, 0, 0}, {"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"x", {1}}, {"y", {2}}, {"z", {3}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "x", 0), 1);
	assert_int_equal(planner_want_alias(p, "y", 0), 1);
	assert_int_equal(planner_want_alias(p, "z", 0), 1);
	expect_order(p, "lib ahci slow");
	planner_free(p);
}

static void test_controllers_wait_for_disks(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"ext4", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}, {"pci:bc01sc08", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	/* No disk: the controller may be the way to root, whatever else is under way. */
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_next_urgent(p, true), 1);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE); /* the file system is still under way */
	planner_done(p, 2, -ENODEV);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	/* The two chains to root share the CPUs: the file system's next load before the disk's second. */
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 2);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_free(p);
	/* Nobody waits for ever. */
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 1);
	assert_int_equal(planner_next_urgent(p, false), 0);
	planner_free(p);
}

/* Where there are only controllers the file system waits until they are under way; what it needs does not. */
static void test_names_wait_for_controllers(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"libata", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"ext4", P, {{4}}, 0, 0, 0},
					       {"jbd2", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_false(planner_storage_seen(p));
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_true(planner_storage_seen(p));
	assert_int_equal(planner_next_urgent(p, true), 3);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 3, 0);
	assert_int_equal(planner_next_urgent(p, true), MODULE_NONE);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), 0);
	assert_int_equal(planner_next_urgent(p, true), 2);
	planner_free(p);
	/* Nor does it wait for a driver that hangs. */
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 3);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 3, 0);
	assert_int_equal(planner_next_urgent(p, false), 2);
	planner_free(p);
}

/* What a controller itself needs, or waits for, does not give way to it. */
static void test_named_and_needed(void **state)
{
	static const struct fake_module m[] = {{"ahci", P | MODULE_STORAGE, {{2}}, 0, 0, 0},
					       {"libata", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"uas", P | MODULE_STORAGE, {{0}, {4}}, 0, 0, 0},
					       {"usb_storage", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:ahci", {1}}, {"usb:uas", {3}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "libata", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 1);
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, true), 0);
	planner_free(p);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "usb_storage", 0), 1);
	assert_int_equal(planner_want_alias(p, "usb:uas", 0), 1);
	assert_int_equal(planner_next_urgent(p, true), 3);
	planner_free(p);
}

/* The driver of disks comes with the bus, unless somebody forbids it or the image has none. */
static void test_disk_drivers(void **state)
{
	static const struct fake_module m[] = {{"scsi_mod", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"sd_mod", P | MODULE_STORAGE, {{1}}, 0, 0, 0},
					       {"mmc_core", P | MODULE_STORAGE, {{0}}, 0, 0, 0},
					       {"mmc_block", P | MODULE_STORAGE, {{3}}, 0, 0, true}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	disk_drivers = "usb:uas bad scsi_mod:sd_mod  mmc_core:mmc_block";
	p = new_planner();
	assert_int_equal(planner_want_name(p, "scsi_mod", 7), 1);
	assert_int_equal(planner_want_name(p, "mmc_core", 0), 1);
	expect_ready(p, "scsi_mod mmc_core");
	planner_done(p, 2, 0);
	assert_int_equal(planner_next(p), MODULE_NONE);
	planner_done(p, 0, 0);
	expect_ready(p, "sd_mod");
	assert_int_equal(status(p, 1).why.kind, WANT_DISKS);
	assert_int_equal(status(p, 1).why.parent, 0);
	assert_int_equal(status(p, 1).why.by, 7);
	planner_free(p);
	disk_drivers = NULL;
	p = new_planner();
	assert_int_equal(planner_want_name(p, "scsi_mod", 0), 1);
	expect_order(p, "scsi_mod");
	planner_free(p);
}

static bool fits(const void *small, uint32_t module, uint32_t dependency, bool loading)
{
	(void)module;
	(void)loading;
	return dependency == *(const uint32_t *)small;
}

/* A large module is started beside what it needs; one that came too early waits like any other then. */
static void test_ahead(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2, 3}}, 0, 0, 0},
					       {"jbd2", P, {{0}, {4}}, 0, 0, 0},
					       {"mbcache", P, {{0}}, 0, 0, 0},
					       {"crc32c", P, {{0}}, 0, 0, 0}};
	const uint32_t jbd2 = 1, other = 2;
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, false), 3);
	assert_int_equal(planner_next_urgent(p, false), 2);
	/* jbd2 waits for crc32c: nobody can tell how long. */
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), MODULE_NONE);
	planner_done(p, 3, 0);
	planner_done(p, 2, 0);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits, &other), MODULE_NONE);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), 0);
	assert_int_equal(planner_in_flight(p), 2);
	/* Whatever else goes wrong is its own fault, and jbd2's is never of this kind. */
	assert_false(planner_too_early(p, 0, -EINVAL));
	assert_false(planner_too_early(p, 1, -ENOENT));
	assert_true(planner_too_early(p, 0, -ENOENT));
	assert_int_equal(status(p, 0).state, LOAD_WAITING);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), MODULE_NONE); /* not a second time */
	planner_done(p, 1, 0);
	assert_int_equal(planner_next_urgent(p, false), 0);
	assert_false(planner_too_early(p, 0, -ENOENT));
	planner_done(p, 0, -ENOENT);
	assert_int_equal(status(p, 0).state, LOAD_FAILED);
	assert_true(planner_idle(p));
	planner_free(p);
}

static bool fits_small(const void *small, uint32_t module, uint32_t dependency, bool loading)
{
	(void)module;
	return loading || dependency == *(const uint32_t *)small;
}

/* What is small may still have to begin: then its turn is at once. */
static void test_ahead_of_small(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2, 3}}, 0, 0, 0},
					       {"jbd2", P, {{0}}, 0, 0, 0},
					       {"crc16", P, {{0}}, 0, 0, 0},
					       {"nvme", P | MODULE_STORAGE, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:bc01sc08", {4}}};
	const uint32_t jbd2 = 1, crc16 = 2;
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_want_alias(p, "pci:bc01sc08", 0), 1);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), MODULE_NONE);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &jbd2), MODULE_NONE);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), 0);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), 2);
	assert_int_equal(planner_next_ahead(p, false, fits_small, &crc16), MODULE_NONE);
	assert_int_equal(planner_next_urgent(p, false), 3);
	planner_free(p);
}

/* What was started ahead of a dependency that fails has failed by it. */
static void test_ahead_of_failure(void **state)
{
	static const struct fake_module m[] = {{"ext4", P, {{2}}, 0, 0, 0}, {"jbd2", P, {{0}}, 0, 0, 0}};
	const uint32_t jbd2 = 1;
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "ext4", 0), 1);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_int_equal(planner_next_ahead(p, false, fits, &jbd2), 0);
	planner_done(p, 1, -EIO);
	assert_true(planner_too_early(p, 0, -ENOENT));
	assert_int_equal(status(p, 0).state, LOAD_DEP_FAILED);
	assert_int_equal(status(p, 0).cause, 1);
	assert_true(planner_idle(p));
	planner_free(p);
}

static void test_cpu_without_the_feature(void **state)
{
	static const struct fake_module m[] = {{"jbd2", P, {{0}, {2, 3, 4}}, 0, 0, 0},
					       {"crc32c_intel", P | MODULE_CPU, {{0}}, 0, 0, 0},
					       {"crc32c_arm", P | MODULE_CPU, {{0}}, 0, 0, 0},
					       {"crc32c_generic", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"cpu:sse4", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	planner_cpu(p, "cpu:sse4");
	assert_int_equal(planner_want_name(p, "jbd2", 0), 1);
	expect_order(p, "crc32c_intel crc32c_generic jbd2");
	/* By its name it is tried all the same. */
	assert_int_equal(planner_want_name(p, "crc32c_arm", 0), 1);
	expect_order(p, "crc32c_arm");
	planner_free(p);
	/* Of a CPU that nobody knows nothing is assumed. */
	p = new_planner();
	assert_int_equal(planner_want_name(p, "jbd2", 0), 1);
	expect_order(p, "crc32c_intel crc32c_arm crc32c_generic jbd2");
	planner_free(p);
}

static void test_urgent_only(void **state)
{
	static const struct fake_module m[] = {
	    {"gpu", P, {{0}}, 0, 0, 0}, {"ahci", P | MODULE_STORAGE, {{3}}, 0, 0, 0}, {"libahci", P, {{0}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:gpu", {1}}, {"pci:ahci", {2}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:gpu", 0), 1);
	assert_false(planner_urgent(p));
	assert_int_equal(planner_next_urgent(p, false), MODULE_NONE);
	assert_int_equal(planner_want_alias(p, "pci:ahci", 0), 1);
	assert_true(planner_urgent(p));
	assert_int_equal(planner_next_urgent(p, false), 2);
	assert_int_equal(planner_next_urgent(p, false), MODULE_NONE);
	assert_true(status(p, 2).urgent);
	planner_done(p, 2, 0);
	assert_int_equal(planner_next_urgent(p, false), 1);
	assert_true(planner_urgent(p)); /* in flight */
	planner_done(p, 1, 0);
	assert_false(planner_urgent(p));
	assert_false(planner_named_pending(p));
	assert_int_equal(planner_want_name(p, "gpu", 0), 1);
	expect_order(p, "gpu");
	planner_free(p);
}

static void test_named_pending(void **state)
{
	static const struct fake_module m[] = {{"top", P, {{2}}, 0, 0, 0}, {"base", P, {{0}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "top", 0), 1);
	assert_true(planner_named_pending(p));
	expect_ready(p, "base");
	assert_true(planner_named_pending(p));
	planner_done(p, 1, 0);
	expect_ready(p, "top");
	assert_false(planner_named_pending(p)); /* given out */
	planner_free(p);
}

static void test_blacklist(void **state)
{
	static const struct fake_module m[] = {{"bad", P, {{0}}, 0, 0, true}, {"user", P, {{1}}, 0, 0, 0}};
	static const struct fake_alias a[] = {{"pci:x", {1}}};
	struct planner *p;

	(void)state;
	KERNEL(m, a);
	p = new_planner();
	assert_int_equal(planner_want_alias(p, "pci:x", 0), 1);
	expect_ready(p, "");
	assert_int_equal(status(p, 0).state, LOAD_BLACKLISTED);
	assert_true(planner_idle(p));
	assert_int_equal(planner_want_name(p, "user", 0), 1); /* as a dependency it is loaded */
	expect_order(p, "bad user");
	planner_free(p);
}

static void test_builtin_and_commands(void **state)
{
	static const struct fake_module m[] = {{"user", P, {{2, 3}}, 0, 0, 0},
					       {"inside", MODULE_BUILTIN, {{0}}, 0, 0, 0},
					       {"byhand", MODULE_CONFIG_ONLY, {{0}}, 0, "true", 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "user", 0), 1);
	expect_order(p, "byhand user");
	assert_int_equal(status(p, 1).state, LOAD_LOADED);
	assert_int_equal(planner_want_name(p, "nobody", 0), -ENOENT);
	planner_free(p);
}

static void test_async_probe(void **state)
{
	static const struct fake_module m[] = {{"plain", P | MODULE_DEVICES, {{0}}, "a=1 b=2", 0, 0},
					       {"never", P | MODULE_NO_ASYNC, {{0}}, 0, 0, 0},
					       {"own", P, {{0}}, "x=1 async_probe=0", 0, 0},
					       {"likely", P, {{0}}, "my_async_probe=1", 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	for (uint32_t i = 0; i < module_count; i++)
		assert_int_equal(planner_want_name(p, m[i].name, 0), 1);
	expect_order(p, "plain never own likely");
	assert_true(status(p, 0).async);
	assert_false(status(p, 1).async);
	assert_false(status(p, 2).async);
	assert_true(status(p, 3).async);
	planner_free(p);
	p = new_planner();
	planner_keep_order(p);
	assert_int_equal(planner_want_name(p, "plain", 0), 1);
	assert_int_equal(planner_want_name(p, "likely", 0), 1);
	expect_order(p, "plain likely");
	assert_false(status(p, 0).async);
	assert_true(status(p, 3).async); /* it has no devices */
	planner_free(p);
}

static void test_strange_ids(void **state)
{
	static const struct fake_module m[] = {{"a", P, {{99, 1}}, 0, 0, 0}};
	struct planner *p;

	(void)state;
	KERNEL(m, no_aliases);
	p = new_planner();
	assert_int_equal(planner_want_name(p, "a", 0), 1);
	planner_done(p, 0, 0);	/* never given out */
	planner_done(p, 42, 0); /* no such module */
	expect_order(p, "a");
	assert_int_equal(status(p, 42).state, LOAD_UNWANTED);
	planner_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dependencies_first),
	    cmocka_unit_test(test_independent_side_by_side),
	    cmocka_unit_test(test_failed_dependency),
	    cmocka_unit_test(test_soft_dependencies),
	    cmocka_unit_test(test_names_wait_for_controllers),
	    cmocka_unit_test(test_named_and_needed),
	    cmocka_unit_test(test_disk_drivers),
	    cmocka_unit_test(test_ahead),
	    cmocka_unit_test(test_ahead_of_small),
	    cmocka_unit_test(test_ahead_of_failure),
	    cmocka_unit_test(test_cpu_without_the_feature),
	    cmocka_unit_test(test_soft_cycle_ends),
	    cmocka_unit_test(test_soft_cycle_through_hard),
	    cmocka_unit_test(test_hard_cycle_fails),
	    cmocka_unit_test(test_alias_chain),
	    cmocka_unit_test(test_chain_onto_own_dependency),
	    cmocka_unit_test(test_held_classes),
	    cmocka_unit_test(test_ranks),
	    cmocka_unit_test(test_urgency_reaches_waiting_dependencies),
	    cmocka_unit_test(test_urgent_only),
	    cmocka_unit_test(test_controllers_wait_for_disks),
	    cmocka_unit_test(test_named_pending),
	    cmocka_unit_test(test_blacklist),
	    cmocka_unit_test(test_builtin_and_commands),
	    cmocka_unit_test(test_async_probe),
	    cmocka_unit_test(test_strange_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
