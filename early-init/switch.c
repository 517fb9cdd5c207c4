/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the initramfs to the real root. Everything that can be wrong is checked
 * first; the old root is emptied by a child that waits until the real init
 * runs, so that even a failing execve(2) leaves all that the emergency shell needs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "newroot.h"
#include "root.h"
#include "setup.h"
#include "textfile.h"

#define RAMFS_MAGIC 0x858458f6
#define TMPFS_MAGIC 0x01021994
/* The archive is flat; this deep it is not an initramfs. */
#define EMPTY_DEPTH_MAX 64

/* ---- checks ---- */

static errint find_init(struct boot *b, const char **out)
{
	static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh", NULL};
	char why[400];
	errint err = -ENOENT;

	if (b->opt.init) {
		err = newroot_check_init(NEWROOT, b->opt.init, why, sizeof(why));
		if (err < 0)
			log_err("init=%s cannot be started: %s", b->opt.init, why);
		*out = b->opt.init;
		return err;
	}
	for (unsigned i = 0; usual[i]; i++) {
		err = newroot_check_init(NEWROOT, usual[i], why, sizeof(why));
		if (err == 0) {
			*out = usual[i];
			return 0;
		}
		log_warn("the root's %s cannot be started: %s", usual[i], why);
	}
	log_err("the root has no init (/sbin/init, /etc/init, /bin/init, /bin/sh): is it the right device? See root=, "
		"rootflags=subvol=, init=");
	return err;
}

static errint check_target(struct boot *b, const char **init)
{
	char why[400];
	errint err = newroot_check_mount_points(NEWROOT, why, sizeof(why));

	if (err < 0) {
		log_err("the root cannot be entered: %s", why);
		return err;
	}
	return find_init(b, init);
}

/* ---- moving ---- */

static bool is_mount_point(const char *dir)
{
	struct stat here, parent;

	return stat(dir, &here) == 0 && stat("/", &parent) == 0 && here.st_dev != parent.st_dev;
}

static void move_back(unsigned count)
{
	char there[PATH_MAX];

	for (unsigned i = count; i-- > 0;)
		if (path_format(there, sizeof(there), NEWROOT "%s", newroot_mounts[i]) == 0 && is_mount_point(there) &&
		    mount(there, newroot_mounts[i], NULL, MS_MOVE, NULL) < 0)
			log_warn("cannot move %s back: %s", newroot_mounts[i], strerror(errno));
}

static errint move_mounts(void)
{
	for (unsigned i = 0; newroot_mounts[i]; i++) {
		char there[PATH_MAX];
		errint err = path_format(there, sizeof(there), NEWROOT "%s", newroot_mounts[i]);
		if (err < 0)
			return err;
		if (!is_mount_point(newroot_mounts[i]) || mount(newroot_mounts[i], there, NULL, MS_MOVE, NULL) == 0)
			continue;
		err = -errno;
		log_err("cannot move %s into the root: %s", newroot_mounts[i], strerror(-err));
		move_back(i);
		return err;
	}
	return 0;
}

/* ---- emptying the old root ---- */

static void empty_dir(int dirfd, dev_t dev, unsigned depth);

static void remove_entry(int dirfd, const char *name, dev_t dev, unsigned depth)
{
	struct stat st;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != dev)
		return; /* another file system: never crossed */
	if (!S_ISDIR(st.st_mode)) {
		unlinkat(dirfd, name, 0);
		return;
	}
	if (depth < EMPTY_DEPTH_MAX) {
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			empty_dir(fd, dev, depth + 1);
	}
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

/* Takes DIRFD. */
static void empty_dir(int dirfd, dev_t dev, unsigned depth)
{
	struct stat st;
	struct dirent *e;
	DIR *dir;

	/* A file system mounted on this directory shows its own st_dev only once it is opened. */
	if (fstat(dirfd, &st) < 0 || st.st_dev != dev || !(dir = fdopendir(dirfd))) {
		close(dirfd);
		return;
	}
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_entry(dirfd, e->d_name, dev, depth);
	closedir(dir);
}

/* Only what the kernel unpacked into memory may be emptied; never a disk. */
static bool is_initramfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       ((unsigned long)fs.f_type == RAMFS_MAGIC || (unsigned long)fs.f_type == TMPFS_MAGIC);
}

/*
 * A child that empties OLD_ROOT as soon as the other end of the pipe is closed
 * by a successful execve(2). *GO is ours: close-on-exec; one byte into it calls
 * the child off. No child (and the memory stays) when fork fails.
 */
static void start_cleaner(int old_root, int *go)
{
	int ends[2];
	struct stat st;
	char byte;
	pid_t pid;

	*go = -1;
	if (!is_initramfs(old_root) || fstat(old_root, &st) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		yield_to_root();
		if (read(ends[0], &byte, 1) == 0)
			empty_dir(old_root, st.st_dev, 0);
		_exit(0);
	}
	close(ends[0]);
	if (pid < 0) {
		log_warn("the memory of the initramfs stays in use: %s", strerror(errno));
		close(ends[1]);
		return;
	}
	*go = ends[1];
}

/* ---- the switch ---- */

/* Ignored signals and the mask are inherited by the real init; OLD gets the mask. */
static void reset_signals(sigset_t *old)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++) {
		struct sigaction sa;
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			signal(i, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, old);
}

/* Back in the initramfs after a failed execve, with what a shell needs. */
static void return_to(int old_root)
{
	errint err;

	if (fchdir(old_root) < 0 || chroot(".") < 0) {
		log_err("cannot go back to the initramfs: %s", strerror(errno));
		return;
	}
	err = setup_mounts();
	if (err < 0)
		log_warn("not all of /dev, /proc, /sys, /run could be mounted again: %s", strerror(-err));
}

static errint enter(struct boot *b, const char *init, int old_root)
{
	sigset_t mask;
	int go;
	errint err;

	if (chdir(NEWROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0) {
		err = -errno;
		log_err("cannot move the root to /: %s", strerror(-err));
		if (chdir("/") == 0)
			move_back(4);
		return err;
	}
	if (chroot(".") < 0 || chdir("/") < 0) {
		err = -errno;
		log_err("chroot: %s", strerror(-err));
		return err;
	}
	start_cleaner(old_root, &go);
	reset_signals(&mask);
	log_info("starting %s", init);
	b->argv[0] = (char *)init;
	execve(init, b->argv, b->envp);
	err = -errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	log_err("%s cannot be executed: %s", init, strerror(-err));
	if (go >= 0) {
		if (write(go, "x", 1) != 1)
			log_warn("cannot call off the emptying of the initramfs");
		close(go);
	}
	return_to(old_root);
	root_forget(b);
	return err;
}

errint switch_root_now(struct boot *b)
{
	int CLEANUP(close_fd) old_root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *init = NULL;
	errint err = check_target(b, &init);

	if (err < 0)
		return err;
	if (old_root < 0)
		return -errno;
	err = move_mounts();
	return err < 0 ? err : enter(b, init, old_root);
}
