/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookup in the key tables of the boot index: by pattern, and by equality. */
#include <string.h>

#include "glob.h"
#include "index_format.h"

/* The characters that end a literal prefix in libkmod's trie. */
size_t index_alias_prefix(const char *pattern)
{
	return strcspn(pattern, "*?[");
}

/* Whether kmod compares keys of KIND with fnmatch rather than for equality. */
static bool conf_is_pattern(enum index_conf_kind kind)
{
	return kind != CONF_OPTIONS && kind != CONF_BLACKLIST && kind != CONF_LOAD;
}

size_t index_conf_prefix(enum index_conf_kind kind, const char *key)
{
	return conf_is_pattern(kind) ? glob_literal_prefix(key) : strlen(key);
}

int index_key_order(const char *a, size_t a_prefix, const char *b, size_t b_prefix)
{
	size_t common = a_prefix < b_prefix ? a_prefix : b_prefix;
	int order = memcmp(a, b, common);

	if (order != 0)
		return order;
	if (a_prefix != b_prefix)
		return a_prefix < b_prefix ? -1 : 1;
	a += a_prefix;
	b += b_prefix;
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (*a == '\0' || *b == '\0')
		return *a == '\0' ? 1 : -1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

struct key {
	const char *pattern;
	uint32_t prefix; /* at most the pattern's length */
	uint32_t value;
};

/* A damaged record reads as an empty literal, so that a search ends. */
static struct key key_at(const struct boot_index *ix, unsigned section, uint32_t i)
{
	const unsigned char *r = index_record(ix, section, i);
	struct key k = {"", 0, UINT32_MAX};

	if (!r)
		return k;
	const char *pattern = index_string(ix, index_u32(r + KEY_PATTERN), NULL);
	uint32_t prefix = index_u32(r + KEY_PREFIX);
	if (!pattern || strnlen(pattern, prefix) < prefix)
		return k;
	return (struct key){pattern, prefix, index_u32(r + KEY_VALUE)};
}

/* First of [LO, HI) whose literal prefix has a character of at least C at AT (one that ends there has none). */
static uint32_t first_not_below(const struct boot_index *ix, unsigned section, uint32_t lo, uint32_t hi, size_t at,
				unsigned c)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		struct key k = key_at(ix, section, mid);
		if (k.prefix > at && (unsigned char)k.pattern[at] >= c)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

typedef bool key_fn(void *arg, const struct key *k);

/* Every key of SECTION that matches QUERY, shortest literal prefix first. */
static void match_keys(const struct boot_index *ix, unsigned section, const char *query, key_fn *found, void *arg)
{
	uint32_t lo = 0, hi = index_records(ix, section);

	/* Here all keys of [lo, hi) begin with the AT first characters of QUERY. */
	for (size_t at = 0; lo < hi; at++) {
		uint32_t longer = first_not_below(ix, section, lo, hi, at, 0);
		for (uint32_t i = lo; i < longer; i++) {
			struct key k = key_at(ix, section, i);
			if (k.prefix == at && glob_match(k.pattern + at, query + at) && !found(arg, &k))
				return;
		}
		if (query[at] == '\0')
			return;
		unsigned c = (unsigned char)query[at];
		lo = first_not_below(ix, section, longer, hi, at, c);
		hi = first_not_below(ix, section, lo, hi, at, c + 1);
	}
}

struct alias_call {
	index_alias_fn *found;
	void *arg;
	uint32_t modules;
};

static bool call_alias(void *arg, const struct key *k)
{
	struct alias_call *call = arg;

	return k->value >= call->modules || call->found(call->arg, k->pattern, k->value);
}

void index_match_alias(const struct boot_index *ix, enum index_alias_kind kind, const char *query,
		       index_alias_fn *found, void *arg)
{
	struct alias_call call = {found, arg, index_module_count(ix)};

	match_keys(ix, SEC_ALIAS + (unsigned)kind, query, call_alias, &call);
}

struct conf_call {
	index_conf_fn *found;
	void *arg;
};

static bool call_conf(void *arg, const struct key *k)
{
	struct conf_call *call = arg;

	return call->found(call->arg, k->value);
}

void index_match_conf(const struct boot_index *ix, enum index_conf_kind kind, const char *query, index_conf_fn *found,
		      void *arg)
{
	struct index_range r;

	if (conf_is_pattern(kind)) {
		match_keys(ix, SEC_KEYS + (unsigned)kind, query, call_conf, &(struct conf_call){found, arg});
		return;
	}
	for (r = index_key_range(ix, kind, query); r.next < r.end; r.next++)
		if (!found(arg, index_key_line(ix, kind, r.next)))
			return;
}

/* First record of SECTION that is not before KEY (AFTER: that is behind it). */
static uint32_t bound(const struct boot_index *ix, unsigned section, const char *key, size_t prefix, bool after)
{
	uint32_t lo = 0, hi = index_records(ix, section);

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		struct key k = key_at(ix, section, mid);
		int order = index_key_order(k.pattern, k.prefix, key, prefix);
		if (order < 0 || (after && order == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct index_range index_key_range(const struct boot_index *ix, enum index_conf_kind kind, const char *key)
{
	unsigned section = SEC_KEYS + (unsigned)kind;
	size_t prefix = index_conf_prefix(kind, key);

	return (struct index_range){bound(ix, section, key, prefix, false), bound(ix, section, key, prefix, true)};
}

uint32_t index_key_line(const struct boot_index *ix, enum index_conf_kind kind, uint32_t position)
{
	return key_at(ix, SEC_KEYS + (unsigned)kind, position).value;
}
