/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward unpack: an image into a directory, and nowhere else. */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "command.h"
#include "image.h"

/* Where an entry goes: its parent, opened without following any symlink out of the tree, and its name there. */
struct place {
	int dirfd;
	char name[NAME_MAX + 1];
};

static struct err *escapes(const struct image_entry *e)
{
	return err_new(EXIT_FAILED, "%s: a path that leaves the directory or passes through a symlink: not unpacked",
		       e->path);
}

/* Opens the parents of E one by one below ROOT, making missing ones; a symlink among them is refused. */
static struct err *open_place(int root, const struct image_entry *e, struct place *out)
{
	AUTOCLOSE int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);
	const char *part = e->path + 1;

	if (dir < 0)
		return err_sys(errno, "%s", e->path);
	for (;;) {
		size_t len = strcspn(part, "/");
		if (len == 0 || len > NAME_MAX || (len == 2 && part[0] == '.' && part[1] == '.'))
			return escapes(e);
		memcpy(out->name, part, len);
		out->name[len] = '\0';
		if (!part[len]) {
			out->dirfd = dir;
			dir = -1;
			return NULL;
		}
		int next = openat(dir, out->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && errno == ENOENT && mkdirat(dir, out->name, 0755) == 0)
			next = openat(dir, out->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return errno == ELOOP || errno == ENOTDIR ? escapes(e) : err_sys(errno, "%s", e->path);
		close(dir);
		dir = next;
		part += len + 1;
	}
}

/*
 * What is there already (an earlier member of the same path, or --force) gives way, except a directory to a directory.
 * One with something in it stays, and *STAYS is set; the kernel does the same, without a word.
 */
static struct err *clear_place(const struct image *img, const struct place *p, const struct image_entry *e, bool *stays)
{
	struct stat st;

	*stays = false;
	if (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? NULL : err_sys(errno, "%s", e->path);
	bool is_dir = S_ISDIR(st.st_mode);
	if ((is_dir && S_ISDIR(e->mode)) || unlinkat(p->dirfd, p->name, is_dir ? AT_REMOVEDIR : 0) == 0)
		return NULL;
	*stays = is_dir && (errno == ENOTEMPTY || errno == EEXIST);
	if (!*stays)
		return err_sys(errno, "%s", e->path);
	/* Not of this image: what is unpacked would not be what it holds. */
	if (strmap_get(&img->by_path, e->path) == e)
		return err_new(EXIT_FAILED, "%s: a directory of this name is in the way and not empty", e->path);
	warn("%s: a directory of this name is not empty and stays: left out", e->path);
	return NULL;
}

static struct err *make_file(const struct place *p, const struct image_entry *e)
{
	const unsigned char *data = e->data;
	size_t left = (size_t)e->size;
	AUTOCLOSE int fd = openat(p->dirfd, p->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(errno, "%s", e->path);
	while (left > 0) {
		ssize_t n = write(fd, data, left);
		if (n < 0 && errno != EINTR)
			return err_sys(errno, "%s", e->path);
		if (n > 0) {
			data += n;
			left -= (size_t)n;
		}
	}
	return fchmod(fd, e->mode & 07777) < 0 ? err_sys(errno, "%s", e->path) : NULL;
}

static struct err *make_link(const struct place *p, const struct image_entry *e)
{
	AUTOFREE char *target = xstrndup((const char *)e->data, (size_t)e->size);

	return symlinkat(target, p->dirfd, p->name) < 0 ? err_sys(errno, "%s", e->path) : NULL;
}

static struct err *make_directory(const struct place *p, const struct image_entry *e)
{
	if (mkdirat(p->dirfd, p->name, 0700) < 0 && errno != EEXIST)
		return err_sys(errno, "%s", e->path);
	AUTOCLOSE int fd = openat(p->dirfd, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? escapes(e) : err_sys(errno, "%s", e->path);
	/* Its owner must be able to write what follows. */
	return fchmod(fd, (e->mode & 07777) | 0700) < 0 ? err_sys(errno, "%s", e->path) : NULL;
}

static struct err *make_node(const struct place *p, const struct image_entry *e)
{
	if (mknodat(p->dirfd, p->name, e->mode & (S_IFMT | 07777), makedev(e->rdev_major, e->rdev_minor)) == 0)
		return NULL;
	if (errno != EPERM)
		return err_sys(errno, "%s", e->path);
	warn("%s: device nodes need root: left out", e->path);
	return NULL;
}

static struct err *make_entry(const struct image *img, const struct place *p, const struct image_entry *e)
{
	bool stays;

	TRY(clear_place(img, p, e, &stays));
	if (stays)
		return NULL;
	return S_ISREG(e->mode)	  ? make_file(p, e)
	       : S_ISLNK(e->mode) ? make_link(p, e)
	       : S_ISDIR(e->mode) ? make_directory(p, e)
				  : make_node(p, e);
}

static struct err *unpack_entry(int root, const struct image *img, const struct image_entry *e)
{
	struct place p;

	if (strcmp(e->path, "/") == 0)
		return NULL;
	TRY(open_place(root, e, &p));
	struct err *err = make_entry(img, &p, e);
	close(p.dirfd);
	return err;
}

static bool is_empty(int fd)
{
	DIR *dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *d;
	unsigned n = 0;

	if (!dir)
		return false;
	while ((d = readdir(dir)))
		n += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return n == 0;
}

static struct err *unpack(const struct image *img, const char *dir, bool force)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_sys(errno, "%s", dir);
	AUTOCLOSE int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(errno, "%s", dir);
	if (!force && !is_empty(root))
		return err_new(EXIT_FAILED, "%s: not empty: give an empty directory with -C, or --force", dir);
	for (size_t i = 0; i < img->entries.count; i++)
		TRY(unpack_entry(root, img, &img->entries.items[i]));
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"directory", required_argument, NULL, 'C'}, {"force", no_argument, NULL, 'f'}, {0}};
	const char *dir = ".";
	bool force = false;
	CLEANUP(image_close) struct image img = {0};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "C:f", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		if (c == 'C')
			dir = optarg;
		force |= c == 'f';
	}
	if (argc - optind != 1)
		return err_new(EXIT_USAGE, "unpack wants one IMAGE: see rootward unpack --help");
	TRY(image_open(argv[optind], &img));
	return err_wrap(unpack(&img, dir, force), "%s", argv[optind]);
}

const struct command cmd_unpack = {
    .name = "unpack",
    .synopsis = "[-C DIR] [--force] IMAGE",
    .summary = "unpack an image into a directory",
    .help = "  -C, --directory DIR  where to (made when missing; default: here)\n"
	    "  -f, --force          also where something is already\n"
	    "\nNothing is written outside of DIR, whatever the image says; files belong to the caller.\n",
    .run = run,
};
