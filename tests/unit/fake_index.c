// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_index.h"

static const struct fake_module *modules;
static uint32_t module_count;
static const struct fake_alias *aliases;
static size_t alias_count;
static const struct boot_index ix;
const char *disk_drivers, *load_requests;

const char *index_setting(const struct boot_index *index, const char *key)
{
	(void)index;
	return strcmp(key, "disk-drivers") == 0	   ? disk_drivers
	       : strcmp(key, "load-requests") == 0 ? load_requests
						   : NULL;
}

uint32_t index_find_module(const struct boot_index *index, const char *name)
{
	(void)index;
	for (uint32_t i = 0; i < module_count; i++)
		if (strcmp(modules[i].name, name) == 0)
			return i;
	return MODULE_NONE;
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
	uint32_t named = index_find_module(index, query);
	errint n = 0;

	(void)cmdline;
	(void)scope;
	if (named != MODULE_NONE && (size_t)n < max)
		out[n++] = (struct module_match){.module = named, .kind = MATCH_NAME};
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

const char *lookup_load_command(const struct boot_index *index, uint32_t module)
{
	(void)index;
	return modules[module].command;
}

void fake_index(const struct fake_module *m, uint32_t count, const struct fake_alias *a, size_t a_count)
{
	modules = m;
	module_count = count;
	aliases = a;
	alias_count = a_count;
}

const struct fake_alias no_aliases[1] = {{"none", {0}}};

struct planner *new_planner(void)
{
	struct planner *p;

	assert_int_equal(planner_new(&ix, NULL, &p), 0);
	return p;
}

struct load_status status(const struct planner *p, uint32_t id)
{
	struct load_status s;

	planner_status(p, id, &s);
	return s;
}

/* What is given out one by one is NAMES; LOADED: each load succeeds before the next one is asked for. */
static void expect(struct planner *p, const char *names, bool loaded)
{
	char got[128] = "";
	uint32_t id;

	while ((id = planner_next(p)) != MODULE_NONE) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", *got ? " " : "", modules[id].name);
		if (loaded)
			planner_done(p, id, 0);
	}
	assert_string_equal(got, names);
}

void expect_ready(struct planner *p, const char *names)
{
	expect(p, names, false);
}

void expect_order(struct planner *p, const char *names)
{
	expect(p, names, true);
	assert_true(planner_idle(p));
}
