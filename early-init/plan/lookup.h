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
	const char *alias; /* the pattern or command key that matched, in the index; NULL when by name */
	enum match_kind kind;
	uint32_t order; /* kmod's place of it among matches of the same kind */
};

/*
 * The alias under which kmod knows a module found so (kmod_module.alias), for
 * lookup_options and lookup_probe_list: the pattern of configuration, or else
 * QUERY as it was looked up (normalised); NULL when found by name.
 */
const char *match_alias(const struct module_match *match, const char *query) NONNULL(1);

/* What a lookup may see. */
enum lookup_scope {
	LOOKUP_USABLE, /* PRESENT and BUILTIN: what modprobe in this image (or tree) answers */
	LOOKUP_ABSENT, /* only what the kernel has and the image has not: for diagnosis */
};

/*
 * As `modprobe -R QUERY`: matches in kmod's order into OUT, repeated ones too.
 * Number of matches (may exceed MAX; only MAX are written), 0 none, -EINVAL
 * bad brackets, -ENAMETOOLONG longer than kmod takes. CMDLINE (may be NULL) is
 * there because a lookup is made of both; libkmod takes no alias from it.
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

/* First matching install (REMOVE false) or remove command, or NULL. */
const char *lookup_command(const struct boot_index *ix, uint32_t module, bool remove) NONNULL(1);

/* The install command that loading MODULE by itself runs, or NULL: kmod ignores that of a module with soft
 * dependencies. */
const char *lookup_load_command(const struct boot_index *ix, uint32_t module) NONNULL(1);

/* First matching command for the module of MATCH, a MATCH_COMMAND: the line for exactly the name asked for comes first.
 */
const char *lookup_match_command(const struct boot_index *ix, const struct module_match *match, bool remove)
    NONNULL(1, 2);

/* One step of what modprobe does for one module. */
struct probe_step {
	uint32_t module;
	const char *alias; /* as match_alias; options may be given for it */
	bool required;	   /* its failure is the target's failure (hard dependency or the target) */
	bool ignore_cmd;   /* its install command is not run (kmod: mod->ignorecmd) */
};

/*
 * kmod's probe list of MODULE, reached through ALIAS (match_alias; NULL by
 * name), into OUT: pre soft dependencies, dependencies, the module, post soft
 * dependencies, in kmod's order and with kmod's repetitions (a dependency that
 * is a soft dependency's too comes twice; so does a module reached by name and
 * by alias). Number of steps, -E2BIG when MAX is too small (lookup_probe_bound
 * never is), -ENOMEM, -ELOOP soft dependencies nested too deep. Cycles among
 * soft dependencies end where kmod ends them.
 */
errint lookup_probe_list(const struct boot_index *ix, uint32_t module, const char *alias, bool ignore_commands,
			 struct probe_step *out, size_t max) MUST_CHECK NONNULL(1, 5);

/* Most steps that a probe list of this index can have. Linear in the index's dependencies. */
size_t lookup_probe_bound(const struct boot_index *ix) NONNULL(1);

#endif
