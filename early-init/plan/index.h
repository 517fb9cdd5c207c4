/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot index: one file, /lib/rootward/index in the image, written by the
 * builder, mapped by early-init, read in place without parsing or copying.
 * The byte format is in index_format.h and docs/boot-index.md.
 *
 * Every accessor checks its bounds: a damaged index gives NULL, MODULE_NONE
 * or -EBADMSG, never a read outside the mapping. Pure: no I/O, no globals,
 * no allocation.
 */
#ifndef ROOTWARD_PLAN_INDEX_H
#define ROOTWARD_PLAN_INDEX_H

#include "base.h"

/* What is known of one module name. */
enum module_flag {
	MODULE_PRESENT = 1 << 0,     /* its file is in the image (or in the tree, for -k) */
	MODULE_BUILTIN = 1 << 1,     /* compiled into the kernel: modules.builtin */
	MODULE_ABSENT = 1 << 2,	     /* the kernel has it, the image does not: see absent_reason */
	MODULE_NO_ASYNC = 1 << 3,    /* never pass async_probe: its probe calls request_module */
	MODULE_KEYBOARD = 1 << 4,    /* loaded by alias only when someone is asked something */
	MODULE_NETWORK = 1 << 5,     /* loaded by alias only when the network is asked for */
	MODULE_STORAGE = 1 << 6,     /* a storage controller, block driver or their buses */
	MODULE_BLACKLISTED = 1 << 7, /* modprobe.d says blacklist */
	MODULE_CONFIG_ONLY = 1 << 8, /* named by configuration, unknown to the kernel */
	MODULE_ALIAS_ONLY = 1 << 9,  /* BUILTIN, but known to modules.builtin.alias only: its name answers nothing */
	MODULE_CPU = 1 << 10,	     /* has an alias of a CPU: it works only on CPUs with certain features */
	MODULE_DEVICES = 1 << 11,    /* has an alias of devices (BUS:...): it may probe some */
};

/* One module. Strings live in the index; NULL where there is none. */
struct index_module {
	const char *name;	   /* normalised: '_' never '-' */
	const char *path;	   /* PRESENT: absolute path in the image; ABSENT: path below lib/modules/KVER */
	const char *absent_reason; /* ABSENT: "left out by host mode", "omitted by configuration", ... */
	uint32_t flags;		   /* enum module_flag */
};

/* A list of module ids inside the index. Read with index_id_at(). */
struct index_ids {
	const unsigned char *first;
	uint32_t count;
};

enum index_dep_kind {
	DEP_HARD,      /* modules.dep, whole closure, in the order kmod loads it (deepest first) */
	DEP_SOFT_PRE,  /* softdep pre: resolved by lookup, in order */
	DEP_SOFT_POST, /* softdep post: */
	DEP_WEAK,      /* weakdep: tried by nobody, only kept in the image */
	DEP_KINDS
};

/* A line of modprobe.d kept in the index, in kmod's order of precedence. */
enum index_conf_kind {
	CONF_ALIAS,	/* key: pattern, value: module name */
	CONF_OPTIONS,	/* key: module name or alias, value: options */
	CONF_BLACKLIST, /* key: module name, value: NULL */
	CONF_INSTALL,	/* key: pattern, value: shell command */
	CONF_REMOVE,	/* key: pattern, value: shell command */
	CONF_SOFTDEP,	/* key: module name, value: as written ("pre: a b post: c") */
	CONF_WEAKDEP,	/* key: module name, value: module names */
	CONF_LOAD,	/* key: module name of modules-load.d */
	CONF_KINDS
};

struct index_conf {
	const char *key;
	const char *value;  /* NULL where the kind has none */
	const char *source; /* "FILE:LINE" of the host it came from */
};

/* An alias of the kernel's own tables. */
enum index_alias_kind {
	ALIAS_KERNEL,  /* modules.alias(.bin) */
	ALIAS_SYMBOL,  /* modules.symbols(.bin): "symbol:NAME" */
	ALIAS_BUILTIN, /* modules.builtin.alias(.bin) */
	ALIAS_KINDS
};

/* An open index. Opaque; lives as long as the bytes it was opened on. */
struct boot_index {
	const unsigned char *base;
	size_t size;
};

/*
 * Check header, version, section bounds and checksum of DATA (borrowed, must
 * outlive IX; 8-byte aligned). 0; -EBADMSG damaged; -EPROTONOSUPPORT another
 * format version; -EMSGSIZE truncated. IX is written only on success.
 */
