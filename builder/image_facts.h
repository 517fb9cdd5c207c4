/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that can be compared of an image: its files with their causes, settings and modprobe.d lines of its index. */
#ifndef ROOTWARD_IMAGE_FACTS_H
#define ROOTWARD_IMAGE_FACTS_H

#include "../early-init/plan/index.h"
#include "image.h"
#include "image_manifest.h"

struct image_fact {
	const char *key;  /* the same thing in two images: module paths without release and compression */
	const char *name; /* to show */
	const char *owner, *reason;
	uint32_t mode; /* 0: not a file */
	uint32_t uid, gid;
	uint32_t major, minor; /* of a device, else 0 */
	const unsigned char *data;
	size_t size;
	bool is_text; /* data is worth showing */
};

/* Zero it. Facts point into the image, which stays open. */
struct image_facts {
	struct arena arena;
	struct image img;
	struct image_manifest manifest;
	unsigned char *index_data;
	VEC(struct image_fact *) all;
	struct strmap by_key;
};

struct err *image_facts_read(const char *path, struct image_facts *out) MUST_CHECK NONNULL(1, 2);
/* Whether contents (a link's target, a setting's value) are the same. */
bool image_fact_same_data(const struct image_fact *a, const struct image_fact *b) NONNULL(1, 2);
/* The same, and type, mode, owner and device number. */
bool image_fact_same(const struct image_fact *a, const struct image_fact *b) NONNULL(1, 2);
void image_facts_free(struct image_facts *f);

#endif
