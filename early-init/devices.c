// SPDX-License-Identifier: GPL-2.0-or-later
/* Names behind the planner's cookies, and the devices for which the image has no module. */
#include <stdlib.h>
#include <string.h>

#include "uevents.h"

/* Of a machine with more, the rest has drivers loaded all the same but is not named in reports. */
#define COOKIES_MAX 16384
#define BUCKETS 1024

/* Cookie 0 is "unknown"; cookie N is entries[N - 1]. */
struct entry {
	char *name;
	char *unmatched; /* the modalias that matched nothing, or NULL */
	uint32_t next;	 /* cookie of the next one in the bucket */
};

static struct entry *entries;
static uint32_t entry_count, entry_capacity;
static uint32_t buckets[BUCKETS];

/* FNV-1a. */
static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h % BUCKETS;
}

static bool grow(void)
{
	uint32_t capacity = entry_capacity ? 2 * entry_capacity : 256;
	struct entry *grown;

	if (entry_count < entry_capacity)
		return true;
	if (capacity > COOKIES_MAX)
		return false;
	grown = reallocarray(entries, capacity, sizeof(*grown));
	if (!grown)
		return false;
	entries = grown;
	entry_capacity = capacity;
	return true;
}

uint32_t cookie_new(const char *name)
{
	uint32_t *bucket = &buckets[hash(name)];
	char *copy;

	for (uint32_t c = *bucket; c; c = entries[c - 1].next) {
		if (strcmp(entries[c - 1].name, name) == 0)
			return c;
	}
	if (!grow() || !(copy = strdup(name)))
		return 0;
	entries[entry_count++] = (struct entry){.name = copy, .next = *bucket};
	*bucket = entry_count;
	return *bucket;
}

const char *cookie_name(uint32_t cookie)
{
	return cookie >= 1 && cookie <= entry_count ? entries[cookie - 1].name : "";
}

void device_seen(struct boot *b, const char *syspath, const char *modalias)
{
	struct entry *e;
	uint32_t cookie;
	errint n;

	if (b->asking && !b->looked && !alias_leads_to_keyboard(b, modalias))
		return;
	cookie = cookie_new(syspath);
	e = cookie ? &entries[cookie - 1] : NULL;
	n = planner_want_alias(b->plan, modalias, cookie);
	if (!e)
		return;
	if (n > 0) {
		free(e->unmatched);
		e->unmatched = NULL;
	} else if (!e->unmatched) {
		e->unmatched = strdup(modalias);
	}
}

bool unmatched_device(unsigned i, const char **syspath, const char **modalias)
{
	for (uint32_t c = 0; c < entry_count; c++) {
		if (!entries[c].unmatched || i-- > 0)
			continue;
		*syspath = entries[c].name;
		*modalias = entries[c].unmatched;
		return true;
	}
	return false;
}

void devices_clear(void)
{
	for (uint32_t i = 0; i < entry_count; i++) {
		free(entries[i].name);
		free(entries[i].unmatched);
	}
	free(entries);
	entries = NULL;
	entry_count = entry_capacity = 0;
	memset(buckets, 0, sizeof(buckets));
}
