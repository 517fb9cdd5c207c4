/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

struct err {
	enum exit_status status;
	char *message; /* owned, the whole chain, outermost first */
};

/* As vasprintf, but never fails: an error about a lack of memory has nowhere to go. */
static PRINTF_LIKE(1, 0) char *format(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

static struct err *make(enum exit_status status, char *message)
{
	struct err *e = xmalloc(sizeof(*e));

	e->status = status;
	e->message = message;
	return e;
}

struct err *err_new(enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *message = format(fmt, ap);
	va_end(ap);
	return make(status, message);
}

struct err *err_sys(int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	AUTOFREE char *what = format(fmt, ap);
	va_end(ap);
	return make(EXIT_FAILED, xasprintf("%s: %s", what, strerror(errnum)));
}

struct err *err_wrap(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return NULL;
	va_start(ap, fmt);
	AUTOFREE char *context = format(fmt, ap);
	va_end(ap);
	char *message = xasprintf("%s: %s", context, e->message);
	free(e->message);
	e->message = message;
	return e;
}

const char *err_message(const struct err *e)
{
	return e->message;
}

enum exit_status err_status(const struct err *e)
{
	return e ? e->status : EXIT_OK;
}

void err_free(struct err *e)
{
	if (!e)
		return;
	free(e->message);
	free(e);
}

int err_report(struct err *e)
{
	enum exit_status status = err_status(e);

	if (e) {
		fputs("rootward: ", stderr);
		print_lines(stderr, e->message);
		fputc('\n', stderr);
	}
	err_free(e);
	return (int)status;
}
