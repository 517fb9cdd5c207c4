/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules go into an image: the roots that configuration, command line
 * or hardware name, and the closure over everything that they need. Each
 * module keeps the first reason that put it there; the closure runs breadth
 * first, so that this reason is the shortest.
 */
#ifndef ROOTWARD_SELECT_H
#define ROOTWARD_SELECT_H

#include "config.h"
#include "kernel.h"

enum module_class {
	CLASS_STORAGE = 1 << 0,
	CLASS_BUS = 1 << 1,
	CLASS_FILESYSTEM = 1 << 2,
	CLASS_KEYBOARD = 1 << 3,
	CLASS_NETWORK = 1 << 4,
	CLASS_OTHER = 1 << 5,
};

/* What is known and decided of one loadable module of the kernel. */
struct choice {
	const struct kmodule *module;
	uint32_t classes; /* enum module_class, of all groups that it is in */
	bool no_async;	  /* a group says so */
	bool in_image;
	bool omitted;			  /* by --omit-module or configuration */
	const struct module_group *group; /* first group that it is in */
	const char *selector;		  /* what of that group matched, in words */
	const char *owner, *reason;	  /* in_image: for the manifest */
	const struct choice *parent;	  /* in_image: the module that it is there for, or NULL */
};

/* Where a module's other names lead: filled by select_open, see alias_map.h. */
struct alias_map;

struct selection {
	struct arena arena;
	const struct kernel *kernel; /* borrowed */
	const struct config *config; /* borrowed */
	struct alias_map *aliases;   /* names and aliases to modules */
	struct strmap by_name;	     /* module name -> struct choice * */
	VEC(struct choice *) all;    /* loadable modules in modules.dep order */
	VEC(struct choice *) chosen; /* in_image, in the order of their adding: breadth first from the roots */
	/* Of a feature's groups only what this takes; NULL: all. */
	bool (*feature_takes)(void *arg, const struct choice *c);
	void *feature_arg;
	struct strmap wants; /* module name -> struct want_list *: soft, weak and requested names */
};

/* Classify all modules of K by the groups of C. Both must outlive OUT (zero it; select_close also after an error). */
struct err *select_open(const struct kernel *k, const struct config *c, unsigned threads, struct selection *out)
    MUST_CHECK NONNULL(1, 2, 4);
void select_close(struct selection *s);

/* Whether exclude= of G names M. */
bool select_excludes(const struct module_group *g, const struct kmodule *m) MUST_CHECK NONNULL(1, 2);

/* Whether one of GLOBS is for the path of M, or of the kernel's own module that it stands in for; as paths= means it.
 */
bool select_path_in(const struct config_words *globs, const struct kmodule *m) MUST_CHECK NONNULL(1, 2);

struct choice *select_find(const struct selection *s, const char *name) NONNULL(1, 2);

/* Leave NAME out. An error names a module that the kernel has not (nearest name given). Before any root is added. */
struct err *select_omit(struct selection *s, const char *name, const char *origin) MUST_CHECK NONNULL(1, 2, 3);

/* Make C a root for REASON (copied) unless it is in already or omitted. */
void select_root(struct selection *s, struct choice *c, const char *owner, const char *reason) NONNULL(1, 2, 3, 4);

/*
 * Every module that NAME (module or alias) may mean becomes a root. Built in:
 * nothing to do. REQUIRED: an error when the kernel has none.
 */
struct err *select_name(struct selection *s, const char *name, const char *owner, const char *reason, bool required)
    MUST_CHECK NONNULL(1, 2, 3, 4);

/* All modules of the groups that no feature keeps for itself. */
void select_generic(struct selection *s) NONNULL(1);
/* The modules and groups of feature F. */
struct err *select_feature(struct selection *s, const struct feature *f) MUST_CHECK NONNULL(1, 2);

/* Complete the closure. Errors: a cycle among dependencies (with its path); a needed module omitted (naming by whom).
 */
struct err *select_close_over(struct selection *s) MUST_CHECK NONNULL(1);

/* Why MODULE is there, outermost first: "nvme_core: needed by nvme: NVMe (storage.conf)" for messages. */
void select_explain(const struct choice *c, struct buf *out) NONNULL(1, 2);

#endif
