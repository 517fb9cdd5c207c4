/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the boot index, and its plain tables. Lookup by pattern: index_match.c. */
#include <string.h>

#include "glob.h"
#include "index_format.h"

size_t index_record_size(unsigned section)
{
	switch (section) {
	case SEC_STRINGS:
		return 1;
	case SEC_MODULES:
		return MODULE_RECORD;
	case SEC_NAMES:
	case SEC_IDS:
		return ID_RECORD;
	case SEC_SETTINGS:
		return SETTING_RECORD;
	}
	return section >= SEC_CONF && section < SEC_KEYS ? CONF_RECORD : KEY_RECORD;
}

uint64_t index_checksum(const unsigned char *data, size_t size)
{
	uint64_t sum = 1, sums = 0;

	/* Four words a turn: the loop's own cost counts on slow machines. */
	for (; size >= 32; data += 32, size -= 32)
		for (unsigned i = 0; i < 32; i += 8)
			sums += sum += index_u64(data + i);
	for (; size >= 8; data += 8, size -= 8)
		sums += sum += index_u64(data);
	return sum ^ (sums << 32 | sums >> 32);
}

static uint32_t section_offset(const struct boot_index *ix, unsigned section)
{
	return index_u32(ix->base + OFF_TABLE + 8 * section);
}

uint32_t index_records(const struct boot_index *ix, unsigned section)
{
	return index_u32(ix->base + OFF_TABLE + 8 * section + 4);
}

const unsigned char *index_record(const struct boot_index *ix, unsigned section, uint32_t i)
{
	if (i >= index_records(ix, section))
		return NULL;
	return ix->base + section_offset(ix, section) + i * index_record_size(section);
}

const char *index_string(const struct boot_index *ix, uint32_t offset, bool *bad)
{
	const unsigned char *s = offset ? index_record(ix, SEC_STRINGS, offset) : NULL;

	if (bad && offset && !s)
		*bad = true;
	return (const char *)s;
}

static bool section_fits(const struct boot_index *ix, unsigned section)
{
	uint64_t offset = section_offset(ix, section);
	uint64_t bytes = (uint64_t)index_records(ix, section) * index_record_size(section);

	return offset % 8 == 0 && offset >= INDEX_HEADER_SIZE && offset <= ix->size && bytes <= ix->size - offset;
}

/* Sections inside the index, and a string pool in which every string ends. */
static bool sections_sound(const struct boot_index *ix)
{
	for (unsigned s = 0; s < SEC_COUNT; s++)
		if (!section_fits(ix, s))
			return false;
	uint32_t pool = index_records(ix, SEC_STRINGS);
	return pool >= 1 && *index_record(ix, SEC_STRINGS, 0) == '\0' &&
	       *index_record(ix, SEC_STRINGS, pool - 1) == '\0' &&
	       index_string(ix, index_u32(ix->base + OFF_RELEASE), NULL) != NULL;
}

errint index_open(struct boot_index *ix, const void *data, size_t size)
{
	const unsigned char *p = data;

	if (size < INDEX_MAGIC_SIZE + 4)
		return -EMSGSIZE;
	if (memcmp(p, INDEX_MAGIC, INDEX_MAGIC_SIZE) != 0)
		return -EBADMSG;
	if (index_u32(p + OFF_VERSION) != INDEX_VERSION)
		return -EPROTONOSUPPORT;
	if (size < INDEX_HEADER_SIZE || index_u64(p + OFF_SIZE) > size)
		return -EMSGSIZE;
	if (index_u64(p + OFF_SIZE) != size || size % 8 != 0 || index_u32(p + OFF_SECTIONS) != SEC_COUNT ||
	    index_u64(p + OFF_CHECKSUM) != index_checksum(p + OFF_CHECKED, size - OFF_CHECKED))
		return -EBADMSG;
	struct boot_index opened = {p, size};
	if (!sections_sound(&opened))
		return -EBADMSG;
	*ix = opened;
	return 0;
}

const char *index_kernel_release(const struct boot_index *ix)
{
	return index_string(ix, index_u32(ix->base + OFF_RELEASE), NULL);
}

uint32_t index_module_count(const struct boot_index *ix)
{
	return index_records(ix, SEC_MODULES);
}

