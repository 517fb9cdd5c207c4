/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: every entry of the image with its owner and reason. */
#include <string.h>

#include "manifest.h"

#define PARENT_REASON "parent directory"

/* The image is usr-merged: what a caller puts below these is below /usr. */
static const char *const merged[] = {"/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"};

static bool is_merged(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (strncmp(path, merged[i], strlen(merged[i])) == 0)
			return true;
	return false;
}

/* Absolute, no empty, "." or ".." parts: what the kernel would create is what PATH says. */
static bool is_clean(const char *path)
{
	if (path[0] != '/' || !path[1])
		return false;
	for (const char *p = path; *p;) {
		const char *part = p + 1;
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		p = part + len;
	}
	return strpbrk(path, "\t\n") == NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_content(const struct entry *a, const struct entry *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case ENTRY_DIR:
		return true;
	case ENTRY_SYMLINK:
		return same_text(a->target, b->target);
	case ENTRY_CHAR:
		return a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
	case ENTRY_FILE:
		if (a->source || b->source)
			return same_text(a->source, b->source);
		return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
	}
	return false;
}

static const char *keep(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

/* PATH as the image has it, in the arena. */
static const char *keep_path(struct arena *a, const char *path)
{
	return path && is_merged(path) ? arena_printf(a, "/usr%s", path) : keep(a, path);
}

static struct entry *append(struct manifest *m, const struct entry *e, const char *path)
{
	struct entry *copy = arena_alloc(&m->arena, sizeof(*copy));

	*copy = *e;
	copy->path = path;
	copy->owner = keep(&m->arena, e->owner ? e->owner : "base");
	copy->reason = keep(&m->arena, e->reason ? e->reason : "-");
	copy->because = keep_path(&m->arena, e->because);
	copy->source = keep(&m->arena, e->source);
	copy->target = keep(&m->arena, e->target);
	copy->input = keep(&m->arena, e->input);
	VEC_PUSH(&m->entries, copy);
	strmap_put(&m->by_path, copy->path, copy);
	return copy;
}

/*
 * Parents come before their children in every segment: those of modules go to
 * the main segment, which the kernel unpacks first; early microcode is an archive of its own.
 */
static struct err *add_parents(struct manifest *m, const char *path, enum entry_segment segment)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *parent = arena_strndup(&m->arena, path, (size_t)(slash - path));
		const struct entry *have = strmap_get(&m->by_path, parent);

		if (have && have->type != ENTRY_DIR)
			return err_new(EXIT_FAILED, "%s: %s is no directory in the image (put there by %s)", path,
				       parent, have->owner);
		if (have)
			continue;
		append(m,
		       &(struct entry){.type = ENTRY_DIR,
				       .mode = 0755,
				       .segment = segment == SEG_MODULES ? SEG_MAIN : segment,
				       .owner = "base",
				       .reason = PARENT_REASON,
				       .because = path},
		       parent);
	}
	return NULL;
}

/* A directory that was only somebody's parent takes the words and the mode of who names it. */
static void adopt_directory(struct manifest *m, struct entry *have, const struct entry *e)
{
	if (have->type != ENTRY_DIR || strcmp(have->reason, PARENT_REASON) != 0 ||
	    (e->reason && strcmp(e->reason, PARENT_REASON) == 0))
		return;
	have->mode = e->mode;
	have->owner = keep(&m->arena, e->owner ? e->owner : "base");
	have->reason = keep(&m->arena, e->reason ? e->reason : "-");
	have->because = keep_path(&m->arena, e->because);
}

struct err *manifest_add(struct manifest *m, const struct entry *e, struct entry **out)
{
	if (!is_clean(e->path))
		return err_new(EXIT_FAILED,
			       "'%s' is no path for an image: not absolute, or with '..', tabs or newlines", e->path);
	const char *path = keep_path(&m->arena, e->path);
	struct entry *have = strmap_get(&m->by_path, path);

	if (have && !same_content(have, e))
		return err_new(EXIT_FAILED, "%s: wanted by %s (%s) and, with other contents, by %s (%s)", path,
			       have->owner, have->reason, e->owner ? e->owner : "base", e->reason ? e->reason : "-");
	if (have) {
		adopt_directory(m, have, e);
	} else {
		TRY(add_parents(m, path, e->segment));
		have = append(m, e, path);
	}
	if (out)
		*out = have;
	return NULL;
}

char *manifest_place(const char *path)
{
	return is_merged(path) ? xasprintf("/usr%s", path) : xstrdup(path);
}

struct entry *manifest_find(const struct manifest *m, const char *path)
{
	if (!is_merged(path))
		return strmap_get(&m->by_path, path);
	AUTOFREE char *moved = manifest_place(path);
	return strmap_get(&m->by_path, moved);
}

static int by_packing_order(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;

	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	/* Elsewhere only the path counts: it keeps directories before what is in them. */
	if (a->segment == SEG_MODULES && a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return strcmp(a->path, b->path);
}

void manifest_sort(struct manifest *m)
{
	if (m->entries.count)
		qsort(m->entries.items, m->entries.count, sizeof(*m->entries.items), by_packing_order);
}

/* A field of the text: a tab or newline in a reason would forge lines. */
static void write_field(struct buf *out, const char *text, char end)
{
	for (const char *p = text; *p; p++)
		buf_add(out, *p == '\t' || *p == '\n' ? " " : p, 1);
	buf_add(out, &end, 1);
}

void manifest_write(const struct manifest *m, struct buf *out)
{
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry *e = m->entries.items[i];

		write_field(out, e->path, '\t');
		write_field(out, e->owner, '\t');
		write_field(out, e->reason, '\t');
		write_field(out, e->because ? e->because : "-", '\n');
	}
}

void manifest_free(struct manifest *m)
{
	for (size_t i = 0; i < m->entries.count; i++)
		if (m->entries.items[i]->data_owned)
			free((void *)(uintptr_t)m->entries.items[i]->data);
	for (size_t i = 0; i < m->kept.count; i++)
		free(m->kept.items[i]);
	VEC_FREE(&m->kept);
	VEC_FREE(&m->entries);
	strmap_free(&m->by_path);
	arena_free(&m->arena);
}
