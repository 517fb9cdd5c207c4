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

#include "interrupt.h"

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

enum ending { ENDED, LATE, INTERRUPTED };

/* SIGNALS is an interrupt_fd(), -1: whatever comes, it is waited for. */
static enum ending wait_for(int pidfd, int signals, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	int r;

	while ((r = poll(fds, ARRAY_SIZE(fds), timeout_ms)) < 0 && errno == EINTR)
		;
	if (r <= 0)
		return LATE;
	return fds[0].revents ? ENDED : INTERRUPTED;
}

static struct err *run(char *const argv[], const struct streams *streams, unsigned deadline_s, int *status)
{
	enum ending ending = ENDED;
	int raw = 0;
	pid_t pid;

	TRY(interrupt_error());
	TRY(start(argv, streams, &pid));
	AUTOCLOSE int pidfd = pidfd_open(pid, 0);
	/* Without pidfds (before Linux 5.3) it is waited for without a deadline. */
	if (pidfd >= 0)
		ending = wait_for(pidfd, interrupt_fd(), (int)deadline_s * 1000);
	if (ending != ENDED) {
		kill(pid, SIGTERM);
		if (wait_for(pidfd, -1, TERM_GRACE_MS) != ENDED)
			kill(pid, SIGKILL);
	}
	while (waitpid(pid, &raw, 0) < 0)
		if (errno != EINTR)
			return err_sys(errno, "%s", argv[0]);
	TRY(interrupt_error());
	if (ending == LATE)
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
