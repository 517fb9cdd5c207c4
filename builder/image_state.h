/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an installed image is still what would be built today. */
#ifndef ROOTWARD_IMAGE_STATE_H
#define ROOTWARD_IMAGE_STATE_H

#include "inputs.h"

enum image_state {
	IMAGE_CURRENT, /* "ok" */
	IMAGE_STALE,
	IMAGE_MISSING,
	IMAGE_FOREIGN,	  /* made by another tool */
	IMAGE_DAMAGED,	  /* not an image, or not whole */
	IMAGE_UNREADABLE, /* it may be anything: the caller is not allowed to read it */
};

struct image_status {
	enum image_state state;
	const char *maker;	      /* "rootward", "dracut", ...; NULL when it cannot be told */
	struct input_changes changes; /* IMAGE_STALE: since it was built */
	char *trouble;		      /* in words, beside or instead of changes; owned, or NULL */
};

/* PATH with the system below SYSROOT. Never fails: what cannot be read is a state. */
void image_status_read(const char *sysroot, const char *path, struct image_status *out) NONNULL(1, 2, 3);
void image_status_free(struct image_status *s);
const char *image_state_name(enum image_state s) __attribute__((returns_nonnull));

/* Whether the caller is not allowed to read PATH: images are for root only. */
bool image_is_forbidden(const char *path) NONNULL(1);

/* The tool that made an image, by what only its images hold; NULL: unknown. */
const char *image_maker(const struct image *img) NONNULL(1);

#endif
