// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zstd.h>

#include "boot.h"

/* No module is larger; a header that claims so is damaged. */
#define MODULE_SIZE_MAX (512u << 20)

/* include/uapi/linux/module.h; older headers do not have the last. */
#define INIT_COMPRESSED_FILE 4

enum packing { PACKED_NOT, PACKED_ZSTD, PACKED_BY_KERNEL };

/* By content, not by name. KERNEL_NAME is what /sys/module/compression calls it. */
static const struct magic {
	const char *bytes;
	size_t len;
	enum packing packing;
	const char *kernel_name;
} magics[] = {
    {"\x28\xb5\x2f\xfd", 4, PACKED_ZSTD, "zstd"},
    {"\xfd"
     "7zXZ",
     6, PACKED_BY_KERNEL, "xz"},
    {"\x1f\x8b", 2, PACKED_BY_KERNEL, "gzip"},
};

static const struct magic *find_magic(int fd)
{
	char head[8] = "";
	ssize_t len = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (len >= (ssize_t)magics[i].len && memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return &magics[i];
	}
	return NULL;
}

/* Whether the kernel undoes NAME; when it does not say (no sysfs yet), trying is the way to find out. */
static bool kernel_may_undo(const char *name)
{
	char said[16] = "";
	ssize_t len;
	int fd;

	if (access("/sys/module", F_OK) < 0)
		return true;
	fd = open("/sys/module/compression", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, said, sizeof(said) - 1);
	close(fd);
	return len > 0 && strncmp(said, name, strlen(name)) == 0;
}

/* Room for more of OUT, whose data has CAPACITY bytes. */
static errint grow(struct modfile *out, size_t *capacity)
{
	size_t size = *capacity ? 2 * *capacity : 1u << 20;
	void *grown = size > MODULE_SIZE_MAX ? NULL : realloc(out->data, size);

	if (!grown)
		return size > MODULE_SIZE_MAX ? -EBADMSG : -ENOMEM;
	out->data = grown;
	*capacity = size;
	return 0;
}

/* One frame whose head does not tell the size, as `zstd` writes from a pipe. */
static errint unpack_stream(const void *packed, size_t size, struct modfile *out)
{
	ZSTD_inBuffer in = {packed, size, 0};
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t capacity = 0, hint = 1;
	errint r = stream ? 0 : -ENOMEM;

	while (r == 0 && hint != 0) {
		size_t before = out->size + in.pos;

		if (out->size == capacity)
			r = grow(out, &capacity);
		if (r < 0)
			break;
		ZSTD_outBuffer to = {out->data, capacity, out->size};
		hint = ZSTD_decompressStream(stream, &to, &in);
		out->size = to.pos;
		/* Damaged, or cut off: nothing moves any more. */
		if (ZSTD_isError(hint) || (hint != 0 && out->size + in.pos == before))
			r = -EBADMSG;
	}
	ZSTD_freeDStream(stream);
	return r < 0 ? r : in.pos == size ? 0 : -EBADMSG;
}

static errint unpack_known(const void *packed, size_t size, unsigned long long full, struct modfile *out)
{
	size_t got;

	if (full == 0 || full > MODULE_SIZE_MAX) /* ZSTD_CONTENTSIZE_ERROR is larger as well */
		return -EBADMSG;
	out->data = malloc((size_t)full);
	if (!out->data)
		return -ENOMEM;
	got = ZSTD_decompress(out->data, (size_t)full, packed, size);
	out->size = (size_t)full;
	return ZSTD_isError(got) || got != full ? -EBADMSG : 0;
}

static errint unpack(int fd, size_t size, struct modfile *out)
{
	void *packed = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	unsigned long long full;
	errint r;

	if (packed == MAP_FAILED)
		return -errno;
	full = ZSTD_getFrameContentSize(packed, size);
	r = full == ZSTD_CONTENTSIZE_UNKNOWN ? unpack_stream(packed, size, out) : unpack_known(packed, size, full, out);
	munmap(packed, size);
	return r;
}

errint modfile_open(const char *path, struct modfile *out)
{
	const struct magic *magic;
	struct stat st;
	errint r = 0;

	*out = (struct modfile){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (out->fd < 0 || fstat(out->fd, &st) < 0) {
		r = -errno;
		modfile_close(out);
		return r;
	}
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > MODULE_SIZE_MAX)
		r = -ENOEXEC;
	magic = r == 0 ? find_magic(out->fd) : NULL;
	if (magic && magic->packing == PACKED_ZSTD) {
		r = unpack(out->fd, (size_t)st.st_size, out);
		close(out->fd);
		out->fd = -1;
	} else if (magic) {
		out->kernel_decompress = true;
		if (!kernel_may_undo(magic->kernel_name))
			r = -EPROTONOSUPPORT;
	}
	if (r < 0)
		modfile_close(out);
	return r;
}

/* FLAGS reach the kernel through finit_module only, which wants a file nobody has open for writing. */
static errint load_with_flags(const struct modfile *m, const char *options, unsigned flags)
{
	char path[32];
	int writer = memfd_create("module", MFD_CLOEXEC), reader;
	size_t done = 0;
	errint r = writer < 0 ? -errno : 0;

	while (r == 0 && done < m->size) {
		ssize_t n = write(writer, (const char *)m->data + done, m->size - done);

		if (n < 0)
			r = -errno;
		else
			done += (size_t)n;
	}
	if (r < 0) {
		if (writer >= 0)
			close(writer);
		return r;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", writer);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	r = reader < 0 ? -errno : 0;
	close(writer);
	if (r == 0 && syscall(SYS_finit_module, reader, options, flags) < 0)
		r = -errno;
	if (reader >= 0)
		close(reader);
	return r;
}

errint modfile_load(const struct modfile *m, const char *options, unsigned flags)
{
	long r;

	if (m->fd < 0 && flags)
		return load_with_flags(m, options, flags);
	if (m->fd < 0)
		r = syscall(SYS_init_module, m->data, m->size, options);
	else
		r = syscall(SYS_finit_module, m->fd, options,
			    flags | (m->kernel_decompress ? INIT_COMPRESSED_FILE : 0u));
	if (r < 0 && m->kernel_decompress && errno == EOPNOTSUPP)
		return -EPROTONOSUPPORT;
	return r < 0 ? -errno : 0;
}

errint modfile_bytes(struct modfile *m, const void **data, size_t *size)
{
	struct stat st;
	void *map;

	if (m->kernel_decompress)
		return -EPROTONOSUPPORT;
	if (m->fd >= 0 && !m->map) {
		if (fstat(m->fd, &st) < 0)
			return -errno;
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, m->fd, 0);
		if (map == MAP_FAILED)
			return -errno;
		m->map = map;
		m->size = (size_t)st.st_size;
	}
	*data = m->map ? m->map : m->data;
	*size = m->size;
	return 0;
}

void modfile_close(struct modfile *m)
{
	if (m->map)
		munmap(m->map, m->size);
	if (m->fd >= 0)
		close(m->fd);
	free(m->data);
	*m = (struct modfile){.fd = -1};
}
