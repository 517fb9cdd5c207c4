/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe(8) in its parts: modprobe.c options, modprobe_insert.c, modprobe_remove.c, modprobe_show.c. */
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

/* To stdout, when -v or -D ask for it. */
void modprobe_show(const struct modprobe *m, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL(1);
/* Name of module ID; "?" when there is none. */
const char *modprobe_name(const struct modprobe *m, uint32_t id) NONNULL(1);

/* Modules QUERY stands for, malloc'ed into *OUT; their number, 0 none, -errno. */
errint modprobe_lookup(const struct modprobe *m, const char *query, struct module_match **out)
    MUST_CHECK NONNULL(1, 2, 3);

/* Insert what QUERY names with EXTRA options (NULL none). 0 or -errno, everything said. */
errint modprobe_insert(const struct modprobe *m, const char *query, const char *extra) MUST_CHECK NONNULL(1, 2);
errint modprobe_remove(const struct modprobe *m, const char *query) MUST_CHECK NONNULL(1, 2);
/* --showconfig. */
void modprobe_show_config(const struct modprobe *m) NONNULL(1);

#endif
