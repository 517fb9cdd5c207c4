/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One installed kernel as its own files describe it: module tree, tables made
 * by depmod (kmod_bin.h), modprobe.d, kernel config. Read once, then constant.
 */
#ifndef ROOTWARD_KERNEL_H
#define ROOTWARD_KERNEL_H

#include "util.h"

/* How a module file is stored on the host. */
enum module_store { STORE_PLAIN, STORE_GZIP, STORE_XZ, STORE_ZSTD, STORE_UNKNOWN };

struct kmodule {
	const char *name; /* normalised */
	const char *path; /* below lib/modules/KVER: "kernel/drivers/nvme/host/nvme.ko.xz"; NULL for builtin */
	/*
	 * Of a module that stands in for the kernel's own of that name (DKMS, updates/): where that one is or was, as
	 * modules.order says; NULL there is none, or it is this one.
	 */
	const char *own_path;
	enum module_store store;
	bool builtin;
	bool alias_only;       /* builtin, but only modules.builtin.alias knows it, modules.builtin does not */
	uint32_t order;	       /* position in modules.dep: kmod's priority among matches */
	struct kmodule **deps; /* whole closure as modules.dep lists it, nearest first */
	uint32_t dep_count;
};

struct kalias {
	const char *pattern;
	struct kmodule *module;
};

struct kaliases {
	struct kalias *items;
	size_t count, cap;
};

/* A soft or weak dependency line of modules.softdep / modules.weakdep, or modprobe.d. */
struct kconf {
	int kind; /* enum index_conf_kind of ../early-init/plan/index.h */
	const char *key, *value;
	const char *source; /* "FILE:LINE" */
};

struct kernel {
	struct arena arena;
	const char *sysroot; /* "" for /; no slash at its end */
	const char *release;
	const char *moddir;	       /* SYSROOT/lib/modules/KVER or SYSROOT/usr/lib/modules/KVER, as found */
	VEC(struct kmodule *) modules; /* modules.dep order, then builtin ones by name */
	struct strmap by_name;	       /* name -> struct kmodule * */
	struct kaliases aliases;       /* modules.alias */
	struct kaliases symbols;       /* modules.symbols: "symbol:NAME" */
	struct kaliases builtin_aliases;
	VEC(struct kconf) conf; /* modprobe.d of the sysroot + modules.softdep/.weakdep, kmod's order */
	struct strmap config;	/* X of CONFIG_X -> "y" "m" or value; empty when there is no config file */
	bool has_config;
};

/*
 * Read kernel RELEASE under SYSROOT ("" or "/" is the host) with the modprobe.d
 * of SYSROOT (modprobe_dirs NULL: the usual places below SYSROOT; else those).
 * Errors name what is missing and the way out ("run depmod -a KVER").
 */
struct err *kernel_open(const char *sysroot, const char *release, const char *const *modprobe_dirs, struct kernel **out)
    MUST_CHECK NONNULL(1, 2, 4);
void kernel_close(struct kernel *k);

struct kmodule *kernel_module(const struct kernel *k, const char *name) NONNULL(1, 2);
/* Value of CONFIG_NAME (the prefix may be given or not), or NULL when unset or unknown. */
const char *kernel_config(const struct kernel *k, const char *name) NONNULL(1, 2);

/* SYSROOT/lib/modules/RELEASE or SYSROOT/usr/lib/modules/RELEASE (malloc), or NULL. */
char *kernel_module_dir(const char *sysroot, const char *release) MUST_CHECK NONNULL(1, 2);
/* The host's path of file NAME of that directory, which need not be there (malloc): links stay inside of SYSROOT. */
char *kernel_dir_file(const char *sysroot, const char *moddir, const char *name) MUST_CHECK NONNULL(1, 2, 3)
    __attribute__((returns_nonnull));

/* Every file of modprobe.d and modules-load.d that is read for a kernel of SYSROOT: host paths, in no order. */
typedef void kernel_conf_fn(void *arg, const char *path);
void kernel_conf_each(const char *sysroot, kernel_conf_fn *fn, void *arg) NONNULL(1, 2);

/*
 * modules.dep against the files, by content and not by time: a module named
 * there and gone, or on disk and unknown there, is an error (EXIT_VERIFY) that
 * names the first ones and says to run depmod. So is a cycle, with its path.
 */
struct err *kernel_check_dep(const struct kernel *k) MUST_CHECK NONNULL(1);

#endif
