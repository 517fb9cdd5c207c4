// SPDX-License-Identifier: GPL-2.0-or-later
#include "workers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textfile.h"

#define CMDLINE_OPTS "$CMDLINE_OPTS"

/*
 * A busybox built to prefer its applets (Debian's is) would run its own
 * modprobe, which knows no index, whatever PATH says. Functions come first.
 */
static const char our_tools[] = "modprobe() { /sbin/modprobe \"$@\"; }; insmod() { /sbin/insmod \"$@\"; }; "
				"rmmod() { /sbin/rmmod \"$@\"; }\n";

/* COMMAND with every $CMDLINE_OPTS replaced; malloc'ed, NULL without memory. */
static char *expand(const char *command, const char *options)
{
	const char *hit;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(our_tools, f);
	while ((hit = strstr(command, CMDLINE_OPTS))) {
		fwrite(command, 1, (size_t)(hit - command), f);
		fputs(options, f);
		command = hit + strlen(CMDLINE_OPTS);
	}
	fputs(command, f);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

errint run_command(const char *name, const char *command, const char *options)
{
	char *text = expand(command, options);
	int status;
	pid_t pid;

	if (!text)
		return -ENOMEM;
	pid = fork();
	if (pid == 0) {
		setenv("MODPROBE_MODULE", name, 1);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	free(text);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

/* Whether NAME is loaded and initialised, whoever did it. */
static bool is_live(const char *name)
{
	char path[128], state[16];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return text_read(path, state, sizeof(state)) > 0 && strncmp(state, "live", 4) == 0;
}

static void read_taint(const char *name, struct worker_report *report)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/taint", name);
	if (text_read(path, report->taint, sizeof(report->taint)) < 0)
		report->taint[0] = '\0';
}

/*
 * The kernel answers EBUSY when another load of the same module, which we
 * waited for, has failed. Then our own try tells why.
 */
static errint load_twice(const struct modfile *file, const char *name, const char *options)
{
	errint r = modfile_load(file, options, 0);

	if (r == -EBUSY && !is_live(name))
		r = modfile_load(file, options, 0);
	return r == -EEXIST || (r == -EBUSY && is_live(name)) ? 0 : r;
}

/* What the kernel said about the load of FILE with result R. Of one that succeeded only parameters it ignored count. */
static void read_log(int log, const struct worker_job *job, struct modfile *file, errint r,
		     struct worker_report *report)
{
	struct kmsg_subject subject = {.name = job->name};
	const void *data;
	size_t size;

	if (r < 0 && modfile_bytes(file, &data, &size) == 0 && modinfo_open(data, size, &subject.info) < 0)
		subject.info = (struct modinfo){0};
	kmsg_about(log, &subject, report->log, sizeof(report->log));
	if (r == 0 && !strstr(report->log, "unknown parameter"))
		report->log[0] = '\0';
}

errint worker_load(const struct worker_job *job, struct worker_report *report)
{
	char options[WORKER_OPTIONS_MAX + 16];
	struct modfile file;
	int log;
	errint r;

	report->log[0] = report->taint[0] = '\0';
	if (job->command) {
		report->opened = true; /* as far as we can tell; a command that outlives the image is on its own */
		r = run_command(job->name, job->command, job->options);
		return r > 0 ? -EIO : r;
	}
	log = kmsg_mark();
	snprintf(options, sizeof(options), "%s%s%s", job->options, job->async && *job->options ? " " : "",
		 job->async ? "async_probe" : "");
	r = modfile_open(job->path, &file);
	report->opened = true;
	if (r == 0) {
		r = load_twice(&file, job->name, options);
		if (log >= 0)
			read_log(log, job, &file, r, report);
		modfile_close(&file);
		read_taint(job->name, report);
	}
	if (log >= 0)
		close(log);
	return r;
}

bool worker_sleeps(pid_t pid)
{
	char path[32], text[256];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (text_read(path, text, sizeof(text)) < 0)
		return false;
	state = strrchr(text, ')');
	return state && strncmp(state, ") R", 3) != 0;
}
