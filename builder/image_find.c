/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookup in an image: symlinks are followed inside of it, "/" being its root. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "image_paths.h"

/* DONE without its last part. */
static void drop_part(struct buf *done)
{
	while (done->len && done->data[--done->len] != '/')
		;
	done->data[done->len] = '\0';
}

/* Walks *REST (malloc) from DONE; see image_follow. */
static const struct image_entry *walk(const struct image *img, char **rest, struct buf *done, bool follow_last)
{
	const struct image_entry *e = strmap_get(&img->by_path, "/");
	unsigned links = 0;

	for (char *p = *rest; *(p += strspn(p, "/"));) {
		size_t len = strcspn(p, "/"), before = done->len;
		const char *part = p;
		p += len;
		if (len == 1 && part[0] == '.')
			continue;
		if (len == 2 && part[0] == '.' && part[1] == '.') {
			drop_part(done);
			e = strmap_get(&img->by_path, done->len ? done->data : "/");
			continue;
		}
		if (done->len + len + 1 >= PATH_MAX)
			return NULL;
		buf_add(done, "/", 1);
		buf_add(done, part, len);
		e = strmap_get(&img->by_path, done->data);
		if (!e || !S_ISLNK(e->mode) || (!follow_last && !p[strspn(p, "/")]))
			continue;
		if (++links > LINKS_MAX || e->size == 0 || e->size >= PATH_MAX)
			return NULL;
		char *longer = xasprintf("%.*s/%s", (int)e->size, (const char *)e->data, p);
		done->len = e->data[0] == '/' ? 0 : before;
		done->data[done->len] = '\0';
		free(*rest);
		p = *rest = longer;
	}
	return e;
}

const struct image_entry *image_follow(const struct image *img, const char *path, bool follow_last)
{
	AUTOFREE char *rest = xstrdup(path);
	CLEANUP(buf_free) struct buf done = {0};

	buf_add(&done, "", 0);
	return walk(img, &rest, &done, follow_last);
}

const struct image_entry *image_find(const struct image *img, const char *path)
{
	return image_follow(img, path, false);
}
