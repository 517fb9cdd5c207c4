/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the manifest to the bytes of an image: segments as the kernel's
 * init/initramfs.c reads them (early microcode, plain; programs and data,
 * compressed; modules, a plain cpio of modules compressed one by one), or one
 * solid archive. The bytes depend on the manifest and the options only, never
 * on the number of threads.
 *
 * Order of a build:
 *   pack_parse_kind()       what --compress said
 *   pack_choose_main()      what the target kernel can read
 *   manifest_add() ...      module paths end in pack_module_suffix()
 *   pack_prepare_modules()  read, verify, compress, over all threads
 *   manifest_add(index, manifest) ...
 *   pack_write()            stream it to an fd (install.h publishes it)
 */
#ifndef ROOTWARD_PACK_H
#define ROOTWARD_PACK_H

#include "cache.h"
#include "compress.h"
#include "manifest.h"

struct pack_options {
	bool automatic;	       /* "auto": pack_choose_main() decides on SOLID */
	bool solid;	       /* programs, data and plain modules in one archive compressed with CODEC */
	enum codec codec;      /* of each module, or of the solid archive; CODEC_NONE stores */
	int level;	       /* COMPRESS_LEVEL_DEFAULT: the codec's own choice */
	enum codec main_codec; /* of programs and data where not solid */
	unsigned threads;      /* >= 1; 0 means one for each online CPU */
	uint32_t mtime;	       /* of every entry: SOURCE_DATE_EPOCH or 0 */
};

/*
 * "KIND[:LEVEL]" into OUT (threads 0, mtime from SOURCE_DATE_EPOCH): auto (the
 * default, TEXT NULL) is zstd, or solid-zstd where all modules are loaded; zstd
 * or none keep modules singly; solid-zstd, solid-xz (or xz), solid-gzip (gzip),
 * solid-lz4 (lz4), solid-none make one archive. Usage faults name WHAT says
 * it ("--compress", or a place of the configuration), the kinds and the range of levels.
 */
struct err *pack_parse_kind(const char *what, const char *text, struct pack_options *out) MUST_CHECK NONNULL(1, 3);

/* Whether the target kernel has CONFIG_RD_* for C. */
typedef bool pack_can_read_fn(void *arg, enum codec c);
struct pack_target {
	bool all_loaded; /* every module of the image is loaded at boot, as in one for a known machine */
	/*
	 * The kernel takes a block of size zero for the end of lz4 data, so that another archive may follow:
	 * since 5.14, and in some stable releases before (lib/decompress_unlz4.c, commit 2c484419efc0).
	 */
	bool lz4_ends;
	pack_can_read_fn *can_read; /* NULL: its config is not known; then gzip, which every distribution's reads */
	void *arg;
};
/*
 * Check OPT against the target kernel T and choose main_codec, and SOLID where that is left to us. A solid codec the
 * kernel cannot read is an error that names the option and those that it can.
 */
struct err *pack_choose_main(struct pack_options *opt, const struct pack_target *t) MUST_CHECK NONNULL(1, 2);

/* What a module's path ends in inside the image after ".ko": ".zst", or "" where modules are stored plain. */
const char *pack_module_suffix(const struct pack_options *opt) NONNULL(1) __attribute__((returns_nonnull));

/* What looks at the modules while they are packed; called by worker threads, several at the same time. */
struct pack_verify {
	/* Facts of one module's plain bytes as text: pure, for it is not called where the cache has them. */
	void (*extract)(const void *data, size_t size, struct buf *facts);
	/* Once an entry. An error ends the preparation; the one of the first entry in packing order is reported. */
	struct err *(*take)(void *arg, struct entry *e, const char *facts, size_t size);
	/* WHY (taken) the module of E cannot be read. NULL goes on without its bytes: the caller will not publish. */
	struct err *(*unreadable)(void *arg, struct entry *e, struct err *why);
	void *arg;
};

/*
 * Sort M, then for every file of SEG_MODULES: read its source (stored plain or
 * gzip, xz, zstd), have its plain bytes looked at by V (may be NULL), compress them and
 * keep the result in the entry (data). What CACHE (may be NULL) knows is taken from there: it must stay open as
 * long as M is used, and is committed by the caller. In a solid image the bytes
 * are read again when packing. Bounded memory: one plain module a thread.
 */
struct err *pack_prepare_modules(struct manifest *m, const struct pack_options *opt, struct cache *cache,
				 const struct pack_verify *v) MUST_CHECK NONNULL(1, 2);

struct pack_stats {
	uint64_t size;	     /* of the image */
	uint64_t plain_size; /* of all contents */
	uint64_t hash[2];    /* content_hash() of the image's bytes, for install_commit() */
	unsigned entries, modules;
};

/* Threads that OPT means: its own number or the online CPUs. */
unsigned pack_threads(const struct pack_options *opt) NONNULL(1);

/*
 * Stream the image to FD (from its current position, only forward). M gets sorted. A compressed archive that CACHE
 * (may be NULL) knows is taken from there, by what is in it; as for pack_prepare_modules().
 */
struct err *pack_write(struct manifest *m, const struct pack_options *opt, struct cache *cache, int fd,
		       struct pack_stats *stats) MUST_CHECK NONNULL(1, 2, 5);

/* The image's size guessed before it is packed, rather too small than too large: for the space check of
 * install_begin(). */
uint64_t pack_size_guess(const struct manifest *m, const struct pack_options *opt) NONNULL(1, 2);

#endif
