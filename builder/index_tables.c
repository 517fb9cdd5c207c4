/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the boot index as bytes. What goes into them: index_write.c. */
#include "index_tables.h"

#include <string.h>

void tables_put_u32(struct buf *b, uint32_t v)
{
	unsigned char bytes[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
				  (unsigned char)(v >> 24)};

	buf_add(b, bytes, sizeof(bytes));
}

uint32_t tables_new_string(struct index_tables *t, const char *s)
{
	uint32_t offset = (uint32_t)t->strings.len;

	buf_add(&t->strings, s, strlen(s) + 1);
	return offset;
}

uint32_t tables_string(struct index_tables *t, const char *s)
{
	if (!s)
		return 0;
	uint32_t offset = (uint32_t)(uintptr_t)strmap_get(&t->pool, s);
	if (!offset) {
		offset = tables_new_string(t, s);
		/* The pool moves as it grows, so the key is a copy. */
		strmap_put(&t->pool, arena_strdup(&t->arena, s), (void *)(uintptr_t)offset);
	}
	return offset;
}

static void write_modules(struct index_tables *t)
{
	for (size_t i = 0; i < t->modules.count; i++) {
		const struct table_module *m = t->modules.items[i];
		tables_put_u32(&t->module_records, tables_string(t, m->name));
		tables_put_u32(&t->module_records, m->path);
		tables_put_u32(&t->module_records, m->reason);
		tables_put_u32(&t->module_records, m->flags);
		for (size_t kind = 0; kind < DEP_KINDS; kind++) {
			tables_put_u32(&t->module_records, kind == DEP_HARD ? m->first_dep : 0);
			tables_put_u32(&t->module_records, kind == DEP_HARD ? m->dep_count : 0);
		}
	}
}

/* What is made here of SECTION; configuration is put in by index_with_conf(). */
static const struct buf *section_bytes(const struct index_tables *t, unsigned section)
{
	switch (section) {
	case SEC_STRINGS:
		return &t->strings;
	case SEC_MODULES:
		return &t->module_records;
	case SEC_NAMES:
		return &t->names;
	case SEC_IDS:
		return &t->ids;
	case SEC_SETTINGS:
		return &t->settings;
	default:
		return section < SEC_CONF ? &t->aliases[section - SEC_ALIAS] : NULL;
	}
}

struct err *tables_assemble(struct index_tables *t, unsigned char **out, size_t *size)
{
	struct index_part parts[SEC_COUNT] = {0};

	write_modules(t);
	for (unsigned s = 0; s < SEC_COUNT; s++) {
		const struct buf *bytes = section_bytes(t, s);
		if (bytes)
			parts[s] = (struct index_part){bytes->data, bytes->len};
	}
	errint r = index_assemble(parts, t->release, out, size);
	if (r == -E2BIG)
		return err_new(EXIT_FAILED, "larger than its format allows");
	return r < 0 ? err_sys(-r, "boot index") : NULL;
}

void tables_free(struct index_tables *t)
{
	for (size_t i = 0; i < ALIAS_KINDS; i++)
		buf_free(&t->aliases[i]);
	buf_free(&t->strings);
	buf_free(&t->module_records);
	buf_free(&t->names);
	buf_free(&t->ids);
	buf_free(&t->settings);
	VEC_FREE(&t->modules);
	strmap_free(&t->by_name);
	strmap_free(&t->pool);
	free(t->chosen);
	arena_free(&t->arena);
}
