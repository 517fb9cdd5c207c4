/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "root.h"
#include "textfile.h"

#define HOOK_SECONDS 30
#define HOOK_SECONDS_MAX 3600
/* What a killed program gets for dying; one that hangs in the kernel is left behind. */
#define KILLED_MS 2000
#define OUTPUT_LINES_MAX 500
/* One that never stops talking must not keep PID 1 from its other duties: parts read at once, and at its end. */
#define PARTS_A_TURN 4
#define PARTS_AT_END 256
#define EXIT_NOT_STARTED 127

static const char *const stage_names[] = {HOOK_STAGES};
/* Stages that have run in this boot, a bit each. */
static unsigned stages_done;

/* One running hook. On the heap: one that cannot be killed outlives the wait for it. */
struct hook_run {
	char name[300]; /* "pre-mount/10-name" */
	pid_t pid;
	int status;
	bool done, killed, abandoned;
	int timer;
	int output; /* pipe from its standard output and error; -1 closed */
	char line[512];
	size_t used;
	unsigned lines;
};

/* ---- what it says ---- */

static void flush_line(struct hook_run *run)
{
	if (run->used && run->lines < OUTPUT_LINES_MAX)
		log_info("hook %s: %.*s", run->name, (int)run->used, run->line);
	else if (run->used && run->lines == OUTPUT_LINES_MAX)
		log_warn("hook %s: says more than %d lines; the rest is dropped", run->name, OUTPUT_LINES_MAX);
	run->lines += run->used != 0;
	run->used = 0;
}

static void read_output(struct hook_run *run, unsigned parts)
{
	char part[512];
	ssize_t n;

	for (; parts && run->output >= 0 && (n = read(run->output, part, sizeof(part))) > 0; parts--)
		for (ssize_t i = 0; i < n; i++) {
			if (part[i] == '\n' || run->used == sizeof(run->line))
				flush_line(run);
			if (part[i] != '\n')
				run->line[run->used++] = part[i];
		}
}

static void close_output(struct boot *b, struct hook_run *run)
{
	if (run->output < 0)
		return;
	loop_remove_fd(b, run->output);
	close(run->output);
	run->output = -1;
	flush_line(run);
}

static void on_output(struct boot *b, int fd, uint32_t events, void *arg)
{
	struct hook_run *run = arg;

	(void)fd;
	if (events & EPOLLIN)
		read_output(run, PARTS_A_TURN);
	else
		close_output(b, run);
}

/* ---- starting ---- */

static const char *device_of_root(const struct boot *b)
{
	return b->root ? b->root->root.devname : "";
}

/* Fills ENVP (with its end), whose strings live in TEXT. */
static void make_environment(const struct boot *b, enum hook_stage stage, const char *name, unsigned seconds,
			     char text[][600], char **envp)
{
	const char *device = device_of_root(b);
	struct utsname uts = {0};
	unsigned n = 0;

	uname(&uts);
	snprintf(text[n++], sizeof(*text), "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	snprintf(text[n++], sizeof(*text), "HOME=/");
	snprintf(text[n++], sizeof(*text), "TERM=linux");
	snprintf(text[n++], sizeof(*text), "ROOTWARD_STAGE=%s", stage_names[stage]);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_HOOK=%s", name);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_TIMEOUT=%u", seconds);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_RELEASE=%s", uts.release);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_ROOT=%s", b->opt.root ? b->opt.root : "");
	snprintf(text[n++], sizeof(*text), "ROOTWARD_DEVICE=%s%s", device[0] ? "/dev/" : "", device);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_NEWROOT=%s", NEWROOT);
	snprintf(text[n++], sizeof(*text), "ROOTWARD_RUN=%s", RUN_DIR);
	for (unsigned i = 0; i < n; i++)
		envp[i] = text[i];
	envp[n] = NULL;
}

