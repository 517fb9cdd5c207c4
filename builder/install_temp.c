/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install_temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX_LEN 6
#define NAME_TRIES 100

/* What a signal handler removes: one installation at a time has a named temporary file. */
static struct {
	volatile sig_atomic_t active, also;
	int dirfd;
	char name[NAME_MAX + 1], second[NAME_MAX + 1];
} doomed;

/* SIGBUS: a file that is mapped was cut off, or its disk broke. */
static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGBUS};

static void on_signal(int sig)
{
	if (doomed.active)
		(void)unlinkat(doomed.dirfd, doomed.name, 0);
	if (doomed.active && doomed.also)
		(void)unlinkat(doomed.dirfd, doomed.second, 0);
	/* SA_RESETHAND put the default action back: die of it, as the caller expects. */
	raise(sig);
}

static void arm(const struct install *in)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	doomed.active = 0;
	doomed.dirfd = in->dirfd;
	snprintf(doomed.name, sizeof(doomed.name), "%s", in->temp);
	doomed.active = 1;
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++) {
		struct sigaction old;
		/* nohup's SIG_IGN stays. */
		if (sigaction(fatal_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(fatal_signals[i], &sa, NULL);
	}
}

char *temp_name(const char *name, const char *suffix)
{
	/* A name at the limit of the file system is cut; its temporary file needs only to be recognised. */
	int keep = NAME_MAX -
		   (int)strlen(".."
			       "rootward-") -
		   SUFFIX_LEN;

	return xasprintf(".%.*s.rootward-%s", keep, name, suffix);
}

static char *random_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char bytes[SUFFIX_LEN];
	char suffix[SUFFIX_LEN + 1] = "";

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		memset(bytes, (int)getpid(), sizeof(bytes));
	for (size_t i = 0; i < SUFFIX_LEN; i++)
		suffix[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	return temp_name(name, suffix);
}

static void remove_if_dead(int dirfd, const char *name)
{
	AUTOCLOSE int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dirfd, name, 0);
}

void temp_clean(int dirfd, const char *name)
{
	AUTOFREE char *prefix = temp_name(name, "");
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!dir) {
		close_fd(&fd);
		return;
	}
	while ((de = readdir(dir)))
		if (strncmp(de->d_name, prefix, strlen(prefix)) == 0)
			remove_if_dead(dirfd, de->d_name);
	closedir(dir);
}

/* Whether the file, just made, is ours: between its making and its lock another run may have taken it for a dead one.
 */
static bool lock_named(int fd)
{
	struct stat st;

	/* Who looks at it holds the lock for the time of an unlink. A file system without locks has no such visitors.
	 */
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static struct err *open_named(struct install *in)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		AUTOFREE char *name = random_name(in->name);
		/* Armed before the file exists: a signal in between removes nothing. */
		in->temp = STEAL_POINTER(name);
		arm(in);
		in->fd = openat(in->dirfd, in->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		int fault = in->fd < 0 ? errno : 0;
		if (!fault && lock_named(in->fd))
			return NULL;
		doomed.active = 0;
		free(in->temp);
		in->temp = NULL;
		close_fd(&in->fd);
		in->fd = -1;
		if (fault && fault != EEXIST)
			return err_sys(fault, "temporary file in %s", in->dir);
	}
	return err_new(EXIT_FAILED, "temporary file in %s: no free name", in->dir);
}

struct err *temp_open(struct install *in)
{
	in->fd = openat(in->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (in->fd < 0)
		return open_named(in);
	(void)flock(in->fd, LOCK_EX | LOCK_NB);
	return NULL;
}

struct err *temp_link(struct install *in)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", in->fd);
	for (int i = 0; i < NAME_TRIES && !in->temp; i++) {
		AUTOFREE char *name = random_name(in->name);
		in->temp = STEAL_POINTER(name);
		arm(in);
		if (linkat(AT_FDCWD, self, in->dirfd, in->temp, AT_SYMLINK_FOLLOW) == 0)
			return NULL;
		/* In a chroot without /proc; needs a capability that root has. */
		if (errno == ENOENT && linkat(in->fd, "", in->dirfd, in->temp, AT_EMPTY_PATH) == 0)
			return NULL;
		doomed.active = 0;
		free(in->temp);
		in->temp = NULL;
		if (errno != EEXIST)
			return err_sys(errno, "naming the temporary file");
	}
	return in->temp ? NULL : err_new(EXIT_FAILED, "naming the temporary file: no free name");
}

void temp_published(struct install *in)
{
	doomed.active = 0;
	free(in->temp);
	in->temp = NULL;
}

void temp_also(const char *name)
{
	doomed.also = 0;
	if (!name)
		return;
	snprintf(doomed.second, sizeof(doomed.second), "%s", name);
	doomed.also = 1;
}

void temp_discard(struct install *in)
{
	if (!in->temp)
		return;
	(void)unlinkat(in->dirfd, in->temp, 0);
	temp_published(in);
}
