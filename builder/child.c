/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* After SIGTERM a program may clean up for so long. */
#define TERM_GRACE_MS 5000

/* What the program has as standard input, output and error; -1: ours. */
struct streams {
	int fds[3];
};

static struct err *start(char *const argv[], const struct streams *streams, pid_t *pid)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		if (streams->fds[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, streams->fds[i], i);
	int r = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r ? err_sys(r, "%s", argv[0]) : NULL;
}

/* Whether PID ended within TIMEOUT_MS. */
static bool ends_within(int pidfd, int timeout_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r;

	while ((r = poll(&p, 1, timeout_ms)) < 0 && errno == EINTR)
		;
	return r > 0;
}

static struct err *run(char *const argv[], const struct streams *streams, unsigned deadline_s, int *status)
{
	pid_t pid;
	bool late = false;
	int raw = 0;

	TRY(start(argv, streams, &pid));
	AUTOCLOSE int pidfd = pidfd_open(pid, 0);
	/* Without pidfds (before Linux 5.3) it is waited for without a deadline. */
	if (pidfd >= 0 && !ends_within(pidfd, (int)deadline_s * 1000)) {
		late = true;
		kill(pid, SIGTERM);
		if (!ends_within(pidfd, TERM_GRACE_MS))
			kill(pid, SIGKILL);
	}
	while (waitpid(pid, &raw, 0) < 0)
		if (errno != EINTR)
			return err_sys(errno, "%s", argv[0]);
	if (late)
		return err_new(EXIT_FAILED, "%s: no end within %u s", argv[0], deadline_s);
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return NULL;
}

struct err *child_run(char *const argv[], unsigned deadline_s, int *status)
{
	return run(argv, &(struct streams){{-1, STDERR_FILENO, -1}}, deadline_s, status);
}

struct err *child_filter(char *const argv[], int in, int out, unsigned deadline_s, int *status)
{
	AUTOCLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return err_sys(errno, "/dev/null");
	return run(argv, &(struct streams){{in >= 0 ? in : null, out, verbosity > 0 ? -1 : null}}, deadline_s, status);
}

bool child_exists(const char *program)
{
	const char *path = getenv("PATH");
	AUTOFREE char *dirs = xstrdup(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	char *rest = dirs;

	for (char *dir; (dir = strsep(&rest, ":")) != NULL;) {
		AUTOFREE char *file = path_join(*dir ? dir : ".", program);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}