errint index_open(struct boot_index *ix, const void *data, size_t size) MUST_CHECK NONNULL(1, 2);

/* The kernel release this index is for ("6.1.0-49-amd64"); never NULL after index_open. */
const char *index_kernel_release(const struct boot_index *ix) NONNULL(1);

/* Modules have the ids 0 to this less one. */
uint32_t index_module_count(const struct boot_index *ix) NONNULL(1);

/* Module ID into OUT. 0 or -ENOENT (no such id) or -EBADMSG. */
errint index_module(const struct boot_index *ix, uint32_t id, struct index_module *out) MUST_CHECK NONNULL(1, 3);

/* Id of the module NAME ('-' and '_' the same), or MODULE_NONE. Logarithmic. */
uint32_t index_find_module(const struct boot_index *ix, const char *name) NONNULL(1, 2);

/* Dependencies of module ID; count 0 where there are none. */
struct index_ids index_deps(const struct boot_index *ix, uint32_t id, enum index_dep_kind kind) NONNULL(1);

/* I-th id of LIST, or MODULE_NONE past its end or where it names no module. */
uint32_t index_id_at(const struct boot_index *ix, struct index_ids list, uint32_t i) NONNULL(1);

/*
 * The alias by which LIST (not a DEP_HARD one) reached its I-th module, NULL
 * when by name: kmod keeps a module reached by an alias apart from the same
 * module reached by name (see lookup_probe_list).
 */
const char *index_id_alias(const struct boot_index *ix, struct index_ids list, uint32_t i) NONNULL(1);

/* Lines of KIND, and the I-th one into OUT (strings in the index): 0, -ENOENT past the last, -EBADMSG damaged. */
uint32_t index_conf_count(const struct boot_index *ix, enum index_conf_kind kind) NONNULL(1);
errint index_conf_at(const struct boot_index *ix, enum index_conf_kind kind, uint32_t i, struct index_conf *out)
    MUST_CHECK NONNULL(1, 4);

/* Aliases of KIND. */
uint32_t index_alias_count(const struct boot_index *ix, enum index_alias_kind kind) NONNULL(1);
/* I-th alias in the index's own (prefix) order: its pattern and module. 0 or -EBADMSG/-ENOENT. */
errint index_alias_at(const struct boot_index *ix, enum index_alias_kind kind, uint32_t i, const char **pattern,
		      uint32_t *module) MUST_CHECK NONNULL(1, 4, 5);

/*
 * Every alias of KIND whose pattern matches QUERY, called in the index's own
 * order. Time: logarithmic in the number of aliases for each character of
 * QUERY, plus the patterns that share a literal prefix with it. QUERY is
 * already normalised (lookup.h does that). Stops when FOUND returns false.
 */
typedef bool index_alias_fn(void *arg, const char *pattern, uint32_t module);
void index_match_alias(const struct boot_index *ix, enum index_alias_kind kind, const char *query,
		       index_alias_fn *found, void *arg) NONNULL(1, 3, 4);

/*
 * Lines of KIND whose key matches QUERY, in no particular order: by pattern
 * for aliases, commands and soft dependencies, by equality for the rest.
 * Logarithmic as index_match_alias. Stops when FOUND returns false.
 */
typedef bool index_conf_fn(void *arg, uint32_t line);
void index_match_conf(const struct boot_index *ix, enum index_conf_kind kind, const char *query, index_conf_fn *found,
		      void *arg) NONNULL(1, 3, 4);

/* Lines whose key is exactly KEY, in order; read with index_key_line. Logarithmic. */
struct index_range {
	uint32_t next, end;
};
struct index_range index_key_range(const struct boot_index *ix, enum index_conf_kind kind, const char *key)
    NONNULL(1, 3);
/* Number of the line at POSITION of a range, or UINT32_MAX. */
uint32_t index_key_line(const struct boot_index *ix, enum index_conf_kind kind, uint32_t position) NONNULL(1);

/* A feature's setting ("emergency-shell" -> "no"), or NULL. Logarithmic. */
const char *index_setting(const struct boot_index *ix, const char *key) NONNULL(1, 2);
/* I-th setting, for listing; false past the end. */
bool index_setting_at(const struct boot_index *ix, uint32_t i, const char **key, const char **value) NONNULL(1, 3, 4);

#endif
