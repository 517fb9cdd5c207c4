/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe(8) in its parts: modprobe.c, modprobe_options.c, modprobe_insert.c, modprobe_remove.c, modprobe_show.c. */
#ifndef ROOTWARD_MODPROBE_H
#define ROOTWARD_MODPROBE_H

#include "tool.h"

struct modprobe {
	struct tool_index index;
	int complain;	    /* level of "not found" and the like: LOG_CRIT, with -a LOG_WARNING */
	bool show;	    /* -D */
	bool dry_run;	    /* -n, -D */
	bool ignore_loaded; /* -D */
	bool lookup_only;   /* -R */
	bool first_time, ignore_commands, use_blacklist;
	bool force, strip_modversion, strip_vermagic;
	bool remove_holders;
	bool from_kernel; /* called as a helper: nobody waits for the devices, only for the module */
	unsigned long wait_ms;
	const char *dirname; /* "/lib/modules/KVER", for messages */
};

/* What the command line asks for beside struct modprobe. */
struct request {
	struct modprobe m;
	bool all, remove, show_config;
	const char *version;
	const char **configs; /* -C: instead of the image's, ends in NULL; NULL: none given */
	int status;	      /* when done before anything began */
};

/* $MODPROBE_OPTIONS put before *ARGV's words: what an install command's modprobe inherits. */
void modprobe_inherit_options(int *argc, char ***argv) NONNULL(1, 2);
/* False when nothing is to be done: Q->status is the exit status then. The arguments start at optind. */
bool modprobe_parse_options(struct request *q, int argc, char **argv) MUST_CHECK NONNULL(1, 3);

/* To stdout, when -v or -D ask for it. */
void modprobe_show(const struct modprobe *m, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL(1);
/* Name of module ID; "?" when there is none. */
const char *modprobe_name(const struct modprobe *m, uint32_t id) NONNULL(1);

/* Modules QUERY stands for, malloc'ed into *OUT; their number, 0 none, -errno. */
errint modprobe_lookup(const struct modprobe *m, const char *query, struct module_match **out)
    MUST_CHECK NONNULL(1, 2, 3);

/* Insert what QUERY names with EXTRA options (NULL none). 0 or -errno, everything said. */
errint modprobe_insert(const struct modprobe *m, const char *query, const char *extra) MUST_CHECK NONNULL(1, 2);
/* Remove what QUERY names, with its soft dependencies and what nothing uses any more. 0 or -errno, everything said. */
errint modprobe_remove(const struct modprobe *m, const char *query) MUST_CHECK NONNULL(1, 2);
/* --showconfig. */
void modprobe_show_config(const struct modprobe *m) NONNULL(1);

#endif
