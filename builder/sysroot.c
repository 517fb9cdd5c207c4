/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sysroot.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel's MAXSYMLINKS. */
#define LINKS_MAX 40

/* DONE + "/" + PART, or DONE without its last part for "..". */
static void append_part(struct buf *done, const char *part, size_t len)
{
	if (len == 0 || (len == 1 && part[0] == '.'))
		return;
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		while (done->len && done->data[--done->len] != '/')
			;
		done->data[done->len] = '\0';
		return;
	}
	buf_add(done, "/", 1);
	buf_add(done, part, len);
}

/* Target of the link at DONE in TARGET (PATH_MAX bytes): 1 a link, 0 none, -errno. */
static errint read_link(const char *sysroot, const struct buf *done, char *target)
{
	AUTOFREE char *host = path_join(sysroot, done->data);
	struct stat st;

	if (lstat(host, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return 0;
	ssize_t n = readlink(host, target, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return 1;
}

/* What is told of a walk: the links on it, and whether parts that are not there are walked over. */
struct walk {
	const char *sysroot;
	sysroot_link_fn *fn; /* or NULL */
	void *arg;
	struct err **err;
	bool missing_too;
};

static char *follow(const struct walk *w, const char *path)
{
	AUTOFREE char *rest = xstrdup(path);
	CLEANUP(buf_free) struct buf done = {0};
	char target[PATH_MAX];
	unsigned links = 0;

	buf_add(&done, "", 0);
	for (char *p = rest; *p;) {
		p += strspn(p, "/");
		size_t len = strcspn(p, "/"), before = done.len;
		append_part(&done, p, len);
		p += len;
		if (done.len <= before)
			continue;
		errint r = read_link(w->sysroot, &done, target);
		if ((r == -ENOENT || r == -ENOTDIR) && w->missing_too)
			r = 0;
		if (r < 0 || (r > 0 && ++links > LINKS_MAX)) {
			errno = r < 0 ? -r : ELOOP;
			return NULL;
		}
		if (r == 0)
			continue;
		struct err *e = w->fn ? w->fn(w->arg, done.data, target) : NULL;
		if (e) {
			*w->err = e;
			errno = ECANCELED;
			return NULL;
		}
		/* What is left to walk: the target, then what came after the link. */
		char *longer = xasprintf("%s/%s", target, p);
		free(rest);
		p = rest = longer;
		done.len = *target == '/' ? 0 : before;
		done.data[done.len] = '\0';
	}
	if (done.len == 0)
		buf_puts(&done, "/");
	return STEAL_POINTER(done.data);
}

char *sysroot_follow(const char *sysroot, const char *path, sysroot_link_fn *fn, void *arg, struct err **err)
{
	return follow(&(struct walk){sysroot, fn, arg, err, false}, path);
}

char *sysroot_resolve(const char *sysroot, const char *path)
{
	AUTOFREE char *below = sysroot_follow(sysroot, path, NULL, NULL, NULL);

	return below ? path_join(sysroot, below) : NULL;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Whether HOST is there with no link on the way (openat2(2), Linux 5.6): one call instead of two for each part. */
static bool is_straight(const char *host)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
	AUTOCLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, host, &how, sizeof(how));

	return fd >= 0;
}

char *sysroot_path(const char *sysroot, const char *path)
{
	AUTOFREE char *plain = path_join(sysroot, path);

	if (!*sysroot || (!strstr(path, "..") && is_straight(plain)))
		return STEAL_POINTER(plain);
	AUTOFREE char *below = follow(&(struct walk){.sysroot = sysroot, .missing_too = true}, path);
	if (!below || strcmp(below, "/dev/null") == 0)
		return below ? STEAL_POINTER(below) : STEAL_POINTER(plain);
	AUTOFREE char *inside = path_join(sysroot, below);
	return same_file(plain, inside) ? STEAL_POINTER(plain) : STEAL_POINTER(inside);
}

char *sysroot_host_path(const char *sysroot, const char *host)
{
	size_t root = strlen(sysroot);
	bool below = root && strncmp(host, sysroot, root) == 0 && host[root] == '/';

	return below ? sysroot_path(sysroot, host + root) : xstrdup(host);
}

/* ---- glob(3), which has no argument of its own for the functions that it calls ---- */

static _Thread_local const char *glob_root;

static void *glob_opendir(const char *path)
{
	AUTOFREE char *host = sysroot_path(glob_root, path);

	return opendir(host);
}

static struct dirent *glob_readdir(void *dir)
{
	return readdir(dir);
}

static void glob_closedir(void *dir)
{
	closedir(dir);
}

static int glob_stat(const char *path, struct stat *st)
{
	AUTOFREE char *host = sysroot_path(glob_root, path);

	return stat(host, st);
}

/* The links before the last part are followed, as lstat(2) does. */
static int glob_lstat(const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	AUTOFREE char *parent = xstrndup(path, (size_t)(slash - path));
	AUTOFREE char *dir = sysroot_path(glob_root, parent);
	AUTOFREE char *host = path_join(dir, slash + 1);

	return lstat(host, st);
}

int sysroot_glob(const char *sysroot, const char *pattern, glob_t *out)
{
	*out = (glob_t){
	    .gl_opendir = glob_opendir,
	    .gl_readdir = glob_readdir,
	    .gl_closedir = glob_closedir,
	    .gl_stat = glob_stat,
	    .gl_lstat = glob_lstat,
	};
	if (!*sysroot)
		return glob(pattern, 0, NULL, out);
	glob_root = sysroot;
	return glob(pattern, GLOB_ALTDIRFUNC, NULL, out);
}
