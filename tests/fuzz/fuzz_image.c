/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an image: parsed, and every entry's contents touched and looked up. */
#include "../../builder/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char touched;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image img;
	struct err *e = image_parse(data, size, &img);

	if (e) {
		err_free(e);
		return 0;
	}
	for (size_t i = 0; i < img.entries.count; i++) {
		const struct image_entry *entry = &img.entries.items[i];
		if (entry->size)
			touched = (unsigned char)(entry->data[0] ^ entry->data[entry->size - 1]);
		(void)image_follow(&img, entry->path, true);
	}
	(void)image_find(&img, "/lib/rootward/manifest");
	image_close(&img);
	return 0;
}
