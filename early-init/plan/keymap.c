/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keymap.h"

#include <string.h>

#define MAGIC "bkeymap"
#define TABLE_SIZE (KEYMAP_KEYS * sizeof(uint16_t))

/* How many of the first N tables follow the head. */
static size_t count_tables(const unsigned char *data, unsigned n)
{
	size_t tables = 0;

	for (unsigned i = 0; i < n; i++)
		tables += data[sizeof(MAGIC) - 1 + i] == 1;
	return tables;
}

bool keymap_valid(const unsigned char *data, size_t size)
{
	if (size < KEYMAP_HEAD || memcmp(data, MAGIC, sizeof(MAGIC) - 1) != 0)
		return false;
	size_t tables = count_tables(data, KEYMAP_TABLES);
	return tables && size == KEYMAP_HEAD + tables * TABLE_SIZE;
}

const unsigned char *keymap_table(const unsigned char *data, unsigned table)
{
	if (table >= KEYMAP_TABLES || data[sizeof(MAGIC) - 1 + table] != 1)
		return NULL;
	return data + KEYMAP_HEAD + count_tables(data, table) * TABLE_SIZE;
}
