/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confined.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

/* Longest environment that is read: the kernel's limit for one word is 128 KiB. */
#define ENVIRON_MAX ((size_t)1 << 20)
#define STAT_MAX ((size_t)4 << 10)

/* More than stand between a shell and the first process. */
#define ANCESTORS_MAX 100

/* Whether the process PID has the / of MACHINE: 1 it has, 0 another one, -1 it cannot be seen. */
static int same_root(const char *machine, long pid)
{
	AUTOFREE char *here = path_join(machine, "/"), *its = xasprintf("%s/proc/%ld/root/.", machine, pid);
	struct stat a, b;

	if (stat(here, &a) < 0 || stat(its, &b) < 0)
		return -1;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The process that PID was started by, 0 when nothing tells: the second field behind the name, proc_pid_stat(5). */
static long parent_of(const char *machine, long pid)
{
	AUTOFREE char *path = xasprintf("%s/proc/%ld/stat", machine, pid), *text = NULL;
	size_t len;
	char state;
	long parent;
	struct err *e = file_read(path, STAT_MAX, &text, &len);

	if (e) {
		err_free(e);
		return 0;
	}
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %c %ld", &state, &parent) == 2 ? parent : 0;
}

/* The first process has another /; where it cannot be seen (without CAP_SYS_PTRACE), one that started this process. */
static bool in_chroot(const char *machine)
{
	int same = same_root(machine, 1);
	long pid = getpid();

	for (unsigned i = 0; same < 0 && i < ANCESTORS_MAX && (pid = parent_of(machine, pid)) > 0; i++)
		if (same_root(machine, pid) == 0)
			return true;
	return same == 0;
}

/* The numbers of the namespaces that the kernel itself made are fixed (PROC_PID_INIT_INO, PROC_USER_INIT_INO). */
static bool in_namespace(const char *machine)
{
	static const struct {
		const char *path, *first;
	} spaces[] = {{"/proc/self/ns/pid", "pid:[4026531836]"}, {"/proc/self/ns/user", "user:[4026531837]"}};

	for (unsigned i = 0; i < ARRAY_SIZE(spaces); i++) {
		AUTOFREE char *path = path_join(machine, spaces[i].path);
		char target[64];
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, spaces[i].first) != 0)
			return true;
	}
	return false;
}

/* Container managers tell what they start by container= (systemd.io/CONTAINER_INTERFACE). */
static bool was_told(const char *machine, const char *process)
{
	AUTOFREE char *path = path_join(machine, process), *text = NULL;
	static const char word[] = "container=";
	size_t len;
	struct err *e = file_read(path, ENVIRON_MAX, &text, &len);

	if (e) {
		err_free(e);
		return false;
	}
	for (size_t i = 0; i < len; i += strlen(text + i) + 1)
		if (strncmp(text + i, word, strlen(word)) == 0 && text[i + strlen(word)])
			return true;
	return false;
}

bool confined_contained(const char *machine)
{
	/* systemd's own, Docker's and Podman's. */
	static const char *const marks[] = {"/run/systemd/container", "/.dockerenv", "/run/.containerenv"};

	for (unsigned i = 0; i < ARRAY_SIZE(marks); i++) {
		AUTOFREE char *path = path_join(machine, marks[i]);

		if (path_exists(path))
			return true;
	}
	return was_told(machine, "/proc/1/environ") || was_told(machine, "/proc/self/environ") || in_namespace(machine);
}

bool confined_below(const char *machine)
{
	AUTOFREE char *path = path_join(machine, "/proc/self/mountinfo"), *text = NULL;
	char root[PATH_MAX], where[PATH_MAX], *rest, *line;
	size_t len;
	bool below = false;
	struct err *e = file_read(path, ENVIRON_MAX, &text, &len);

	/* proc_pid_mountinfo(5): ID, parent, device, root, mount point; the type behind a dash. The last one is on top.
	 */
	for (rest = e ? NULL : text; rest && (line = strsep(&rest, "\n"));)
		if (sscanf(line, "%*s %*s %*s %4095s %4095s", root, where) == 2 && strcmp(where, "/") == 0)
			below = strcmp(root, "/") != 0 && !strstr(line, " - btrfs ");
	err_free(e);
	return below;
}

const char *confined_in(const char *machine)
{
	if (in_chroot(machine))
		return CONFINED_CHROOT;
	return confined_contained(machine) ? CONFINED_CONTAINER : NULL;
}
