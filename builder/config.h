/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration: INI files (inih), one topic a file. Places, later ones
 * first: SYSROOT/run/rootward/conf.d, SYSROOT/etc/rootward/conf.d, and what
 * Rootward ships. A file of the same name in a later place replaces the
 * earlier one; a symlink to /dev/null (or an empty file) masks it, as
 * systemd's drop-ins do. Files are read in the order of their names; single
 * values: the last one wins; lists grow, an empty assignment empties them.
 *
 * One table (config_keys) names every section and key, its type, its place
 * in the structures below and its help: parsing, --print-config and the
 * manual page are made of it.
 */
#ifndef ROOTWARD_CONFIG_H
#define ROOTWARD_CONFIG_H

#include "compress.h"
#include "util.h"

/* One word of a list and where it was said: "storage.conf:12", or "--add-module". */
struct config_word {
	const char *text, *origin;
};
struct config_words {
	VEC(struct config_word) words;
};

/* [modules NAME]: which modules a generic image holds, and what they are. A module is in the group when any of paths,
 * names, aliases or symbols selects it and exclude does not. */
struct module_group {
	const char *name, *origin;
	const char *description;      /* in words, for `rootward explain`; NULL: the name */
	const char *class;	      /* enum module_class in words: see class_flags() of select.h; NULL: other */
	struct config_words paths;    /* globs on the path below lib/modules/KVER without .ko*; '*' crosses '/' */
	struct config_words names;    /* module names or globs on them */
	struct config_words aliases;  /* globs on the alias patterns of modules.alias */
	struct config_words symbols;  /* names of symbols (or globs) that the module imports */
	struct config_words scan;     /* path globs: where symbols are looked for; none: see select_symbols.h */
	struct config_words exclude;  /* path globs or names */
	struct config_words no_async; /* names or globs of this group: never loaded with async_probe */
};

/* [feature NAME]: what --feature NAME adds. */
struct feature {
	const char *name, *origin;
	const char *description;
	struct config_words programs; /* names looked up in the sysroot's PATH, or absolute paths */
	struct config_words files;    /* absolute paths, globs allowed */
	struct config_words modules;  /* names or aliases */
	struct config_words groups;   /* [modules NAME] sections taken only with this feature */
	struct config_words settings; /* KEY=VALUE for early-init, kept in the boot index */
};

enum build_mode { MODE_GENERIC, MODE_HOST };

/* [image] */
struct image_config {
	const char *mode;     /* "generic" or "host" */
	const char *compress; /* KIND[:LEVEL], see compress_parse() */
	struct config_words features, add_modules, omit_modules;
	struct config_words plain_modules; /* names or globs: stored uncompressed where modules are stored singly */
	/* "BUS:DRIVER": modules loaded with a bus before a disk on it is found. */
	struct config_words disk_drivers;
	/* "MODULE:OTHER": what modules ask the kernel for while they are loaded. */
	struct config_words load_requests;
	const char *root_filesystem;	/* its driver is loaded before the root device is known; NULL: none */
	const char *emergency_password; /* crypt(3) hash, or NULL */
	const char *emergency_shell;	/* "yes" or "no" */
	const char *keep_previous;	/* "yes" or "no" */
	const char *test_boot;		/* "yes": boot it in QEMU before it is published */
	const char *timeout;		/* seconds, NULL: early-init's default */
	const char *hook_timeout;	/* seconds, NULL: early-init's default */
	const char *microcode;		/* "all", "host" or "no"; NULL: as the mode */
};

/* [hooks] */
struct hooks_config {
	const char *generator; /* "auto", "rootward" or "none": generator.h */
};

/* [requests]: MODULE = names and aliases it asks the kernel for, which modinfo does not tell. */
struct module_requests {
	const char *module, *origin;
	struct config_words wants;
};

struct config {
	struct arena arena;
	struct image_config image;
	struct hooks_config hooks;
	VEC(struct module_group *) groups;
	VEC(struct feature *) features;
	VEC(struct module_requests *) requests;
	VEC(const char *) files; /* read, in order */
	struct strmap origins;	 /* "section.key" -> origin of a single value */
};

enum config_type { CONFIG_WORDS, CONFIG_TEXT, CONFIG_YES_NO, CONFIG_NUMBER, CONFIG_CHOICE };

struct config_key {
	const char *section; /* "image", "hooks", "modules", "feature", "requests" */
	const char *key;     /* NULL: any word is a key (requests) */
	enum config_type type;
	size_t offset;	     /* in the section's structure */
	const char *choices; /* CONFIG_CHOICE: "generic host"; CONFIG_NUMBER: the least and the greatest */
	const char *help;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/*
 * The directory of shipped data: $ROOTWARD_DATADIR, else lib/rootward of a directory above the running program, or the
 * source tree that it is in, else PREFIX/lib/rootward.
 */
const char *config_datadir(void) __attribute__((returns_nonnull));

/*
 * Read the configuration for SYSROOT ("" is /) into OUT (zero it first; freed
 * with config_free also after an error). ONLY_DIR (may be NULL) replaces all
 * places. Errors name file, line and the nearest known key.
 */
struct err *config_read(const char *sysroot, const char *only_dir, struct config *out) MUST_CHECK NONNULL(1, 3);
/*
 * What no parser of single lines can tell: the form and number of pairs, and whether a password can match the hash. For
 * a configuration that an image is made with, because trying a hash takes its time.
 */
struct err *config_check(const struct config *c) MUST_CHECK NONNULL(1);
/* Where the single value KEY ("image.compress") was said: "storage.conf:12". */
const char *config_origin(const struct config *c, const char *key) NONNULL(1, 2) __attribute__((returns_nonnull));
/* Add what TEXT says; NAME is for origins and messages. */
struct err *config_read_text(struct config *c, const char *name, const char *text) MUST_CHECK NONNULL(1, 2, 3);
void config_add_word(struct config *c, struct config_words *list, const char *text, const char *origin)
    NONNULL(1, 2, 3, 4);
struct feature *config_feature(const struct config *c, const char *name) NONNULL(1, 2);
/* The structure of the I-th section of kind KIND ("image", "modules", ...) and its name; NULL past the last. */
char *config_section(const struct config *c, const char *kind, size_t i, const char **name) NONNULL(1, 2, 4);
/* Whole configuration as INI with the origin of each value, for --print-config. */
void config_print(const struct config *c, FILE *out) NONNULL(1, 2);
void config_free(struct config *c);

#endif
