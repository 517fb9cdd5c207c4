/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_index.h"

#include <string.h>

struct err *image_index(const struct image *image, const char *path, unsigned char **data, struct boot_index *ix)
{
	const struct image_entry *entry = image_find(image, INDEX_PATH);

	*data = NULL;
	if (!entry)
		return err_new(EXIT_FAILED, "%s: has no %s: another tool made this image", path, INDEX_PATH);
	*data = xmalloc(entry->size);
	if (entry->size)
		memcpy(*data, entry->data, entry->size);
	errint r = index_open(ix, *data, entry->size);
	if (r == -EPROTONOSUPPORT)
		return err_new(EXIT_FAILED,
			       "%s: %s is of another version of the format: use the rootward that built it", path,
			       INDEX_PATH);
	return r < 0 ? err_new(EXIT_FAILED, "%s: %s: damaged: build the image again", path, INDEX_PATH) : NULL;
}

struct err *image_open_index(const char *path, unsigned char **data, struct boot_index *ix)
{
	struct image image = {0};

	*data = NULL;
	TRY(image_open(path, &image));
	struct err *e = image_index(&image, path, data, ix);
	image_close(&image);
	return e;
}
