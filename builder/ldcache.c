/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ldcache.h"

#include <string.h>

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

enum { OLD_HEADER = 16, OLD_ENTRY = 12, NEW_HEADER = 48, NEW_ENTRY = 24 };

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	/* The cache is written in the byte order of the machine that it is for. */
	memcpy(&v, p, sizeof(v));
	return v;
}

/* Where the new format begins: at once, or aligned behind the table of the old one. */
static size_t new_start(const unsigned char *data, size_t size)
{
	if (size < OLD_HEADER || memcmp(data, OLD_MAGIC, strlen(OLD_MAGIC)) != 0)
		return 0;
	uint64_t end = OLD_HEADER + (uint64_t)get32(data + 12) * OLD_ENTRY;
	end = (end + 7) & ~(uint64_t)7;
	return end < size ? (size_t)end : size;
}

errint ldcache_open(struct ldcache *c, const void *data, size_t size)
{
	size_t start = new_start(data, size);
	const unsigned char *base = (const unsigned char *)data + start;

	*c = (struct ldcache){0};
	size -= start;
	if (size < NEW_HEADER || memcmp(base, NEW_MAGIC, strlen(NEW_MAGIC)) != 0)
		return -EBADMSG;
	uint32_t count = get32(base + 20);
	if (count > (size - NEW_HEADER) / NEW_ENTRY)
		return -EBADMSG;
	*c = (struct ldcache){.base = base, .size = size, .count = count};
	return 0;
}

static const char *string_at(const struct ldcache *c, uint32_t offset)
{
	if (offset >= c->size || !memchr(c->base + offset, '\0', c->size - offset))
		return NULL;
	return (const char *)c->base + offset;
}

errint ldcache_at(const struct ldcache *c, uint32_t i, struct ldcache_entry *out)
{
	if (i >= c->count)
		return -ENOENT;
	const unsigned char *p = c->base + NEW_HEADER + (size_t)i * NEW_ENTRY;
	out->flags = (int32_t)get32(p);
	out->soname = string_at(c, get32(p + 4));
	out->path = string_at(c, get32(p + 8));
	memcpy(&out->hwcap, p + 16, sizeof(out->hwcap));
	return out->soname && out->path ? 0 : -EBADMSG;
}
