/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a name or an alias to modules, and from a module to what modprobe
 * would do, in kmod's order: kmod_module_new_from_lookup and
 * kmod_module_get_probe_list of libkmod-module.c.
 */
#ifndef ROOTWARD_PLAN_LOOKUP_H
#define ROOTWARD_PLAN_LOOKUP_H

#include "index.h"
#include "modconf.h"

enum match_kind {
	MATCH_CONFIG_ALIAS,
	MATCH_NAME,
	MATCH_SYMBOL,
	MATCH_COMMAND, /* an install or remove line whose pattern matches: no module file needed */
	MATCH_ALIAS,
	MATCH_BUILTIN,
	MATCH_BUILTIN_ALIAS
};

struct module_match {
	uint32_t module;
	const char *alias; /* the pattern that matched, in the index; NULL when by name */
	enum match_kind kind;
};

/* What a lookup may see. */
enum lookup_scope {
	LOOKUP_USABLE, /* PRESENT and BUILTIN: what modprobe in this image (or tree) answers */
	LOOKUP_ABSENT, /* only what the kernel has and the image has not: for diagnosis */
};

/*
 * As `modprobe -R QUERY`: matches in kmod's order into OUT, repeated ones too.
 * Number of matches (may exceed MAX; only MAX are written), 0 none, -EINVAL
 * bad brackets. CMDLINE (may be NULL) comes before the index's configuration
 * exactly where libkmod puts it.
 */
errint lookup_modules(const struct boot_index *ix, const struct modconf *cmdline, const char *query,
                      enum lookup_scope scope, struct module_match *out, size_t max) MUST_CHECK NONNULL(1, 3);

/* Whether loading MODULE by alias is forbidden (index or command line). */
bool lookup_blacklisted(const struct boot_index *ix, const struct modconf *cmdline, uint32_t module) NONNULL(1);

/*
 * Options of MODULE reached through ALIAS (may be NULL), joined by blanks as
 * kmod does: modprobe.d in file order, then the command line. Length, 0
 * none, -ENAMETOOLONG.
 */
errint lookup_options(const struct boot_index *ix, const struct modconf *cmdline, uint32_t module, const char *alias,
                      char *out, size_t size) MUST_CHECK NONNULL(1, 5);

/* Last matching install (REMOVE false) or remove command, or NULL. */
const char *lookup_command(const struct boot_index *ix, uint32_t module, bool remove) NONNULL(1);

/* One step of what modprobe does for one module. */
struct probe_step {
	uint32_t module;
	bool required;    /* its failure is the target's failure (hard dependency or the target) */
	bool ignore_cmd;  /* its install command is not run (kmod: mod->ignorecmd) */
};

/*
 * kmod's probe list of MODULE into OUT: pre soft dependencies, dependencies,
 * the module, post soft dependencies, each once, in kmod's order. Number of
 * steps (never more than the index has modules), -E2BIG when MAX is too small,
 * -ENOMEM. Cycles among soft dependencies end where kmod ends them.
 */
errint lookup_probe_list(const struct boot_index *ix, uint32_t module, bool ignore_commands, struct probe_step *out,
                         size_t max) MUST_CHECK NONNULL(1, 4);

#endif
