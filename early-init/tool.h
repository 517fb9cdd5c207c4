/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module tools share: messages in kmod's form and what sysfs says of
 * loaded modules. A tool is one short run of one process, so its verbosity
 * and name are kept here and not handed around.
 */
#ifndef ROOTWARD_TOOL_H
#define ROOTWARD_TOOL_H

#include <syslog.h>

#include "boot.h"

/* ---- messages: "modprobe: ERROR: ..." on stderr, or to the kernel log ---- */
/* First of all: ARGV0 (borrowed) is the name in messages, what is worse than or is syslog level VERBOSITY is said. */
void tool_begin(const char *argv0, int verbosity) NONNULL(1);
/* ARGV0 without its directories. */
const char *tool_name(void) __attribute__((returns_nonnull));
void tool_use_log(void);	    /* to the kernel log from now on */
void tool_set_verbosity(int level); /* syslog level that is still said */
int tool_verbosity(void);
/* One line, when LEVEL (syslog's) is to be said; LOG_CRIT is "FATAL". */
void tool_say(int level, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Whether something was said at LOG_CRIT: kmod's tools end there. */
bool tool_is_fatal(void);
/* Whether ROOT, the value of OPTION, is the image's own root, as without it: there is no other index. Said if not. */
bool tool_is_own_root(char option, const char *root) MUST_CHECK NONNULL(2);
/* --version. */
void tool_version(void);

/* ---- the index, from $ROOTWARD_INDEX or its place in the image, and /proc/cmdline when it is there ---- */
struct tool_index {
	struct boot_index ix;
	struct modconf conf;
	unsigned char *own; /* bytes that ix is on instead of the image's, NULL none */
};
/* 0 and OUT is to be closed, or -errno of map_index(). A command line that cannot be read yet is empty. */
errint tool_open_index(struct tool_index *out) MUST_CHECK NONNULL(1);
void tool_close_index(struct tool_index *t) NONNULL(1);
/*
 * tool_conf.c: the modprobe.d directories and files PLACES (ends in NULL) instead of the image's configuration. What is
 * not there says nothing, as in kmod.
 */
errint tool_use_config(struct tool_index *t, const char *const *places) MUST_CHECK NONNULL(1, 2);

/* ---- sysfs ---- */
enum module_state { STATE_LIVE, STATE_COMING, STATE_GOING };
/* enum module_state of a loaded module, -errno when it is not there. */
errint module_state(const char *name) MUST_CHECK NONNULL(1);
/* Users of a loaded module, or -errno. */
errint module_refcnt(const char *name) MUST_CHECK NONNULL(1);
/* Bytes, or -errno. */
long module_size(const char *name) NONNULL(1);

/* Names of the modules that use NAME, in directory order. names_free() frees. -errno. */
struct names {
	char **at;
	size_t count;
};
errint module_holders(const char *name, struct names *out) MUST_CHECK NONNULL(1, 2);
void names_free(struct names *n) NONNULL(1);

/* tool_file.c: as modfile_open(), and what only the kernel undoes there, busybox does here. */
errint tool_open_module(const char *path, struct modfile *out) MUST_CHECK NONNULL(1, 2);
/*
 * What the kernel says of the file PATH where modfile_open() said ERROR: it refuses directories and empty files
 * before it looks for a module in them.
 */
errint tool_file_error(const char *path, errint error) NONNULL(1);

/* delete_module(2) without waiting. 0 or -errno. */
errint module_delete(const char *name, bool force) MUST_CHECK NONNULL(1);

#endif
