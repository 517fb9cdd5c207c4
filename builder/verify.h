/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel will take these modules: each one's vermagic, symbols with
 * CRCs, signature, machine, firmware and options, against the kernel image and
 * the modules that are loaded before it. Used by `build` before it publishes
 * and by `check`.
 *
 *   v = verify_begin(&setup)        starts to read the kernel image in a thread
 *   verify_module(v, ...)           once a module, from any thread
 *   verify_options(v, ...)          once for each options line in force
 *   verify_finish(v, &report)       waits for the thread; all findings, sorted
 *   verify_free(v)                  the report's strings go with it
 */
#ifndef ROOTWARD_VERIFY_H
#define ROOTWARD_VERIFY_H

#include "cache.h"
#include "kernel.h"
#include "util.h"

enum finding_severity { FINDING_WARNING, FINDING_ERROR };

struct finding {
	enum finding_severity severity;
	const char
	    *kind; /* "vermagic" "symbol" "crc" "signature" "elf" "machine" "dependency" "option" "firmware" ... */
	const char *module; /* name, or NULL: about the whole */
	const char *cause;  /* without the module's name, no full stop */
	const char *remedy; /* what to do about it */
};

struct verify_report {
	VEC(struct finding) findings; /* errors first, then by module */
	size_t errors, warnings;
	size_t modules; /* looked at */
};

struct verify_setup {
	struct cache *cache; /* may be NULL; committed before verify_free */
	const struct kernel
	    *kernel; /* the installed kernel: its closures, config and vermagic; NULL when there is only an image */
	const char *release; /* the kernel's release; with KERNEL its own */
	const char
	    *sysroot; /* "" for the host: its Secure Boot and lockdown count then; NULL: no kernel image to look for */
	/* Whether firmware NAME (may hold '*') is there; NULL: below SYSROOT/lib/firmware. Called from verify_finish.
	 */
	bool (*has_firmware)(void *arg, const char *name);
	void *firmware_arg;
	/* Names of all modules loaded before NAME, SIZE_MAX when nobody knows; NULL: what KERNEL says. Called from
	 * verify_finish. */
	size_t (*deps)(void *arg, const char *name, const char *const **out);
	void *deps_arg;
};

struct verify;
struct json_object;

/* SETUP is copied; what it points to must live until verify_free. Never NULL. */
struct verify *verify_begin(const struct verify_setup *setup) MUST_CHECK NONNULL(1);

/*
 * Take note of module NAME, whose plain bytes are DATA (not kept). What is
 * wrong with the bytes themselves becomes a finding. Thread-safe.
 */
void verify_module(struct verify *v, const char *name, const void *data, size_t size) NONNULL(1, 2, 3);

/* Module NAME could not be read at all: WHY (taken) becomes a finding. Thread-safe. */
void verify_unreadable(struct verify *v, const char *name, struct err *why) NONNULL(1, 2, 3);

/*
 * The same as verify_module in two steps, so that a cache can keep the facts
 * of a module (a line of text each, a few KiB) by its content.
 */
void verify_extract(const void *data, size_t size, struct buf *facts) NONNULL(1, 3);
void verify_add_facts(struct verify *v, const char *name, const char *facts, size_t size) NONNULL(1, 2, 3);

/* modprobe.d gives module NAME the OPTIONS; SOURCE is "FILE:LINE". Thread-safe. */
void verify_options(struct verify *v, const char *name, const char *options, const char *source) NONNULL(1, 2, 3, 4);

/* A finding of the caller's own; strings are copied, MODULE may be NULL. Thread-safe. */
void verify_add(struct verify *v, enum finding_severity severity, const char *kind, const char *module,
		const char *cause, const char *remedy) NONNULL(1, 3, 5, 6);

/* Once, when all modules are known. The report lives until verify_free. */
const struct verify_report *verify_finish(struct verify *v) NONNULL(1) __attribute__((returns_nonnull));
void verify_free(struct verify *v);

/* "error: MODULE: CAUSE: REMEDY" into OUT. */
void finding_format(const struct finding *f, struct buf *out) NONNULL(1, 2);
/* Every finding on stderr; firmware of more than a few modules in one line unless verbose. */
void verify_print(const struct verify_report *r) NONNULL(1);
/* The same on OUT, LEAD before each line. */
void verify_print_to(const struct verify_report *r, FILE *out, const char *lead) NONNULL(1, 2, 3);

/* {"modules", "errors", "warnings", "findings": [{severity, kind, module, cause, remedy}]}; given to the caller. */
struct json_object *verify_json(const struct verify_report *r) MUST_CHECK NONNULL(1);

#endif
