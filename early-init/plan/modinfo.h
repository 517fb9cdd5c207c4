/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The .modinfo section of a module file: NUL-terminated KEY=VALUE strings
 * (include/linux/moduleinfo.h), one after the other, gaps of NULs allowed.
 * ELF of 32 and 64 bits, either byte order. Pure; every access is bounded by
 * the size given.
 */
#ifndef ROOTWARD_PLAN_MODINFO_H
#define ROOTWARD_PLAN_MODINFO_H

#include "base.h"

/* What is left to read. Points into the file's bytes. */
struct modinfo {
	const char *at;
	size_t left;
};

/* One string. VALUE is NUL-terminated; KEY ends after KEY_LEN bytes, at its '='. */
struct modinfo_entry {
	const char *key;
	size_t key_len;
	const char *value;
};

/*
 * Find the section in DATA (borrowed). 0; -ENOEXEC not ELF; -EBADMSG section
 * headers or the section outside the file; -ENOENT no .modinfo.
 */
errint modinfo_open(const void *data, size_t size, struct modinfo *out) MUST_CHECK NONNULL(1, 3);

/* Strings already found, as modules.builtin.modinfo holds them. */
void modinfo_from_strings(const char *strings, size_t size, struct modinfo *out) NONNULL(3);

/* Next KEY=VALUE of M; strings without '=' are passed over. False at the end, or at one without its NUL. */
bool modinfo_next(struct modinfo *m, struct modinfo_entry *out) NONNULL(1, 2);

/* First value of KEY, or NULL. M is not moved. */
const char *modinfo_get(const struct modinfo *m, const char *key) NONNULL(1, 2);

#endif
