/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* More threads than this only wait for the same disk. */
#define THREADS_MAX 32

struct range {
	atomic_size_t next;
	size_t end;
	void (*fn)(void *arg, size_t i);
	void *arg;
};

static void *worker(void *arg)
{
	struct range *r = arg;
	for (size_t i = atomic_fetch_add(&r->next, 1); i < r->end; i = atomic_fetch_add(&r->next, 1))
		r->fn(r->arg, i);
	return NULL;
}

void parallel_for(size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
	struct range range = {.end = n, .fn = fn, .arg = arg};
	pthread_t threads[THREADS_MAX];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = cpus > 1 ? (size_t)cpus - 1 : 0, started = 0;
	/* This thread works too, so one that cannot be started is no failure. */
	while (started < wanted && started < THREADS_MAX && started + 1 < n &&
	       pthread_create(&threads[started], NULL, worker, &range) == 0)
		started++;
	worker(&range);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}
