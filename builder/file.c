/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and paths of util.h. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

struct err *file_read(const char *path, size_t max, char **data, size_t *len)
{
	AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(errno, "%s", path);
	/* Files of /proc and /sys have size 0, and a file may grow: the size is a guess, the end is where read() says.
	 */
	size_t guess = st.st_size > 0 ? (size_t)st.st_size : 4095;
	size_t cap = (guess < max ? guess : max) + 1, used = 0;
	AUTOFREE char *text = xmalloc(cap + 1);
	for (;;) {
		if (used == cap) {
			cap *= 2;
			text = xrealloc(text, cap + 1, 1);
		}
		ssize_t n = read(fd, text + used, cap - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "%s", path);
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return err_new(EXIT_FAILED, "%s: larger than %zu bytes", path, max);
	}
	text[used] = '\0';
	*data = STEAL_POINTER(text);
	*len = used;
	return NULL;
}

struct err *file_map(const char *path, struct file_map *out)
{
	/* Opening a FIFO would wait for its writer: it is refused below. */
	AUTOCLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_new(EXIT_FAILED, "%s: not a regular file", path);
	*out = (struct file_map){.data = (const unsigned char *)"", .size = 0};
	if (st.st_size == 0)
		return NULL;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(errno, "%s: mapping", path);
	if (!file_fault_in(p, (size_t)st.st_size)) {
		munmap(p, (size_t)st.st_size);
		return err_new(EXIT_FAILED, "%s: cannot be read from the disk: check its health (dmesg)", path);
	}
	out->data = p;
	out->size = (size_t)st.st_size;
	return NULL;
}

bool file_fault_in(void *map, size_t size)
{
	/* EFAULT: reading it would end in SIGBUS. Kernels before 5.14 do not know it. */
	return madvise(map, size, MADV_POPULATE_READ) == 0 || errno != EFAULT;
}

void file_unmap(struct file_map *m)
{
	if (m->size)
		munmap((void *)(uintptr_t)m->data, m->size);
	*m = (struct file_map){0};
}

bool path_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *path_join(const char *root, const char *rel)
{
	size_t len = strlen(root);

	while (len && root[len - 1] == '/')
		len--;
	while (*rel == '/')
		rel++;
	return xasprintf("%.*s/%s", (int)len, root, rel);
}

char *sysroot_name(const char *dir)
{
	size_t len = dir ? strlen(dir) : 0;

	while (len && dir[len - 1] == '/')
		len--;
	return xstrndup(dir ? dir : "", len);
}
