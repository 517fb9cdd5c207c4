/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that depmod writes for kmod: modules.dep.bin, modules.alias.bin
 * and the like, each a trie from key to values (format: libkmod-index.c).
 * libkmod can list them too (kmod_dump_index), but it writes every line with
 * four system calls, 137 ms for one Debian kernel where this takes 8, and
 * leaves out the priorities that order what a lookup finds.
 */
#ifndef ROOTWARD_KMOD_BIN_H
#define ROOTWARD_KMOD_BIN_H

#include "util.h"

/* One entry; the strings are borrowed for the call. KEY_LEN bytes of KEY, NUL-terminated. */
typedef void kmod_bin_fn(void *arg, const char *key, size_t key_len, const char *value, uint32_t priority);

/*
 * Every entry of the table in DATA, in the order in which libkmod lists it: a
 * key before those it is a prefix of, then by character. Errors: not such a
 * table, another version, damaged (offset named).
 */
struct err *kmod_bin_read(const void *data, size_t size, kmod_bin_fn *entry, void *arg) MUST_CHECK NONNULL(1, 3);

#endif