static _Noreturn void hook_child(const char *path, char **envp, int output)
{
	char *argv[] = {(char *)path, NULL};
	int null = open("/dev/null", O_RDONLY);

	/* A group of its own, so that the deadline ends what it started as well. */
	setsid();
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	loop_after_fork(-1, -1);
	if (chdir("/") == 0)
		execve(path, argv, envp);
	dprintf(STDERR_FILENO, "cannot be started: %s\n", strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

/* ---- its end ---- */

static void on_end(struct boot *b, pid_t pid, int status, void *arg)
{
	struct hook_run *run = arg;

	(void)b;
	(void)pid;
	run->status = status;
	run->done = true;
	if (run->abandoned)
		free(run);
}

static void on_deadline(struct boot *b, void *arg)
{
	struct hook_run *run = arg;

	run->timer = 0;
	if (run->killed) {
		run->abandoned = true;
		return;
	}
	run->killed = true;
	kill(-run->pid, SIGKILL);
	run->timer = loop_add_timer(b, KILLED_MS, on_deadline, run);
	if (run->timer < 0)
		run->abandoned = true;
}

static void report(const struct hook_run *run, unsigned seconds, uint64_t start)
{
	int error = 0;

	if (run->killed) {
		error = -ETIMEDOUT;
		log_err("hook %s: not done within %u s: killed; going on%s", run->name, seconds,
			run->done ? "" : " without it: it hangs in the kernel");
	} else if (WIFSIGNALED(run->status)) {
		error = -EINTR;
		log_err("hook %s: ended by signal %d (%s); going on", run->name, WTERMSIG(run->status),
			strsignal(WTERMSIG(run->status)));
	} else if (WEXITSTATUS(run->status) != 0) {
		error = -EIO;
		log_err("hook %s: failed with exit status %d; going on", run->name, WEXITSTATUS(run->status));
	}
	timeline_step(STEP_OTHER, "hook", run->name, -1, error, start, clock_ns());
}

static void supervise(struct boot *b, struct hook_run *run, unsigned seconds)
{
	uint64_t start = clock_ns();

	run->timer = loop_add_timer(b, seconds * 1000, on_deadline, run);
	while (!run->done && !run->abandoned) {
		loader_kick(b);
		if (run->timer < 0 || loop_run_once(b) < 0)
			on_deadline(b, run);
	}
	loop_cancel_timer(b, run->timer);
	read_output(run, PARTS_AT_END);
	close_output(b, run);
	report(run, seconds, start);
}

static errint start(struct boot *b, enum hook_stage stage, const char *name, unsigned seconds, struct hook_run *run)
{
	char text[12][600], path[400];
	char *envp[ARRAY_SIZE(text) + 1];
	int pipe_fds[2];
	errint r = path_format(path, sizeof(path), "%s/%s", HOOK_DIR, run->name);

	if (r < 0)
		return r;
	make_environment(b, stage, name, seconds, text, envp);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	run->pid = fork();
	if (run->pid == 0)
		hook_child(path, envp, pipe_fds[1]);
	r = run->pid < 0 ? -errno : 0;
	close(pipe_fds[1]);
	run->output = pipe_fds[0];
	if (r == 0 &&
	    (fcntl(run->output, F_SETFL, O_NONBLOCK) < 0 || loop_add_fd(b, run->output, EPOLLIN, on_output, run) < 0))
		log_warn("hook %s: what it says is lost", run->name);
	if (r == 0)
		r = loop_watch_child(b, run->pid, on_end, run);
	if (r < 0)
		close_output(b, run);
	return r;
}

static void run_hook(struct boot *b, enum hook_stage stage, const char *name, unsigned seconds)
{
	struct hook_run *run = calloc(1, sizeof(*run));
	errint r = -ENOMEM;

	if (run) {
		run->output = -1;
		snprintf(run->name, sizeof(run->name), "%s/%s", stage_names[stage], name);
		log_debug("hook %s: starts", run->name);
		r = start(b, stage, name, seconds, run);
	}
	if (r < 0) {
		log_err("hook %s/%s: cannot be started: %s", stage_names[stage], name, strerror(-r));
		free(run);
		return;
	}
	supervise(b, run, seconds);
	if (run->done)
		free(run);
}

/* ---- a stage ---- */

static int is_hook(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static errint stage_directory(enum hook_stage stage, char *out, size_t size)
{
	return path_format(out, size, "%s/%s", HOOK_DIR, stage_names[stage]);
}

bool hooks_waiting(enum hook_stage stage)
{
	char dir[64];

	return !(stages_done & 1u << stage) && stage_directory(stage, dir, sizeof(dir)) == 0 && access(dir, F_OK) == 0;
}

static unsigned deadline_seconds(const struct boot *b)
{
	const char *value = b->ix.base ? index_setting(&b->ix, "hook-timeout") : NULL;
	unsigned long n = value ? strtoul(value, NULL, 10) : 0;

	return n > 0 && n <= HOOK_SECONDS_MAX ? (unsigned)n : HOOK_SECONDS;
}

bool hooks_run(struct boot *b, enum hook_stage stage)
{
	struct dirent **names = NULL;
	uint64_t start = clock_ns();
	char dir[64];
	int n;

	/* Without the loop there is no deadline, so nothing of others is run. */
	if (!b->loop || !hooks_waiting(stage) || stage_directory(stage, dir, sizeof(dir)) < 0)
		return false;
	coldplug_finish(b);
	if (stage != HOOK_EMERGENCY)
		stages_done |= 1u << stage;
	n = scandir(dir, &names, is_hook, alphasort);
	for (int i = 0; i < n; i++) {
		run_hook(b, stage, names[i]->d_name, deadline_seconds(b));
		free(names[i]);
	}
	free(names);
	if (n > 0)
		root_look_again(b);
	root_not_counted(b, start);
	return n > 0;
}
