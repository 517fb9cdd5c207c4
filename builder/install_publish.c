/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install_publish.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "content_hash.h"
#include "install_temp.h"

/* Linux 5.15, Documentation/filesystems/ext4/journal.rst; on others the bits of another ioctl or none. */
#ifndef EXT4_IOC_CHECKPOINT
#define EXT4_IOC_CHECKPOINT _IOW('f', 43, uint32_t)
#endif

bool install_has(const struct install_options *opt, const void *data, size_t size)
{
	uint64_t hash[2];

	if (size != opt->size)
		return false;
	content_hash(data, size, hash);
	return memcmp(hash, opt->hash, sizeof(hash)) == 0;
}

static bool is_ext4(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC;
}

/* FD's file has a new name in DIRFD: bring it to where a boot loader sees it. */
static struct err *sync_name(int fd, int dirfd, bool for_boot_loader)
{
	uint32_t flags = 0;

	if (fsync(fd) < 0)
		return err_sys(errno, "syncing");
	if (fsync(dirfd) < 0 && errno != EINVAL)
		return err_sys(errno, "syncing the directory");
	/* Refused without CAP_SYS_ADMIN and by older kernels: then as any program's file is. */
	if (for_boot_loader && is_ext4(dirfd))
		(void)ioctl(dirfd, EXT4_IOC_CHECKPOINT, &flags);
	return NULL;
}

/* FROM, which is open as FD, replaces TO. */
static struct err *replace(const struct install *in, int fd, const char *from, const char *to, bool for_boot_loader)
{
	/* Held open until the new name is on the disk: until then nobody is given the blocks of the old bytes. */
	AUTOCLOSE int replaced = openat(in->dirfd, to, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	(void)replaced;
	if (renameat(in->dirfd, from, in->dirfd, to) < 0)
		return err_sys(errno, "renaming %s to %s", from, to);
	return sync_name(fd, in->dirfd, for_boot_loader);
}

static struct err *copy_bytes(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return err_sys(errno, "copying");
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(n < 0 ? errno : EIO, "copying");
		left -= n;
	}
	return fsync(to) < 0 ? err_sys(errno, "syncing") : NULL;
}

/* A second file of NAME's bytes, where the file system has no hard links (vfat); NAME is never missing meanwhile. */
static struct err *copy_previous(const struct install *in, int current, const char *fresh, const char *old)
{
	AUTOCLOSE int copy = openat(in->dirfd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (copy < 0)
		return err_sys(errno, "%s/%s", in->dir, fresh);
	struct err *e = copy_bytes(current, copy);
	if (!e)
		e = replace(in, copy, fresh, old, false);
	if (e)
		(void)unlinkat(in->dirfd, fresh, 0);
	return err_wrap(e, "%s/%s", in->dir, old);
}

/* The old image also as NAME.old, with no moment in which NAME is missing. */
static struct err *keep_previous(const struct install *in)
{
	AUTOFREE char *old = xasprintf("%s.old", in->name);
	AUTOFREE char *fresh = temp_name(in->name, "old");
	AUTOCLOSE int current = openat(in->dirfd, in->name, O_RDONLY | O_CLOEXEC);

	if (current < 0)
		return errno == ENOENT ? NULL : err_sys(errno, "%s/%s", in->dir, in->name);
	(void)unlinkat(in->dirfd, fresh, 0);
	temp_also(fresh);
	if (linkat(in->dirfd, in->name, in->dirfd, fresh, 0) == 0) {
		int fault = renameat(in->dirfd, fresh, in->dirfd, old) < 0 ? errno : 0;
		/* Of two names of one file, left by a run that was killed, rename(2) removes none. */
		(void)unlinkat(in->dirfd, fresh, 0);
		return fault ? err_sys(fault, "%s/%s", in->dir, old) : NULL;
	}
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)
		return copy_previous(in, current, fresh, old);
	return err_sys(errno, "%s/%s", in->dir, fresh);
}

/* Whether NAME has the new bytes already: then the one before it is the previous image still. */
static bool is_unchanged(const struct install *in, const struct install_options *opt)
{
	AUTOFREE char *path = path_join(in->dir, in->name);
	struct file_map map = {0};
	struct err *e = file_map(path, &map);
	bool same = !e && install_has(opt, map.data, map.size);

	err_free(e);
	file_unmap(&map);
	return same;
}

struct err *install_publish(struct install *in, const struct install_options *opt)
{
	TRY(temp_link(in));
	if (opt->keep_previous && !is_unchanged(in, opt)) {
		struct err *e = keep_previous(in);
		temp_also(NULL);
		TRY(err_wrap(e, "keeping the previous image"));
	}
	/* A signal from here on removes a name that is no longer there. */
	TRY(replace(in, in->fd, in->temp, in->name, opt->for_boot_loader));
	temp_published(in);
	return NULL;
}
