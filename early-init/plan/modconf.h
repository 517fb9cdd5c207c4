/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modprobe.d(5) and the module words of the kernel command line, as libkmod
 * reads them (libkmod-config.c). One parser for the builder (files), for
 * early-init (command line) and for the fuzzer.
 */
#ifndef ROOTWARD_PLAN_MODCONF_H
#define ROOTWARD_PLAN_MODCONF_H

#include "index.h"

/* One directive. Strings are NUL-terminated and live until the callback returns. */
struct modconf_line {
	enum index_conf_kind kind;
	const char *key;   /* normalised as kmod does for this kind */
	const char *value; /* NULL where the kind has none */
	unsigned line_no;  /* last physical line, as kmod counts; 0 for the command line */
};

typedef errint modconf_fn(void *arg, const struct modconf_line *line);
/* A line that kmod would ignore with a warning: why, in words. */
typedef void modconf_bad_fn(void *arg, unsigned line_no, const char *why);

/*
 * Every directive of TEXT (modified in place; NUL-terminated, LEN bytes) in
 * order: '#' comments, '\' continuation, blank lines. Linear in LEN. 0, or
 * what FN returned when that is negative.
 */
errint modconf_parse(char *text, size_t len, modconf_fn *fn, modconf_bad_fn *bad, void *arg) MUST_CHECK NONNULL(1, 3);

/*
 * The words of a CONF_SOFTDEP's value, one at a time, split exactly as libkmod
 * does (one blank at its start, from "softdep NAME  pre: ...", spoils the first
 * word). Start with {value}; false at the end. WORD is not NUL-terminated.
 */
struct softdep_cursor {
	const char *at;
	enum { SOFTDEP_NONE, SOFTDEP_PRE, SOFTDEP_POST } list;
};
bool softdep_next(struct softdep_cursor *cursor, const char **word, size_t *len) NONNULL(1, 2, 3);

/*
 * The same for a kernel command line (modified in place): MODULE.PARAM=VALUE
 * gives CONF_OPTIONS; modprobe.blacklist=, module_blacklist=, rd.driver.blacklist=
 * give CONF_BLACKLIST; rd.driver.pre=, rd.driver.post=, modules_load=,
 * modules-load=, rd.modules_load= give CONF_LOAD (value "post" for rd.driver.post).
 */
errint modconf_parse_cmdline(char *line, modconf_fn *fn, void *arg) MUST_CHECK NONNULL(1, 2);

/*
 * What the command line says beside the index. Bounded by the line it came
 * from; the strings are copies owned by it.
 */
struct modconf {
	struct modconf_entry {
		enum index_conf_kind kind;
		char *key, *value;
	} * entries;
	size_t count;
};
/* LINE (not modified) into OUT, which modconf_free() frees. 0, or -ENOMEM with OUT empty. */
errint modconf_from_cmdline(const char *line, struct modconf *out) MUST_CHECK NONNULL(1, 2);
/* Frees the entries (not CONF) and leaves it empty. */
void modconf_free(struct modconf *conf);

#endif
