/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot index from hostile bytes: opened, walked wholly, asked. The
 * checksum is put right first, so that mutations reach what it protects; the
 * first 16 bytes are the query.
 */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/index_conf.h"
#include "../../early-init/plan/index_format.h"
#include "../../early-init/plan/lookup.h"

#define QUERY_SIZE 16
/* Enough steps for real lists; longer ones end with -E2BIG. */
#define STEPS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte of S: a string that does not end in the index is seen. */
static size_t touch(const char *s)
{
	return s ? strlen(s) : 0;
}

static size_t walk_module(const struct boot_index *ix, uint32_t id)
{
	struct module_match match = {.module = id, .kind = MATCH_NAME};
	struct probe_step steps[STEPS_MAX];
	struct index_module m;
	size_t sum = 0;
	char options[64];

	if (index_module(ix, id, &m) == 0)
		sum += touch(m.name) + touch(m.path) + touch(m.absent_reason) + index_find_module(ix, m.name);
	for (enum index_dep_kind kind = DEP_HARD; kind < DEP_KINDS; kind++) {
		struct index_ids ids = index_deps(ix, id, kind);
		for (uint32_t i = 0; i <= ids.count; i++) {
			sum += index_id_at(ix, ids, i);
			if (kind != DEP_HARD)
				sum += touch(index_id_alias(ix, ids, i));
		}
	}
	sum += touch(lookup_command(ix, id, false)) + touch(lookup_match_command(ix, &match, true));
	if (lookup_options(ix, NULL, id, "alias", options, sizeof(options)) > 0)
		sum += touch(options);
	if (lookup_probe_list(ix, id, NULL, false, steps, STEPS_MAX) > 0)
		sum += touch(steps[0].alias);
	return sum;
}

static size_t walk_tables(const struct boot_index *ix)
{
	const char *a, *b;
	uint32_t module;
	size_t sum = lookup_probe_bound(ix) + touch(index_kernel_release(ix));

	for (enum index_conf_kind kind = CONF_ALIAS; kind < CONF_KINDS; kind++)
		for (uint32_t i = 0; i <= index_conf_count(ix, kind); i++) {
			struct index_conf c;
			if (index_conf_at(ix, kind, i, &c) == 0)
				sum += touch(c.key) + touch(c.value) + touch(c.source);
		}
	for (enum index_alias_kind kind = ALIAS_KERNEL; kind < ALIAS_KINDS; kind++)
		for (uint32_t i = 0; i <= index_alias_count(ix, kind); i++)
			if (index_alias_at(ix, kind, i, &a, &module) == 0)
				sum += touch(a) + module;
	for (uint32_t i = 0; index_setting_at(ix, i, &a, &b); i++)
		sum += touch(a) + touch(b) + touch(index_setting(ix, a));
	return sum;
}

static size_t ask(const struct boot_index *ix, const char *query)
{
	struct module_match matches[4];
	size_t sum = 0;

	for (enum lookup_scope scope = LOOKUP_USABLE; scope <= LOOKUP_ABSENT; scope++) {
		errint n = lookup_modules(ix, NULL, query, scope, matches, 4);
		for (errint i = 0; i < n && i < 4; i++)
			sum += touch(matches[i].alias) + walk_module(ix, matches[i].module);
	}
	return sum;
}

/* The same index with a configuration of its own: one that can be opened again. */
static void configure(const struct boot_index *ix, const char *word)
{
	const struct conf_line lines[] = {
	    {CONF_ALIAS, {word, "module", "f:1"}},
	    {CONF_BLACKLIST, {word, NULL, "f:2"}},
	    {CONF_SOFTDEP, {"*", word, NULL}},
	    {CONF_INSTALL, {"new", "true", "f:4"}},
	};
	struct boot_index made;
	unsigned char *bytes;
	size_t size;

	if (index_module_count(ix) > 256 || index_with_conf(ix, lines, ARRAY_SIZE(lines), &bytes, &size) < 0)
		return;
	if (index_open(&made, bytes, size) < 0)
		abort();
	free(bytes);
}

/* Where what was read goes, so that no read is optimised away. */
static volatile size_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char query[QUERY_SIZE + 1];
	struct boot_index ix;
	size_t sum = 0;

	if (size < QUERY_SIZE)
		return 0;
	memcpy(query, data, QUERY_SIZE);
	query[QUERY_SIZE] = '\0';
	size -= QUERY_SIZE;
	unsigned char *bytes = malloc(size ? size : 1);
	if (!bytes)
		return 0;
	memcpy(bytes, data + QUERY_SIZE, size);
	if (size >= INDEX_HEADER_SIZE && size % 8 == 0) {
		uint64_t checksum = index_checksum(bytes + OFF_CHECKED, size - OFF_CHECKED);
		for (unsigned i = 0; i < 8; i++) {
			bytes[OFF_CHECKSUM + i] = (unsigned char)(checksum >> (8 * i));
			bytes[OFF_SIZE + i] = (unsigned char)((uint64_t)size >> (8 * i));
		}
	}
	if (index_open(&ix, bytes, size) == 0) {
		/* A list may be named by many modules: bound the walk, not the reader. */
		for (uint32_t id = 0; id < index_module_count(&ix) && id < 64; id++)
			sum += walk_module(&ix, id);
		sum += walk_tables(&ix) + ask(&ix, query);
		configure(&ix, query);
	}
	sink = sum;
	free(bytes);
	return 0;
}
