/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_paths.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Of all link targets that are walked for one image: what a hostile one can make us do, far above what others need. */
#define TARGET_BYTES_MAX ((size_t)64 << 20)

/* What is there so far. Found by its directory and its name, so that a path costs no more than its length. */
struct node {
	struct node *up; /* its directory; the root's is itself */
	const char *name;
	size_t len;			 /* of NAME */
	size_t path_len;		 /* of the whole path; the root's is 0 */
	const struct image_entry *entry; /* NULL for the root */
	bool occupied;			 /* a directory with something in it: the kernel cannot remove it */
};

struct tree {
	struct image *img;
	struct node root;
	struct node **slots; /* open addressing; cap is a power of two and never full */
	size_t count, cap;
	size_t target_bytes;
};

/* FNV-1a over the name, and its directory. */
static size_t hash_of(const struct node *dir, const char *name, size_t len)
{
	uint64_t h = 14695981039346656037u ^ (uintptr_t)dir;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static struct node **slot_of(const struct tree *t, const struct node *dir, const char *name, size_t len)
{
	size_t i = hash_of(dir, name, len) & (t->cap - 1);

	for (; t->slots[i]; i = (i + 1) & (t->cap - 1)) {
		const struct node *n = t->slots[i];
		if (n->up == dir && n->len == len && memcmp(n->name, name, len) == 0)
			break;
	}
	return &t->slots[i];
}

static void grow(struct tree *t)
{
	struct tree bigger = {.cap = t->cap ? t->cap * 2 : 1024};

	bigger.slots = xcalloc(bigger.cap, sizeof(*bigger.slots));
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i])
			*slot_of(&bigger, t->slots[i]->up, t->slots[i]->name, t->slots[i]->len) = t->slots[i];
	free(t->slots);
	t->slots = bigger.slots;
	t->cap = bigger.cap;
}

static struct node *walk(struct tree *t, struct node *at, const char *path, size_t len, unsigned *links);

/* The directory that LINK leads to, or NULL. */
static struct node *follow(struct tree *t, const struct node *link, unsigned *links)
{
	const char *target = (const char *)link->entry->data;
	size_t len = strnlen(target, (size_t)link->entry->size);

	if (++*links > LINKS_MAX || len == 0 || len >= PATH_MAX || len > t->target_bytes)
		return NULL;
	t->target_bytes -= len;
	return walk(t, target[0] == '/' ? &t->root : link->up, target, len, links);
}

/* The directory PATH of LEN bytes, from AT on; "/" is the image's root, and nothing is above it. NULL: not there. */
static struct node *walk(struct tree *t, struct node *at, const char *path, size_t len, unsigned *links)
{
	const char *end = path + len;

	for (;;) {
		while (path < end && *path == '/')
			path++;
		if (path == end)
			return at;
		const char *part = path, *slash = memchr(path, '/', (size_t)(end - path));
		path = slash ? slash : end;
		size_t n = (size_t)(path - part);
		if (n == 1 && part[0] == '.')
			continue;
		if (n == 2 && part[0] == '.' && part[1] == '.') {
			at = at->up;
			continue;
		}
		at = *slot_of(t, at, part, n);
		if (at && S_ISLNK(at->entry->mode))
			at = follow(t, at, links);
		else if (at && !S_ISDIR(at->entry->mode))
			at = NULL;
		if (!at)
			return NULL;
	}
}

static bool has_dots(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

/* The path of NAME in DIR, in the arena. */
static const char *path_of(struct arena *a, const struct node *dir, const char *name)
{
	size_t len = strlen(name), at = dir->path_len;
	char *path = arena_alloc(a, at + len + 2);

	path[at] = '/';
	memcpy(path + at + 1, name, len + 1);
	for (; dir->path_len; dir = dir->up) {
		memcpy(path + dir->path_len - dir->len, dir->name, dir->len);
		path[dir->path_len - dir->len - 1] = '/';
	}
	return path;
}

/* Puts E, called NAME, into DIR; false: a directory that has something in it is in its way and stays. */
static bool put(struct tree *t, struct node *dir, const struct image_entry *e, const char *name)
{
	size_t len = strlen(name);

	if ((t->count + 1) * 4 >= t->cap * 3)
		grow(t);
	struct node **slot = slot_of(t, dir, name, len);
	if (*slot && (*slot)->occupied && !S_ISDIR(e->mode))
		return false;
	if (!*slot) {
		*slot = arena_alloc(&t->img->arena, sizeof(**slot));
		**slot = (struct node){.up = dir, .name = name, .len = len, .path_len = dir->path_len + 1 + len};
		t->count++;
	}
	(*slot)->entry = e;
	dir->occupied = true;
	return true;
}

/* The kernel's do_name(): parents are followed, the name itself is not. */
static void place(struct tree *t, struct image_entry *e)
{
	const char *name = strrchr(e->path, '/') + 1;
	bool wins = true;
	unsigned links = 0;

	if (*name && !has_dots(e->path)) {
		struct node *dir = walk(t, &t->root, e->path, (size_t)(name - e->path), &links);
		if (dir && dir->path_len + strlen(name) + 1 < PATH_MAX) {
			if (links) {
				e->path = path_of(&t->img->arena, dir, name);
				name = e->path + dir->path_len + 1;
			}
			wins = put(t, dir, e, name);
		}
	}
	if (wins)
		strmap_put(&t->img->by_path, e->path, e);
}

void image_resolve_paths(struct image *img)
{
	struct tree t = {.img = img, .target_bytes = TARGET_BYTES_MAX};

	t.root.up = &t.root;
	grow(&t);
	for (size_t i = 0; i < img->entries.count; i++)
		place(&t, &img->entries.items[i]);
	free(t.slots);
}
