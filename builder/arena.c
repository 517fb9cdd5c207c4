/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct arena of util.h. */
#include <stdarg.h>
#include <string.h>

#include "util.h"

#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT ((size_t)16)

struct arena_block {
	struct arena_block *next;
	size_t used, size; /* of data[] */
	_Alignas(16) unsigned char data[];
};

static struct arena_block *add_block(struct arena *a, size_t size)
{
	struct arena_block *b;
	size_t total;

	if (__builtin_add_overflow(size, sizeof(*b), &total))
		abort();
	b = xmalloc(total);
	b->used = 0;
	b->size = size;
	/* A block for one large object goes behind the head, whose free space is still of use. */
	if (a->head && size != BLOCK_SIZE) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;

	if (size > SIZE_MAX - ALIGNMENT)
		abort();
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!b || b->size - b->used < size)
		b = add_block(a, size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
	void *p = b->data + b->used;
	b->used += size;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	char *s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
}
