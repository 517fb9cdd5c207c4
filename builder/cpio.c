/* SPDX-License-Identifier: GPL-2.0-or-later */
/* newc cpio writer. */
#include <string.h>

#include "cpio.h"

#define BLOCK_SIZE 512

struct err *cpio_data(struct cpio_writer *w, const void *data, size_t n)
{
	if (n == 0)
		return NULL;
	w->offset += n;
	return w->sink.write(w->sink.arg, data, n);
}

struct err *cpio_pad(struct cpio_writer *w, unsigned align)
{
	static const unsigned char zeros[BLOCK_SIZE];
	size_t over = (size_t)(w->offset % align);

	return over ? cpio_data(w, zeros, align - over) : NULL;
}

static struct err *write_header(struct cpio_writer *w, const char *name, const struct cpio_member *m, uint32_t ino,
				uint32_t mtime)
{
	char header[CPIO_HEADER_SIZE + 1];
	size_t name_size = strlen(name) + 1;

	if (name_size > CPIO_PATH_MAX)
		return err_new(EXIT_FAILED, "%s: longer than the kernel unpacks (%d bytes)", name, CPIO_PATH_MAX - 1);
	if (m->size > UINT32_MAX)
		return err_new(EXIT_FAILED, "%s: too large for a cpio archive (4 GiB)", name);
	/* magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check */
	snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino, m->mode, 0u,
		 0u, 1u, mtime, (uint32_t)m->size, 0u, 0u, m->dev_major, m->dev_minor, (uint32_t)name_size, 0u);
	TRY(cpio_data(w, header, CPIO_HEADER_SIZE));
	TRY(cpio_data(w, name, name_size));
	return cpio_pad(w, 4);
}

struct err *cpio_header(struct cpio_writer *w, const struct cpio_member *member)
{
	return write_header(w, member->path + 1, member, w->next_ino++, w->mtime);
}

struct err *cpio_end(struct cpio_writer *w)
{
	TRY(write_header(w, "TRAILER!!!", &(struct cpio_member){0}, 0, 0));
	return cpio_pad(w, BLOCK_SIZE);
}
