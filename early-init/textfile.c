/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "textfile.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void free_string(char **s)
{
	free(*s);
}

errint bytes_read(const char *path, void *out, size_t size)
{
	int CLEANUP(close_fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t have = 0;

	if (fd < 0)
		return -errno;
	while (have < size) {
		ssize_t n = read(fd, (char *)out + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (errint)have;
}

errint text_read(const char *path, char *out, size_t size)
{
	errint n = bytes_read(path, out, size - 1);

	if (n < 0)
		return n;
	while (n > 0 && isspace((unsigned char)out[n - 1]))
		n--;
	out[n] = '\0';
	return n;
}

errint number_read(const char *path, uint64_t *out)
{
	char text[32], *end;
	errint n = text_read(path, text, sizeof(text));

	if (n < 0)
		return n;
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno ? -errno : *end ? -EINVAL : 0;
}

errint text_write(const char *path, const char *text)
{
	int CLEANUP(close_fd) fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

errint path_format(char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(out, size, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < size)
		return 0;
	out[0] = '\0';
	return -ENAMETOOLONG;
}

errint text_read_in(const char *dir, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];
	errint err = path_format(path, sizeof(path), "%s/%s", dir, name);

	return err < 0 ? err : text_read(path, out, size);
}

errint bytes_read_in(const char *dir, const char *name, void *out, size_t size)
{
	char path[PATH_MAX];
	errint err = path_format(path, sizeof(path), "%s/%s", dir, name);

	return err < 0 ? err : bytes_read(path, out, size);
}
