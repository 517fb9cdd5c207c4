/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pipeline of `rootward build`: from options to a published image. */
#ifndef ROOTWARD_BUILD_H
#define ROOTWARD_BUILD_H

#include "cache.h"
#include "config.h"
#include "firmware.h"
#include "kernel.h"
#include "manifest.h"
#include "pack.h"
#include "profile.h"
#include "select.h"
#include "verify.h"

/* What the command line said; strings borrowed from argv, NULL: not given. */
struct build_options {
	const char *release, *output, *sysroot, *mode, *hardware, *compress, *config_dir, *cache;
	VEC(const char *) add_modules, omit_modules, features;
	unsigned threads; /* 0: one for each CPU that this process may use */
	bool json, print_config;
	bool lock;	    /* also with an output: no other build for this kernel at the same time */
	bool locked;	    /* the caller has that lock */
	unsigned lock_wait; /* seconds */
};

/* One module on its way into the image; its number is its entry's order. */
struct build_module {
	const struct choice *choice;
	struct entry *entry;
	VEC(char *) firmware; /* names as modinfo gives them, owned; filled by a worker thread */
};

enum build_stage {
	STAGE_CONFIG,
	STAGE_KERNEL,
	STAGE_HARDWARE,
	STAGE_SELECT,
	STAGE_PAYLOAD,
	STAGE_MODULES,
	STAGE_VERIFY,
	STAGE_INDEX,
	STAGE_PACK,
	STAGE_INSTALL,
	STAGES_END
};

struct build {
	const struct build_options *opt;
	char *sysroot; /* "" for / */
	char *release, *output;
	unsigned threads;
	enum build_mode mode;
	struct config config;
	struct kernel *kernel;
	bool has_profile;
	struct hw_profile profile;
	struct selection selection;
	struct manifest manifest;
	struct pack_options pack;
	struct verify *verify;
	struct cache *cache; /* NULL: none */
	VEC(struct build_module) modules;
	struct firmware_report firmware;
	struct pack_stats stats;
	double seconds[STAGES_END];
	enum build_stage stage; /* running now */
	double stage_start;
	int lock_fd; /* lock.h */
};

/* Build and publish. OPT must outlive the call. */
/* Whether the image is the one that boot loaders use, or stands for it on its way there. */
static inline bool build_is_for_boot(const struct build *b)
{
	return b->opt->lock || !b->opt->output;
}
struct err *build_run(const struct build_options *opt) MUST_CHECK NONNULL(1);

/*
 * build_hardware.c: the profile, where there is one. Errors: what is under the root there cannot be opened at boot
 * (EXIT_VERIFY).
 */
struct err *build_read_hardware(struct build *b) MUST_CHECK NONNULL(1);

/* build_select.c: what configuration, command line and hardware ask for, and its closure. */
struct err *build_select(struct build *b) MUST_CHECK NONNULL(1);
/* Notes in the firmware report what this hardware would ask for. */
void build_rank_firmware(struct build *b) NONNULL(1);

/* build_modules.c: the chosen modules as entries; reading, verifying and compressing them; the boot index. */
struct err *build_add_modules(struct build *b) MUST_CHECK NONNULL(1);
struct err *build_prepare_modules(struct build *b) MUST_CHECK NONNULL(1);
struct err *build_add_index(struct build *b) MUST_CHECK NONNULL(1);

struct payload;
/*
 * build_commands.c: the programs that install and remove lines of modprobe.d run, each line told. Errors: one that is
 * neither here nor in busybox (EXIT_VERIFY).
 */
struct err *build_add_commands(const struct build *b, struct payload *p) MUST_CHECK NONNULL(1, 2);

/* build_publish.c: the image's own records, then its bytes, checked, in the place of the old image. */
struct err *build_add_inputs(struct build *b) MUST_CHECK NONNULL(1);
struct err *build_add_manifest(struct build *b) MUST_CHECK NONNULL(1);
struct err *build_publish(struct build *b) MUST_CHECK NONNULL(1);

/* build.c: the stage that begins now; the former one's time is counted. */
void build_enter(struct build *b, enum build_stage stage) NONNULL(1);

/* build_report.c */
const char *build_stage_name(enum build_stage s) __attribute__((returns_nonnull));
/* A line that is overwritten, only on a terminal; NULL clears it. */
void build_progress(const char *what);
/* The summary: words on stderr, or JSON on stdout. */
void build_summary(const struct build *b) NONNULL(1);

#endif
