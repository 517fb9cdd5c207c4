/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_manifest.h"

#include <string.h>

/* Cut LINE at its tabs into four fields; false when they are not four. */
static bool split(char *line, char *field[4])
{
	for (int i = 0; i < 4; i++) {
		field[i] = line;
		char *tab = strchr(line, '\t');
		if (!tab != (i == 3))
			return false;
		if (tab) {
			*tab = '\0';
			line = tab + 1;
		}
	}
	return true;
}

struct err *image_manifest_read(const struct image *img, struct image_manifest *out, bool *found)
{
	const struct image_entry *e = image_follow(img, MANIFEST_PATH, true);
	char *save = NULL, *field[4];

	*found = e != NULL;
	if (!e)
		return NULL;
	char *text = arena_strndup(&out->arena, (const char *)e->data, (size_t)e->size);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!split(line, field))
			return err_new(EXIT_FAILED, "%s: line %zu is damaged", MANIFEST_PATH, out->causes.count + 1);
		struct image_cause c = {field[0], field[1], field[2], strcmp(field[3], "-") == 0 ? NULL : field[3]};
		VEC_PUSH(&out->causes, c);
		strmap_put(&out->by_path, c.path, (void *)(uintptr_t)out->causes.count);
	}
	return NULL;
}

const struct image_cause *image_manifest_find(const struct image_manifest *m, const char *path)
{
	size_t i = (size_t)(uintptr_t)strmap_get(&m->by_path, path);

	return i ? &m->causes.items[i - 1] : NULL;
}

void image_manifest_free(struct image_manifest *m)
{
	VEC_FREE(&m->causes);
	strmap_free(&m->by_path);
	arena_free(&m->arena);
}
