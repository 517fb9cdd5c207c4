// SPDX-License-Identifier: GPL-2.0-or-later
/* The processes behind the loader's lanes: kept from one module to the next. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workers.h"

/* Blocks of this size and more go back to the kernel when they are freed: an unpacked module is large. */
#define GIVE_BACK_BYTES (128 << 10)

/* What is written to a worker's eventfd(2). */
enum { ORDER_JOB = 1, ORDER_LEAVE = 2 };

static void take_job(struct worker_slot *slot, int *nice)
{
	const struct worker_job *job = &slot->job;
	char title[16];

	snprintf(title, sizeof(title), "load:%s", job->name);
	prctl(PR_SET_NAME, title);
	if (job->nice != *nice)
		setpriority(PRIO_PROCESS, 0, job->nice);
	*nice = job->nice;
	slot->report.error = worker_load(job, &slot->report);
	prctl(PR_SET_NAME, "load");
}

/* Until it is dismissed, or PID 1 is no more (only a test's can end). */
static _Noreturn void work(struct worker_slot *slot, int orders, int done)
{
	int nice = 0;
	eventfd_t n;

	loop_after_fork(orders, done);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mallopt(M_MMAP_THRESHOLD, GIVE_BACK_BYTES);
	while (eventfd_read(orders, &n) == 0) {
		if (n & ORDER_JOB) {
			atomic_store(&slot->taken, true);
			take_job(slot, &nice);
			atomic_store(&slot->done, true);
			if (eventfd_write(done, 1) < 0)
				break;
		}
		if (n >= ORDER_LEAVE)
			break;
	}
	_exit(EXIT_SUCCESS);
}

static errint make_process(struct worker *w, struct worker_slot *slot, int done)
{
	errint r;

	w->orders = eventfd(0, EFD_CLOEXEC);
	if (w->orders < 0)
		return -errno;
	w->pid = fork();
	if (w->pid == 0)
		work(slot, w->orders, done);
	if (w->pid > 0)
		return 1;
	r = -errno;
	worker_lost(w);
	return r;
}

errint worker_order(struct worker *w, struct worker_slot *slot, int done)
{
	errint r = 0;

	atomic_store(&slot->taken, false);
	atomic_store(&slot->done, false);
	if (!w->pid && (r = make_process(w, slot, done)) < 0)
		return r;
	return eventfd_write(w->orders, ORDER_JOB) < 0 ? -errno : r;
}

void worker_dismiss(struct worker *w)
{
	/* One that cannot be told is idle for as long as the machine runs. */
	if (w->pid && eventfd_write(w->orders, ORDER_LEAVE) < 0)
		log_debug("worker %d cannot be dismissed: %s", (int)w->pid, strerror(errno));
}

void worker_lost(struct worker *w)
{
	close(w->orders);
	*w = (struct worker){0};
}
