/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program needs to start, as ld.so(8) decides it: interpreter, DT_NEEDED
 * libraries by RPATH, RUNPATH, ld.so.cache, ld.so.conf and the default
 * directories, and the hints of .note.dlopen (https://systemd.io/ELF_DLOPEN_METADATA/).
 */
#ifndef ROOTWARD_ELF_NEEDED_H
#define ROOTWARD_ELF_NEEDED_H

#include "ldcache.h"

/* Where the loader of a sysroot looks. Zero-initialise before ld_paths_open. */
struct ld_paths {
	const char *sysroot; /* borrowed */
	struct arena arena;
	struct file_map cache_map;
	struct ldcache cache;	     /* count 0 where there is none */
	VEC(const char *) conf_dirs; /* of ld.so.conf, includes followed, in order */
};

/* A missing ld.so.cache or ld.so.conf is no error; a damaged cache is a warning and not used. */
struct err *ld_paths_open(const char *sysroot, struct ld_paths *out) MUST_CHECK NONNULL(1, 2);
void ld_paths_close(struct ld_paths *ld);

#define DLOPEN_NAMES_MAX 8

#define LIBRARY_OF_UNWINDING "libgcc_s.so.1"

struct elf_dlopen {
	const char *sonames[DLOPEN_NAMES_MAX]; /* alternatives, best first */
	size_t count;			       /* at least 1 */
	bool required;			       /* else "recommended"; "suggested" ones are not listed */
	const char *feature;		       /* may be NULL */
};

/* Strings live in ARENA. */
struct elf_needed {
	struct arena arena;
	bool is_elf;	/* false: not an ELF file, everything below empty */
	bool is_static; /* executable without interpreter and without DT_NEEDED */
	unsigned elf_class, machine;
	const char *interp;	     /* NULL none */
	const char *rpath, *runpath; /* NULL none; RPATH is NULL where RUNPATH is given, as ld.so ignores it then */
	bool nodeflib;		     /* DF_1_NODEFLIB */
	bool unwinds_threads;	     /* imports what makes glibc open LIBRARY_OF_UNWINDING */
	VEC(const char *) needed;
	VEC(struct elf_dlopen) dlopens;
};

/* DATA: a whole file. Errors: an ELF file that is damaged (PATH names it in messages). */
struct err *elf_needed_read(const char *path, const void *data, size_t size, struct elf_needed *out)
    MUST_CHECK NONNULL(1, 2, 4);
void elf_needed_free(struct elf_needed *n);

/*
 * An RPATH or RUNPATH with $ORIGIN and $LIB replaced (ld.so(8), "Dynamic string tokens"); malloc. What $LIB stands for
 * is built into the loader: a directory with it comes out several times, first with the name of the one that has libc.
 */
char *elf_expand(const struct ld_paths *ld, const struct elf_needed *obj, const char *origin, const char *list)
    MUST_CHECK NONNULL(1, 2, 3, 4);

/*
 * Image path of library SONAME as object ORIGIN (image path; for $ORIGIN) with
 * the facts OBJ needs it; EXTRA_RPATH is the expanded RPATH of what loads it (may be
 * NULL). NULL when not found; then TRIED (may be NULL) names where it was searched. Result in ARENA.
 */
const char *elf_find_library(const struct ld_paths *ld, const struct elf_needed *obj, const char *origin,
			     const char *extra_rpath, const char *soname, struct arena *arena, struct buf *tried)
    MUST_CHECK NONNULL(1, 2, 3, 5, 6);

/* Called for PATH, a place of the cache. */
typedef struct err *elf_variant_fn(void *arg, const char *path);

/*
 * The variants of SONAME for better CPUs (ld.so(8), "Hardware capabilities") that the cache names beside PATH, where it
 * has the plain one for OBJ; none where PATH is another one's. An error of FN ends it.
 */
struct err *elf_each_variant(const struct ld_paths *ld, const struct elf_needed *obj, const char *soname,
			     const char *path, elf_variant_fn *fn, void *arg) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
