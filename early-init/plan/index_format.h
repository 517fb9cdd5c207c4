/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Byte format of the boot index, version 1. Everything is little-endian;
 * tables hold records of a fixed size; strings are offsets into one pool.
 *
 * header (INDEX_HEADER_SIZE bytes)
 *    0  char[8]  magic "RWINDEX\0"
 *    8  u32      version
 *   12  u32      number of sections (SEC_COUNT)
 *   16  u64      size of the whole index, a multiple of 8
 *   24  u64      checksum of everything from byte 32 on (index_checksum)
 *   32  string   kernel release
 *   36  u32      0
 *   40  section table: SEC_COUNT times { u32 offset, u32 records }
 *
 * A section starts at a multiple of 8 behind the header. Records by section:
 *   SEC_STRINGS   bytes of the pool. Byte 0 and the last one are NUL; a string of
 *                 offset 0 is "none" (NULL to the reader).
 *   SEC_MODULES   name, path, absent_reason (strings), flags (enum module_flag), then for
 *                 each enum index_dep_kind { u32 first, u32 count } in SEC_IDS. In kmod's
 *                 order of priority: modules.dep's first, builtin ones, then those that
 *                 only configuration names.
 *   SEC_NAMES     u32 module id, ordered by name (bytewise).
 *   SEC_IDS       u32: lists of module ids. A list that is not DEP_HARD is followed by
 *                 as many strings: the alias each id was reached by, none when by name.
 *   SEC_ALIAS+k   key records for each enum index_alias_kind; value: module id.
 *   SEC_CONF+k    key, value, source (strings) for each enum index_conf_kind, in kmod's
 *                 order of precedence.
 *   SEC_KEYS+k    key records over SEC_CONF+k; value: number of the line.
 *   SEC_SETTINGS  key, value (strings), ordered by key.
 *
 * Key records { string pattern, u32 prefix, u32 value } are ordered for lookup
 * by index_key_order: PREFIX characters of the pattern are literal, so every
 * pattern that can match a query has a prefix that the query starts with, and
 * a reader narrows [lo, hi) character by character. Among equal prefixes the
 * order is that in which libkmod visits its trie (libkmod-index.c,
 * index_mm_searchwild), because equal priorities are answered in its reverse.
 *
 * History: 1 (0.1.0) first.
 */
#ifndef ROOTWARD_PLAN_INDEX_FORMAT_H
#define ROOTWARD_PLAN_INDEX_FORMAT_H

#include "index.h"

#define INDEX_MAGIC "RWINDEX"
#define INDEX_MAGIC_SIZE 8
#define INDEX_VERSION 1

enum {
	OFF_VERSION = 8,
	OFF_SECTIONS = 12,
	OFF_SIZE = 16,
	OFF_CHECKSUM = 24,
	OFF_CHECKED = 32, /* the checksum covers the index from here */
	OFF_RELEASE = 32,
	OFF_TABLE = 40,
};

enum index_section {
	SEC_STRINGS,
	SEC_MODULES,
	SEC_NAMES,
	SEC_IDS,
	SEC_ALIAS,
	SEC_CONF = SEC_ALIAS + ALIAS_KINDS,
	SEC_KEYS = SEC_CONF + CONF_KINDS,
	SEC_SETTINGS = SEC_KEYS + CONF_KINDS,
	SEC_COUNT
};

#define INDEX_HEADER_SIZE (OFF_TABLE + 8 * SEC_COUNT)

/* Sizes and fields of records, in bytes. */
enum {
	MODULE_NAME = 0,
	MODULE_PATH = 4,
	MODULE_REASON = 8,
	MODULE_FLAGS = 12,
	MODULE_DEPS = 16, /* + 8 * enum index_dep_kind */
	MODULE_RECORD = MODULE_DEPS + 8 * DEP_KINDS,
	KEY_PATTERN = 0,
	KEY_PREFIX = 4,
	KEY_VALUE = 8,
	KEY_RECORD = 12,
	CONF_RECORD = 12,
	SETTING_RECORD = 8,
	ID_RECORD = 4,
};

/* Bytes of one record of SECTION. */
size_t index_record_size(unsigned section);

/*
 * Fletcher's two running sums over 64-bit words: finds what a bad disk or a
 * cut copy does, in two additions a word. SIZE is a multiple of 8.
 */
uint64_t index_checksum(const unsigned char *data, size_t size) NONNULL(1);

/*
 * Literal characters at the start of a key. Kernel aliases: before the first
 * wildcard, a backslash being literal as in libkmod's trie. Patterns of
 * configuration: before the first wildcard or backslash. Keys compared for
 * equality (CONF_OPTIONS, CONF_BLACKLIST, CONF_LOAD): all of it.
 */
size_t index_alias_prefix(const char *pattern) NONNULL(1);
size_t index_conf_prefix(enum index_conf_kind kind, const char *key) NONNULL(2);

/* The order of key records: by literal prefix, then by the rest with its end after every character. */
int index_key_order(const char *a, size_t a_prefix, const char *b, size_t b_prefix) NONNULL(1, 3);

static inline uint32_t index_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t index_u64(const unsigned char *p)
{
	return (uint64_t)index_u32(p) | (uint64_t)index_u32(p + 4) << 32;
}

/* For the reader's own files: record I of SECTION, or NULL past its end. */
const unsigned char *index_record(const struct boot_index *ix, unsigned section, uint32_t i) NONNULL(1);
uint32_t index_records(const struct boot_index *ix, unsigned section) NONNULL(1);
/* String at OFFSET; NULL for 0 and for an offset outside the pool (then *BAD, when given, is set). */
const char *index_string(const struct boot_index *ix, uint32_t offset, bool *bad) NONNULL(1);

#endif
