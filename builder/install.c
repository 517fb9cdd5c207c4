/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomic publication of an image. */
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "install.h"
#include "install_publish.h"
#include "install_temp.h"

/* Room left beside the image: metadata of the file system, the directory's own growth. */
#define SPACE_RESERVE ((uint64_t)1 << 20)

/* PATH with its symlinks followed, so that a link stays a link; its last part need not exist. */
static struct err *split_target(const char *path, struct install *out)
{
	AUTOFREE char *real = realpath(path, NULL);
	char *whole = real ? real : (char *)(uintptr_t)path;
	AUTOFREE char *for_dir = xstrdup(whole);
	AUTOFREE char *for_name = xstrdup(whole);

	out->dir = xstrdup(dirname(for_dir));
	out->name = xstrdup(basename(for_name));
	if (strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0 || strcmp(out->name, "/") == 0)
		return err_new(EXIT_USAGE, "%s: names no file", path);
	out->dirfd = open(out->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->dirfd < 0 ? err_sys(errno, "%s: directory %s", path, out->dir) : NULL;
}

static struct err *check_space(const struct install *in, uint64_t need)
{
	struct statvfs vfs;

	if (need == 0 || fstatvfs(in->dirfd, &vfs) < 0)
		return NULL;
	uint64_t unit = vfs.f_frsize ? vfs.f_frsize : vfs.f_bsize;
	uint64_t have = (uint64_t)(geteuid() == 0 ? vfs.f_bfree : vfs.f_bavail) * unit;

	need += SPACE_RESERVE;
	/* A file system that tells nothing of its size (some network ones) is tried. */
	if (vfs.f_blocks == 0 || have >= need)
		return NULL;
	return err_new(
	    EXIT_FAILED,
	    "%s: no space for the image: %llu KiB more are needed (%llu KiB free, %llu KiB wanted); the old image "
	    "is untouched: remove old kernels or give another file with -o",
	    in->dir, (unsigned long long)((need - have + 1023) >> 10), (unsigned long long)(have >> 10),
	    (unsigned long long)(need >> 10));
}

struct err *install_begin(const char *path, uint64_t size_hint, struct install *out)
{
	struct stat st;

	*out = (struct install){.fd = -1, .dirfd = -1};
	TRY(split_target(path, out));
	bool exists = fstatat(out->dirfd, out->name, &st, 0) == 0;
	if (exists && S_ISDIR(st.st_mode))
		return err_new(EXIT_FAILED, "%s: is a directory", path);
	if (exists && S_ISBLK(st.st_mode))
		return err_new(EXIT_USAGE, "%s: is a disk, which the image would overwrite: name a file", path);
	if (exists && !S_ISREG(st.st_mode)) {
		out->direct = true;
		out->fd = openat(out->dirfd, out->name, O_WRONLY | O_CLOEXEC);
		return out->fd < 0 ? err_sys(errno, "%s", path) : NULL;
	}
	temp_clean(out->dirfd, out->name);
	TRY(check_space(out, size_hint));
	TRY(err_wrap(temp_open(out), "%s", path));
	/* Images hold keys and password hashes: readable by their owner only, unless the old one was opened up. */
	if (fchmod(out->fd, exists ? st.st_mode & 0777 : 0600) < 0)
		return err_sys(errno, "%s: mode of the temporary file", path);
	return NULL;
}

void install_clean(const char *path)
{
	struct install in = {.fd = -1, .dirfd = -1};
	struct err *e = split_target(path, &in);

	if (!e)
		temp_clean(in.dirfd, in.name);
	err_free(e);
	install_end(&in);
}

/* The bytes as they are on the disk: pages that are still cached are dropped first. */
static struct err *read_back(const struct install *in, const struct install_options *opt)
{
	struct stat st;
	struct err *e = NULL;

	(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_DONTNEED);
	(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_WILLNEED);
	if (fstat(in->fd, &st) < 0)
		return err_sys(errno, "reading back");
	if ((uint64_t)st.st_size != opt->size || st.st_size == 0)
		return err_new(EXIT_FAILED, "reading back: %lld bytes instead of %llu", (long long)st.st_size,
			       (unsigned long long)opt->size);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, in->fd, 0);
	if (p == MAP_FAILED)
		return err_sys(errno, "reading back");
	if (!file_fault_in(p, (size_t)st.st_size))
		e = err_new(EXIT_FAILED, "reading back: the disk cannot be read: check its health (dmesg)");
	else if (!install_has(opt, p, (size_t)st.st_size))
		e = err_new(EXIT_FAILED,
			    "reading back: the disk gives other bytes than were written: check its health (dmesg)");
	else if (opt->check)
		e = opt->check(opt->arg, p, (size_t)st.st_size);
	munmap(p, (size_t)st.st_size);
	return e;
}

struct err *install_commit(struct install *in, const struct install_options *opt)
{
	if (in->direct)
		return NULL;
	struct err *e = fsync(in->fd) < 0 ? err_sys(errno, "syncing") : read_back(in, opt);

	if (!e)
		e = install_publish(in, opt);
	return err_wrap(e, "%s/%s", in->dir, in->name);
}

void install_end(struct install *in)
{
	temp_discard(in);
	close_fd(&in->fd);
	close_fd(&in->dirfd);
	free(in->dir);
	free(in->name);
	*in = (struct install){.fd = -1, .dirfd = -1};
}
