/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory, strings, arenas, vectors and files for the builder. Out of memory ends the program with a message (abort). */
#ifndef ROOTWARD_UTIL_H
#define ROOTWARD_UTIL_H

#include <stdio.h>
#include <stdlib.h>

#include "err.h"

/* Says so and aborts: what the x functions do. */
_Noreturn void out_of_memory(void);
void *xmalloc(size_t size) MUST_CHECK __attribute__((returns_nonnull, malloc));
void *xcalloc(size_t n, size_t size) MUST_CHECK __attribute__((returns_nonnull, malloc));
void *xrealloc(void *p, size_t n, size_t size) MUST_CHECK; /* n * size, overflow-checked */
char *xstrdup(const char *s) MUST_CHECK NONNULL(1) __attribute__((returns_nonnull));
char *xstrndup(const char *s, size_t n) MUST_CHECK NONNULL(1) __attribute__((returns_nonnull));
char *xvasprintf(const char *fmt, va_list ap) MUST_CHECK PRINTF_LIKE(1, 0) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...) MUST_CHECK PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));

/* Bump allocator; everything is freed at once. Not thread-safe. */
struct arena {
	struct arena_block *head;
};
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK NONNULL(1) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) MUST_CHECK NONNULL(1, 2) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_CHECK NONNULL(1, 2) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...) MUST_CHECK PRINTF_LIKE(2, 3) __attribute__((returns_nonnull));
void arena_free(struct arena *a);

/* VEC_PUSH(v, item) on any struct { T *items; size_t count, cap; }. */
#define VEC(T) \
	struct { \
		T *items; \
		size_t count, cap; \
	}
#define VEC_PUSH(v, item) \
	do { \
		if ((v)->count == (v)->cap) { \
			(v)->cap = (v)->cap ? (v)->cap * 2 : 16; \
			(v)->items = xrealloc((v)->items, (v)->cap, sizeof(*(v)->items)); \
		} \
		(v)->items[(v)->count++] = (item); \
	} while (0)
#define VEC_FREE(v) \
	do { \
		free((v)->items); \
		(v)->items = NULL; \
		(v)->count = (v)->cap = 0; \
	} while (0)

/* Growing string/byte buffer. */
struct buf {
	char *data; /* NUL-terminated once anything was added */
	size_t len, cap;
};
void buf_add(struct buf *b, const void *data, size_t n) NONNULL(1);
void buf_puts(struct buf *b, const char *s) NONNULL(1, 2);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL(1);
void buf_free(struct buf *b);

/* String-keyed hash map to a pointer (keys borrowed). Zero-initialise. */
struct strmap {
	struct strmap_slot *slots;
	size_t count, cap;
};
void *strmap_get(const struct strmap *m, const char *key) NONNULL(1, 2);
/* Set KEY (borrowed, outlives the map); returns the former value or NULL. */
void *strmap_put(struct strmap *m, const char *key, void *value) NONNULL(1, 2);
void strmap_free(struct strmap *m);

void free_ptr(void *pp);   /* CLEANUP(free_ptr) on any pointer */
void close_fd(int *fd);	   /* CLEANUP(close_fd), ignores < 0 */
void close_file(FILE **f); /* CLEANUP(close_file) */
#define AUTOFREE CLEANUP(free_ptr)
#define AUTOCLOSE CLEANUP(close_fd)

/*
 * Whole file PATH, at most MAX bytes, into *DATA (malloc, NUL after the end).
 * A missing file is an err_sys too; use access() where it may be missing.
 */
struct err *file_read(const char *path, size_t max, char **data, size_t *len) MUST_CHECK NONNULL(1, 3, 4);

/* Read-only mapping of a whole regular file; size 0 gives data "" and no mapping. */
struct file_map {
	const unsigned char *data;
	size_t size;
};
struct err *file_map(const char *path, struct file_map *out) MUST_CHECK NONNULL(1, 2);
/* Read SIZE bytes of a fresh mapping from the disk: false when it cannot be, where using them would end in SIGBUS. */
bool file_fault_in(void *map, size_t size) MUST_CHECK NONNULL(1);
void file_unmap(struct file_map *m);

/* DIR of --sysroot without its last slashes; "" for NULL and "/" (malloc). */
char *sysroot_name(const char *dir) MUST_CHECK __attribute__((returns_nonnull));
bool path_exists(const char *path) NONNULL(1);
/* "ROOT/REL" with one slash between. */
char *path_join(const char *root, const char *rel) MUST_CHECK NONNULL(1, 2);

/* Nearest of NAMES to WORD by edit distance (at most 1/3 of its length), or NULL. For "did you mean". */
const char *nearest_name(const char *word, const char *const *names, size_t n) NONNULL(1);

/* JSON output goes through json-c; one printer so that all commands look alike. */

/* Verbosity of words on stderr: -1 quiet, 0 normal, 1 verbose. Set once by main's option parsing. */
extern int verbosity;
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);      /* verbosity >= 0 */
void say_more(const char *fmt, ...) PRINTF_LIKE(1, 2); /* verbosity >= 1 */
void warn(const char *fmt, ...) PRINTF_LIKE(1, 2);     /* always, prefixed "rootward: warning: " */

#endif
