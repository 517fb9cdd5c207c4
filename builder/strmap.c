/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct strmap of util.h: open addressing with linear probing; nothing is ever removed. */
#include <string.h>

#include "util.h"

struct strmap_slot {
	const char *key; /* NULL: free */
	void *value;
	uint32_t hash;
};

/* FNV-1a. */
static uint32_t hash_of(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

/* The slot of KEY, or the free one where it belongs. CAP is a power of two and never full. */
static struct strmap_slot *find(struct strmap_slot *slots, size_t cap, const char *key, uint32_t hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].key && (slots[i].hash != hash || strcmp(slots[i].key, key) != 0))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void grow(struct strmap *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct strmap_slot *slots = xcalloc(cap, sizeof(*slots));

	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key)
			*find(slots, cap, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	return m->cap ? find(m->slots, m->cap, key, hash_of(key))->value : NULL;
}

void *strmap_put(struct strmap *m, const char *key, void *value)
{
	if (m->count * 4 >= m->cap * 3)
		grow(m);
	uint32_t hash = hash_of(key);
	struct strmap_slot *slot = find(m->slots, m->cap, key, hash);
	void *former = slot->value;

	if (!slot->key) {
		m->count++;
		slot->key = key;
		slot->hash = hash;
	}
	slot->value = value;
	return former;
}

void strmap_free(struct strmap *m)
{
	free(m->slots);
	*m = (struct strmap){0};
}