errint index_module(const struct boot_index *ix, uint32_t id, struct index_module *out)
{
	const unsigned char *r = index_record(ix, SEC_MODULES, id);
	bool bad = false;

	if (!r)
		return -ENOENT;
	out->name = index_string(ix, index_u32(r + MODULE_NAME), &bad);
	out->path = index_string(ix, index_u32(r + MODULE_PATH), &bad);
	out->absent_reason = index_string(ix, index_u32(r + MODULE_REASON), &bad);
	out->flags = index_u32(r + MODULE_FLAGS);
	return bad || !out->name ? -EBADMSG : 0;
}

uint32_t index_find_module(const struct boot_index *ix, const char *name)
{
	char key[ALIAS_MAX_SIZE];
	uint32_t lo = 0, hi = index_records(ix, SEC_NAMES);

	/* Only '-' is folded here: a '.' belongs to no module's name. */
	size_t len = strlen(name);
	if (len >= sizeof(key))
		return MODULE_NONE;
	for (size_t i = 0; i <= len; i++)
		key[i] = name[i] == '-' ? '_' : name[i];
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint32_t id = index_u32(index_record(ix, SEC_NAMES, mid));
		struct index_module m;
		if (index_module(ix, id, &m) < 0)
			return MODULE_NONE;
		int order = strcmp(key, m.name);
		if (order == 0)
			return id;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return MODULE_NONE;
}

struct index_ids index_deps(const struct boot_index *ix, uint32_t id, enum index_dep_kind kind)
{
	const unsigned char *r = index_record(ix, SEC_MODULES, id);
	struct index_ids none = {NULL, 0};

	if (!r)
		return none;
	uint32_t first = index_u32(r + MODULE_DEPS + 8 * kind), count = index_u32(r + MODULE_DEPS + 8 * kind + 4);
	uint64_t words = kind == DEP_HARD ? count : 2 * (uint64_t)count; /* ids, then their aliases */
	if (!count || words + first > index_records(ix, SEC_IDS))
		return none;
	return (struct index_ids){index_record(ix, SEC_IDS, first), count};
}

uint32_t index_id_at(const struct boot_index *ix, struct index_ids list, uint32_t i)
{
	if (i >= list.count)
		return MODULE_NONE;
	uint32_t id = index_u32(list.first + (size_t)i * ID_RECORD);
	return id < index_module_count(ix) ? id : MODULE_NONE;
}

const char *index_id_alias(const struct boot_index *ix, struct index_ids list, uint32_t i)
{
	if (i >= list.count)
		return NULL;
	return index_string(ix, index_u32(list.first + ((size_t)list.count + i) * ID_RECORD), NULL);
}

uint32_t index_conf_count(const struct boot_index *ix, enum index_conf_kind kind)
{
	return index_records(ix, SEC_CONF + (unsigned)kind);
}

errint index_conf_at(const struct boot_index *ix, enum index_conf_kind kind, uint32_t i, struct index_conf *out)
{
	const unsigned char *r = index_record(ix, SEC_CONF + (unsigned)kind, i);
	bool bad = false;

	if (!r)
		return -ENOENT;
	out->key = index_string(ix, index_u32(r), &bad);
	out->value = index_string(ix, index_u32(r + 4), &bad);
	out->source = index_string(ix, index_u32(r + 8), &bad);
	return bad || !out->key ? -EBADMSG : 0;
}

uint32_t index_alias_count(const struct boot_index *ix, enum index_alias_kind kind)
{
	return index_records(ix, SEC_ALIAS + (unsigned)kind);
}

errint index_alias_at(const struct boot_index *ix, enum index_alias_kind kind, uint32_t i, const char **pattern,
		      uint32_t *module)
{
	const unsigned char *r = index_record(ix, SEC_ALIAS + (unsigned)kind, i);

	if (!r)
		return -ENOENT;
	*pattern = index_string(ix, index_u32(r + KEY_PATTERN), NULL);
	*module = index_u32(r + KEY_VALUE);
	return *pattern && *module < index_module_count(ix) ? 0 : -EBADMSG;
}

bool index_setting_at(const struct boot_index *ix, uint32_t i, const char **key, const char **value)
{
	const unsigned char *r = index_record(ix, SEC_SETTINGS, i);

	if (!r)
		return false;
	*key = index_string(ix, index_u32(r), NULL);
	*value = index_string(ix, index_u32(r + 4), NULL);
	return *key && *value;
}

const char *index_setting(const struct boot_index *ix, const char *key)
{
	uint32_t lo = 0, hi = index_records(ix, SEC_SETTINGS);
	const char *at, *value;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (!index_setting_at(ix, mid, &at, &value))
			return NULL;
		int order = strcmp(key, at);
		if (order == 0)
			return value;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
