/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127
/* What one turn of the loop reads from a job that never stops talking. */
#define PARTS_A_TURN 4

/* ---- what it says ---- */

static void take_bytes(char *line, size_t *used, char *text, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			line[*used] = '\0';
			if (*used)
				memcpy(text, line, *used + 1);
			*used = 0;
		} else if (*used < JOB_TEXT_MAX - 1) {
			line[(*used)++] = bytes[i];
		}
	}
}

static void read_output(struct job *j, unsigned parts)
{
	char part[512];
	ssize_t n;

	for (; parts && j->output >= 0 && (n = read(j->output, part, sizeof(part))) > 0; parts--)
		take_bytes(j->line, &j->used, j->text, part, (size_t)n);
}

static void close_output(struct boot *b, struct job *j)
{
	if (j->output < 0)
		return;
	loop_remove_fd(b, j->output);
	close(j->output);
	j->output = -1;
	take_bytes(j->line, &j->used, j->text, "\n", 1);
}

static void on_output(struct boot *b, int fd, uint32_t events, void *arg)
{
	struct job *j = arg;

	(void)fd;
	if (events & EPOLLIN)
		read_output(j, PARTS_A_TURN);
	else
		close_output(b, j);
}

/* ---- its end ---- */

static void on_end(struct boot *b, pid_t pid, int status, void *arg)
{
	struct job *j = arg;

	(void)pid;
	if (j->abandoned) {
		free(j);
		return;
	}
	read_output(j, PARTS_A_TURN);
	close_output(b, j);
	loop_cancel_timer(b, j->timer);
	if (j->timed_out)
		j->error = -ETIMEDOUT;
	else
		j->error = WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
	j->done = true;
}

static void on_deadline(struct boot *b, void *arg)
{
	struct job *j = arg;

	(void)b;
	j->timer = 0;
	j->timed_out = true;
	kill(-j->pid, SIGKILL);
}

static void arm(struct boot *b, struct job *j, unsigned seconds)
{
	j->timer = loop_add_timer(b, seconds * 1000, on_deadline, j);
	if (j->timer < 0)
		on_deadline(b, j);
}

void job_postpone(struct boot *b, struct job *j, unsigned seconds)
{
	if (j->done || j->timed_out)
		return;
	loop_cancel_timer(b, j->timer);
	arm(b, j, seconds);
}

void job_free(struct boot *b, struct job *j)
{
	if (!j)
		return;
	loop_cancel_timer(b, j->timer);
	close_output(b, j);
	if (j->done) {
		free(j);
		return;
	}
	kill(-j->pid, SIGKILL);
	j->abandoned = true;
}

/* ---- its start ---- */

static void use_output(int output)
{
	int null = open("/dev/null", O_RDONLY);

	/* A group of its own, so that the deadline ends what it started as well. */
	setsid();
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
}

static _Noreturn void run_function(struct boot *b, job_fn *fn, void *arg)
{
	char why[JOB_TEXT_MAX] = "";
	errint r = fn(b, arg, why, sizeof(why));

	if (why[0])
		dprintf(STDOUT_FILENO, "%s\n", why);
	_exit(r < 0 ? (-r < 255 ? -r : EIO) : 0);
}

static _Noreturn void run_program(char *const argv[])
{
	static char *const envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"HOME=/", NULL};

	if (chdir("/") == 0)
		execve(argv[0], argv, envp);
	dprintf(STDERR_FILENO, "%s cannot be started: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

static errint watch(struct boot *b, struct job *j, unsigned seconds)
{
	errint r;

	if (fcntl(j->output, F_SETFL, O_NONBLOCK) < 0 || loop_add_fd(b, j->output, EPOLLIN, on_output, j) < 0)
		log_warn("what a child says is lost");
	r = loop_watch_child(b, j->pid, on_end, j);
	if (r < 0)
		return r;
	arm(b, j, seconds);
	return 0;
}

errint job_start(struct boot *b, unsigned seconds, job_fn *fn, void *arg, struct job **out)
{
	struct job *j = calloc(1, sizeof(*j));
	int ends[2];
	errint r;

	if (!j)
		return -ENOMEM;
	j->start_ns = clock_ns();
	if (pipe2(ends, O_CLOEXEC) < 0) {
		r = -errno;
		free(j);
		return r;
	}
	j->pid = fork();
	if (j->pid == 0) {
		use_output(ends[1]);
		loop_after_fork(-1, -1);
		run_function(b, fn, arg);
	}
	r = j->pid < 0 ? -errno : 0;
	close(ends[1]);
	j->output = ends[0];
	if (r == 0)
		r = watch(b, j, seconds);
	if (r < 0) {
		close_output(b, j);
		free(j);
		return r;
	}
	*out = j;
	return 0;
}

errint job_run_program(char *const argv[], const char *wanted, char *why, size_t size)
{
	char line[JOB_TEXT_MAX] = "", text[JOB_TEXT_MAX] = "", part[512];
	size_t used = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		run_program(argv);
	}
	close(ends[1]);
	/* It may go on talking: a full pipe would hold it up. */
	while (pid > 0 && (n = read(ends[0], part, sizeof(part))) > 0)
		for (ssize_t i = 0; i < n && !(wanted && strstr(text, wanted)); i++)
			take_bytes(line, &used, text, part + i, 1);
	close(ends[0]);
	take_bytes(line, &used, text, "\n", 1);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	snprintf(why, size, "%s", text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
