/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest inside a finished image: manifest.h tells its format. */
#ifndef ROOTWARD_IMAGE_MANIFEST_H
#define ROOTWARD_IMAGE_MANIFEST_H

#include "image.h"

#define MANIFEST_PATH "/usr/lib/rootward/manifest"

struct image_cause {
	const char *path, *owner, *reason;
	const char *because; /* path of another entry, or NULL */
};

/* Zero it. Strings live in its arena, which is its own. */
struct image_manifest {
	struct arena arena;
	VEC(struct image_cause) causes;
	struct strmap by_path; /* path -> number of the cause + 1 */
};

/* *FOUND false: the image has none (made by another tool). Errors: a line that is none. */
struct err *image_manifest_read(const struct image *img, struct image_manifest *out, bool *found)
    MUST_CHECK NONNULL(1, 2, 3);
const struct image_cause *image_manifest_find(const struct image_manifest *m, const char *path) NONNULL(1, 2);
void image_manifest_free(struct image_manifest *m);

#endif
