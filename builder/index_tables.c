/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the boot index as bytes. What goes into them: index_write.c, index_soft.c. */
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
	t->module_records.len = 0;
	for (size_t i = 0; i < t->modules.count; i++) {
		const struct table_module *m = t->modules.items[i];
		tables_put_u32(&t->module_records, tables_string(t, m->name));
		tables_put_u32(&t->module_records, m->path);
		tables_put_u32(&t->module_records, m->reason);
		tables_put_u32(&t->module_records, m->flags);
		for (size_t kind = 0; kind < DEP_KINDS; kind++) {
			tables_put_u32(&t->module_records, m->deps[kind].first);
			tables_put_u32(&t->module_records, m->deps[kind].count);
		}
	}
}

void tables_add_list(struct index_tables *t, struct table_module *m, enum index_dep_kind kind, const uint32_t *ids,
		     const uint32_t *aliases, size_t count)
{
	m->deps[kind].first = (uint32_t)(t->ids.len / ID_RECORD);
	m->deps[kind].count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		tables_put_u32(&t->ids, ids[i]);
	for (size_t i = 0; i < count; i++)
		tables_put_u32(&t->ids, aliases[i]);
}

const struct buf *tables_section(const struct index_tables *t, unsigned section)
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
	}
	if (section < SEC_CONF)
		return &t->aliases[section - SEC_ALIAS];
	return section < SEC_KEYS ? &t->conf[section - SEC_CONF] : &t->keys[section - SEC_KEYS];
}

static void pad(struct buf *b)
{
	static const char zeros[8];

	buf_add(b, zeros, -b->len % 8);
}

static void put_at(struct buf *b, size_t at, uint64_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		b->data[at + i] = (char)(v >> (8 * i));
}

void tables_assemble(struct index_tables *t, struct buf *out)
{
	char header[INDEX_HEADER_SIZE] = INDEX_MAGIC;

	write_modules(t);
	buf_add(out, header, sizeof(header));
	pad(out);
	put_at(out, OFF_VERSION, INDEX_VERSION, 4);
	put_at(out, OFF_SECTIONS, SEC_COUNT, 4);
	put_at(out, OFF_RELEASE, t->release, 4);
	for (unsigned s = 0; s < SEC_COUNT; s++) {
		const struct buf *bytes = tables_section(t, s);
		put_at(out, OFF_TABLE + 8 * s, out->len, 4);
		put_at(out, OFF_TABLE + 8 * s + 4, bytes->len / index_record_size(s), 4);
		buf_add(out, bytes->data, bytes->len);
		pad(out);
	}
	put_at(out, OFF_SIZE, out->len, 8);
	put_at(out, OFF_CHECKSUM,
	       index_checksum((const unsigned char *)out->data + OFF_CHECKED, out->len - OFF_CHECKED), 8);
}
