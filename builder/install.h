/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing an image atomically: at every moment PATH is the old image or
 * the new one, whole. A temporary file beside the target (nameless while the file
 * system can), fsync, read-back from the disk, rename, fsync of the directory.
 */
#ifndef ROOTWARD_INSTALL_H
#define ROOTWARD_INSTALL_H

#include "util.h"

struct install {
	int fd; /* write the image here; from the start, only forward */
	int dirfd;
	char *dir, *name; /* of the target, symlinks resolved */
	char *temp;	  /* name of the temporary file in dir; NULL while it has none */
	bool direct;	  /* target is a character device or pipe: written as it is */
};

/*
 * Prepare replacing PATH by a file of about SIZE_HINT bytes (0 unknown). What
 * killed runs left beside it is removed. Errors: directory missing or not writable, too little space (how much is
 * missing, EXIT_FAILED). From now on SIGINT, SIGTERM and SIGHUP remove the temporary file first.
 */
struct err *install_begin(const char *path, uint64_t size_hint, struct install *out) MUST_CHECK NONNULL(1, 3);

struct install_options {
	uint64_t size;	      /* of what was written: pack_stats */
	uint64_t hash[2];     /* its content_hash() */
	bool keep_previous;   /* the old image stays as NAME.old */
	bool for_boot_loader; /* which reads the disk as it is, without a journal: install_publish.h */
	/* Checks the bytes read back (NULL: hash only). */
	struct err *(*check)(void *arg, const void *data, size_t size);
	void *arg;
};

/* Remove what killed runs left beside PATH. Never fails: what cannot be removed stays. */
void install_clean(const char *path) NONNULL(1);

/* Sync, read back, verify, rename. The old image stays when it fails. */
struct err *install_commit(struct install *in, const struct install_options *opt) MUST_CHECK NONNULL(1, 2);
/* Also after install_commit(), or in CLEANUP: removes what was not published. */
void install_end(struct install *in) NONNULL(1);

#endif
