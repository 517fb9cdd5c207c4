/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes into an image: every entry with the part that put it there
 * (owner) and why (reason, and the entry or fact it is there because of). The
 * manifest is also written into the image (/lib/rootward/manifest), so that
 * `rootward explain` works on the finished image. Line format:
 *   PATH TAB OWNER TAB REASON TAB BECAUSE
 * BECAUSE is the PATH of another entry, or "-" at the end of the chain.
 */
#ifndef ROOTWARD_MANIFEST_H
#define ROOTWARD_MANIFEST_H

#include "util.h"

enum entry_type { ENTRY_DIR, ENTRY_FILE, ENTRY_SYMLINK, ENTRY_CHAR };

/* Which segment of the image it goes to, in order. */
enum entry_segment { SEG_EARLY, SEG_MAIN, SEG_MODULES };

struct entry {
	const char *path; /* absolute, as in the image: "/usr/bin/busybox" */
	enum entry_type type;
	unsigned mode; /* permission bits */
	enum entry_segment segment;
	const char *owner;   /* "modules", "firmware", "base", "feature:nvme", ... */
	const char *reason;  /* "driver of the kernel's storage buses (storage.conf)" */
	const char *because; /* path of another entry, or NULL */
	/* Contents: exactly one of them for a file. */
	const char *source;	   /* host file, read when packing */
	const unsigned char *data; /* bytes in the manifest's arena or given over (see data_owned) */
	size_t size;
	bool data_owned;	/* free(data) with the manifest */
	const char *input;	/* host file that data was made of, when it was: inputs.h; NULL: none, or source */
	uint64_t input_hash[2]; /* of input's bytes as stored; 0, 0: not known yet */
	const char *target;	/* ENTRY_SYMLINK */
	unsigned dev_major, dev_minor; /* ENTRY_CHAR */
	bool plain;		       /* in SEG_MODULES: never compressed singly */
	uint32_t order;		       /* packing order inside SEG_MODULES: lower first; ties by path */
};

struct manifest {
	struct arena arena;
	VEC(struct entry *) entries;
	struct strmap by_path;
	VEC(void *) kept; /* heap blocks that live as long as the manifest */
};

/*
 * Add *E (copied; strings copied into the arena). Missing parent directories
 * are added with owner "base". An entry of the same path with the same content
 * source is kept as it is and returned; a different one is an error naming both owners.
 */
struct err *manifest_add(struct manifest *m, const struct entry *e, struct entry **out) MUST_CHECK NONNULL(1, 2);
/* Where PATH is in the image, which is usr-merged (malloc): "/usr/bin/x" for "/bin/x". */
char *manifest_place(const char *path) MUST_CHECK NONNULL(1);
struct entry *manifest_find(const struct manifest *m, const char *path) NONNULL(1, 2);
/* By segment, order, path: the order of packing. */
void manifest_sort(struct manifest *m) NONNULL(1);
/* The text of /lib/rootward/manifest. */
void manifest_write(const struct manifest *m, struct buf *out) NONNULL(1, 2);
void manifest_free(struct manifest *m);

#endif
