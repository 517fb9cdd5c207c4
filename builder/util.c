/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printable.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* A build that runs out of memory has nothing to clean up but temporary files, which install.c names so that the next
 * run removes them. */
_Noreturn void out_of_memory(void)
{
	static const char text[] = "rootward: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	p = realloc(p, total ? total : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory();
	return s;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void free_ptr(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

int verbosity;

static PRINTF_LIKE(2, 0) void words(const char *prefix, const char *fmt, va_list ap)
{
	AUTOFREE char *text = xvasprintf(fmt, ap);

	flockfile(stderr);
	fputs(prefix, stderr);
	print_lines(stderr, text);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void say(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < 0)
		return;
	va_start(ap, fmt);
	words("", fmt, ap);
	va_end(ap);
}

void say_more(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < 1)
		return;
	va_start(ap, fmt);
	words("", fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	words("rootward: warning: ", fmt, ap);
	va_end(ap);
}

/* Longest word that gets a "did you mean"; longer ones are not typing errors. */
#define NEAREST_MAX 64

/* Levenshtein distance with one row. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[len];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	size_t len = strlen(word), limit = (len + 2) / 3;

	if (len > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (strlen(names[i]) > NEAREST_MAX)
			continue;
		size_t distance = edit_distance(word, names[i]);

		if (distance > limit || (nearest && distance == limit))
			continue;
		nearest = names[i];
		limit = distance;
	}
	return nearest;
}
