/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One piece of work in a child, because it blocks: mount(2) of a server that
 * may be away, a program that fetches a file. The loop goes on meanwhile; a job
 * that is not done at its deadline is killed with all it started.
 */
#ifndef ROOTWARD_JOB_H
#define ROOTWARD_JOB_H

#include "boot.h"

#define JOB_TEXT_MAX 300

struct job {
	pid_t pid;
	int output; /* pipe from the child; -1 closed */
	int timer;
	bool done, timed_out;
	bool abandoned; /* nobody asks any more: freed when the child ends */
	int error;	/* when done: 0, -errno; -ETIMEDOUT at the deadline, -EIO killed */
	uint64_t start_ns;
	char text[JOB_TEXT_MAX]; /* the last line that it said */
	char line[JOB_TEXT_MAX]; /* the line that is being read */
	size_t used;
};

/* In the child, which has PID 1's memory and none of its descriptors but 0 to 2. 0 or -errno, WHY in words (may stay
 * ""). */
typedef errint job_fn(struct boot *b, void *arg, char *why, size_t size);

/* Run FN for at most SECONDS. *OUT is freed by job_free, which also ends it. -errno: nothing runs. */
errint job_start(struct boot *b, unsigned seconds, job_fn *fn, void *arg, struct job **out) MUST_CHECK NONNULL(1, 3, 5);
/* Its SECONDS begin anew; harmless when it is done. */
void job_postpone(struct boot *b, struct job *j, unsigned seconds) NONNULL(1, 2);
void job_free(struct boot *b, struct job *j) NONNULL(1);

/*
 * For a job_fn: run ARGV and wait; in WHY its first line with WANTED in it, else
 * (or with NULL) its last one. 0, -errno no process, else its exit status > 0.
 */
errint job_run_program(char *const argv[], const char *wanted, char *why, size_t size) MUST_CHECK NONNULL(1, 3);

#endif
