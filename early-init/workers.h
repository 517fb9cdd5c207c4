/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process loads one module. Everything is opened before the load, so a
 * driver that sleeps in its init can outlive the switch to the real root.
 */
#ifndef ROOTWARD_WORKERS_H
#define ROOTWARD_WORKERS_H

#include "boot.h"
#include "plan/modinfo.h"

#define WORKER_OPTIONS_MAX 4096
#define WORKER_LOG_MAX 480

struct worker_job {
	const char *name;
	const char *path;    /* module file; NULL when COMMAND stands for it */
	const char *command; /* install command of modprobe.d, or NULL */
	const char *options; /* "" for none */
	bool async;	     /* add async_probe */
	int nice;	     /* as nice(2): 0 what root needs */
};

/* Written by the worker in memory it shares with PID 1; but for OPENED complete when it has ended. */
struct worker_report {
	volatile bool opened;	  /* needs no file of the image any more */
	int error;		  /* of the load: the kernel has some that do not fit an exit status */
	char log[WORKER_LOG_MAX]; /* the kernel's lines about a failed load or ignored parameters, joined by "; " */
	char taint[16];		  /* letters of /sys/module/NAME/taint */
};

/* Start a process for JOB. Its pid, or -errno. */
pid_t worker_start(const struct worker_job *job, struct worker_report *report) MUST_CHECK NONNULL(1, 2);

/* What became of a worker that ended with wait STATUS: 0 or -errno. Killed counts as -EIO. */
errint worker_result(int status, const struct worker_report *report) NONNULL(2);

/* Whether worker PID sleeps (proc(5), stat, field 3): its CPU is free for another one. */
bool worker_sleeps(pid_t pid);

/* Load JOB in this process, as a worker does: 0 (also when it was loaded already) or -errno. */
errint worker_load(const struct worker_job *job, struct worker_report *report) MUST_CHECK NONNULL(1, 2);

/*
 * /bin/sh -c COMMAND with OPTIONS in the place of each $CMDLINE_OPTS and
 * MODPROBE_MODULE=NAME, as libkmod does. 0; its exit status 1..255; or -errno.
 */
errint run_command(const char *name, const char *command, const char *options) MUST_CHECK NONNULL(1, 2, 3);

/* ---- kmsg.c ---- */
/* The kernel log from now on: descriptor or -errno. */
errint kmsg_mark(void) MUST_CHECK;
/* Whose load the kernel's words are looked for. */
struct kmsg_subject {
	const char *name;
	struct modinfo info; /* its strings: only they tell whose missing firmware is spoken of; {0} unknown */
};
/* What was logged since FD's mark and concerns that load, into OUT. */
void kmsg_about(int fd, const struct kmsg_subject *subject, char *out, size_t size) NONNULL(2, 3);
/* The next record with WORDS in it into OUT (truncated); false when there is none. */
bool kmsg_find(int fd, const char *words, char *out, size_t size) MUST_CHECK NONNULL(2, 3);

#endif
