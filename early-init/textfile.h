/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small kernel files (sysfs, procfs): one read, one write. */
#ifndef ROOTWARD_TEXTFILE_H
#define ROOTWARD_TEXTFILE_H

#include "plan/base.h"

/* At most SIZE - 1 bytes of PATH into OUT, NUL-terminated, trailing blanks and newlines off. Length or -errno. */
errint text_read(const char *path, char *out, size_t size) MUST_CHECK NONNULL(1, 2);
/* The same without trimming: for binary attributes. Bytes read or -errno. */
errint bytes_read(const char *path, void *out, size_t size) MUST_CHECK NONNULL(1, 2);
/* Both for NAME below DIR ("/sys/devices/...", "device/model"). */
errint text_read_in(const char *dir, const char *name, char *out, size_t size) MUST_CHECK NONNULL(1, 2, 3);
errint bytes_read_in(const char *dir, const char *name, void *out, size_t size) MUST_CHECK NONNULL(1, 2, 3);
/* A decimal number alone in PATH, into OUT. */
errint number_read(const char *path, uint64_t *out) MUST_CHECK NONNULL(1, 2);
/* TEXT into the existing file PATH in one write, as sysfs wants it. */
errint text_write(const char *path, const char *text) MUST_CHECK NONNULL(1, 2);

/* snprintf that fails instead of truncating: 0 or -ENAMETOOLONG, OUT then empty. */
errint path_format(char *out, size_t size, const char *fmt, ...) MUST_CHECK NONNULL(1) PRINTF_LIKE(3, 4);

/* For CLEANUP(close_fd) and CLEANUP(free_string). */
void close_fd(int *fd);
void free_string(char **s);

#endif
