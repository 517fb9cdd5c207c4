/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes load modules, each one at a time. Everything is opened before the load, so a driver that sleeps in its
 * init can outlive the switch to the real root.
 */
#ifndef ROOTWARD_WORKERS_H
#define ROOTWARD_WORKERS_H

#include <stdatomic.h>

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

/* Written by the worker; but for OPENED complete when the job is done. */
struct worker_report {
	volatile bool opened;	  /* needs no file of the image any more */
	int error;		  /* of the load: the kernel has some that do not fit an exit status */
	char log[WORKER_LOG_MAX]; /* the kernel's lines about a failed load or ignored parameters, joined by "; " */
	char taint[16];		  /* letters of /sys/module/NAME/taint */
};

/*
 * A lane's order and what became of it, in memory that PID 1 shares with the lane's worker. The strings of JOB are the
 * index's, which a worker has mapped at the same place, but for OPTIONS.
 */
struct worker_slot {
	struct worker_job job;
	char options[WORKER_OPTIONS_MAX];
	struct worker_report report;
	atomic_bool taken; /* the worker is at it */
	atomic_bool done;  /* REPORT is complete */
};

/* A process that loads one module after the other: making one takes longer than many a load. */
struct worker {
	pid_t pid;  /* 0: none */
	int orders; /* eventfd(2) that it reads; the job is in the slot */
};

/*
 * Have the job of SLOT, whose report is empty, done by W, which gets a process when it has none; the eventfd DONE
 * counts what is done. 1: a process was made, whose end is to be watched. 0: it had one. -errno: nothing is under way.
 */
errint worker_order(struct worker *w, struct worker_slot *slot, int done) MUST_CHECK NONNULL(1, 2);

/* W's process, when it has one, is to end after what it was told to do. */
void worker_dismiss(struct worker *w) NONNULL(1);

/* W's process has ended, or nobody will hear of its end: W has none. */
void worker_lost(struct worker *w) NONNULL(1);

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
