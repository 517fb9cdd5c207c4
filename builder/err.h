/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors on the host: a value that carries its whole chain, outermost first:
 * "building image: module nvme: dependency nvme-core: file missing: run depmod -a 6.1.0".
 * A function that can fail returns `struct err *`, NULL meaning success; the
 * caller owns it and prints, wraps or frees it. Never mixed with -errno inside builder/.
 */
#ifndef ROOTWARD_ERR_H
#define ROOTWARD_ERR_H

#include "../early-init/plan/base.h"

/* Exit statuses of rootward(8). */
enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_VERIFY = 3 };

struct err;

/* New error with exit status STATUS. Never NULL. */
struct err *err_new(enum exit_status status, const char *fmt, ...) MUST_CHECK PRINTF_LIKE(2, 3);
/* The same with ": " and strerror(ERRNUM) added; status EXIT_FAILED. ERRNUM positive. */
struct err *err_sys(int errnum, const char *fmt, ...) MUST_CHECK PRINTF_LIKE(2, 3);
/* Put "FMT: " before E (taken, returned); NULL stays NULL. */
struct err *err_wrap(struct err *e, const char *fmt, ...) MUST_CHECK PRINTF_LIKE(2, 3);

const char *err_message(const struct err *e) NONNULL(1);
enum exit_status err_status(const struct err *e); /* EXIT_OK for NULL */
void err_free(struct err *e);
/* Print "rootward: MESSAGE" on stderr, free E, return its status. NULL: EXIT_OK, silent. */
int err_report(struct err *e) MUST_CHECK;

/* Return from the caller when EXPR gives an error. */
#define TRY(expr) \
	do { \
		struct err *try_err_ = (expr); \
		if (try_err_) \
			return try_err_; \
	} while (0)

#endif
