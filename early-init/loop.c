// SPDX-License-Identifier: GPL-2.0-or-later
/* The one loop of PID 1: file descriptors, children's ends and timers. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"

#define EVENTS_A_TURN 32
/* Without a timer nothing has to happen, but no wait is without an end. */
#define IDLE_MS 5000
#define FDS_MAX 64
#define TIMERS_MAX 64

struct fd_watch {
	int fd; /* -1: free */
	loop_fd_fn *fn;
	void *arg;
	uint32_t generation; /* tells an event of this watch from one of its predecessor's in the same batch */
};

struct child_watch {
	pid_t pid;
	loop_child_fn *fn;
	void *arg;
};

struct timer {
	int id; /* 0: free */
	uint64_t due_ns;
	loop_timer_fn *fn;
	void *arg;
};

struct loop {
	int epoll, signals;
	int next_timer;
	struct fd_watch fds[FDS_MAX];
	struct timer timers[TIMERS_MAX];
	struct child_watch *children;
	size_t child_count, child_capacity;
};

/* Every child that has ended, ours or inherited from one that has. */
static void reap(struct boot *b, int fd, uint32_t events, void *arg)
{
	struct signalfd_siginfo info[8];
	struct loop *l = b->loop;
	struct child_watch w;
	int status;
	pid_t pid;

	(void)events;
	(void)arg;
	while (read(fd, info, sizeof(info)) > 0)
		; /* one signal may stand for many children: waitpid tells */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < l->child_count; i++) {
			if (l->children[i].pid != pid)
				continue;
			w = l->children[i];
			l->children[i] = l->children[--l->child_count];
			w.fn(b, pid, status, w.arg);
			break;
		}
	}
}

static errint open_signals(struct boot *b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	b->loop->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (b->loop->signals < 0)
		return -errno;
	return loop_add_fd(b, b->loop->signals, EPOLLIN, reap, NULL);
}

errint loop_init(struct boot *b)
{
	struct loop *l = calloc(1, sizeof(*l));
	errint r;

	if (!l)
		return -ENOMEM;
	for (size_t i = 0; i < FDS_MAX; i++)
		l->fds[i].fd = -1;
	l->signals = -1;
	l->next_timer = 1;
	b->loop = l;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = l->epoll < 0 ? -errno : open_signals(b);
	if (r < 0)
		loop_free(b);
	return r;
}

void loop_free(struct boot *b)
{
	if (!b->loop)
		return;
	if (b->loop->signals >= 0)
		close(b->loop->signals);
	if (b->loop->epoll >= 0)
		close(b->loop->epoll);
	free(b->loop->children);
	free(b->loop);
	b->loop = NULL;
}

/* Descriptors FIRST to LAST, those that are open. */
static void close_between(unsigned first, unsigned last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0u) == 0)
		return;
	for (unsigned fd = first; fd <= last && fd < 1024; fd++)
		close((int)fd);
}

void loop_after_fork(int keep, int keep_too)
{
	const int kept[] = {keep < keep_too ? keep : keep_too, keep < keep_too ? keep_too : keep};
	unsigned next = 3;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i] < 3)
			continue;
		close_between(next, (unsigned)kept[i] - 1);
		next = (unsigned)kept[i] + 1;
	}
	close_between(next, ~0u);
}

void yield_to_root(void)
{
	setpriority(PRIO_PROCESS, 0, 19);
}

errint loop_add_fd(struct boot *b, int fd, uint32_t events, loop_fd_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < FDS_MAX; i++) {
		struct fd_watch *w = &b->loop->fds[i];
		struct epoll_event e = {.events = events};

		if (w->fd >= 0)
			continue;
		e.data.u64 = (uint64_t)(w->generation + 1) << 32 | i;
		if (epoll_ctl(b->loop->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
			return -errno;
		*w = (struct fd_watch){.fd = fd, .fn = fn, .arg = arg, .generation = w->generation + 1};
		return 0;
	}
	return -ENOSPC;
}

void loop_remove_fd(struct boot *b, int fd)
{
	for (size_t i = 0; i < FDS_MAX; i++) {
		struct fd_watch *w = &b->loop->fds[i];

		if (w->fd != fd)
			continue;
		epoll_ctl(b->loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		w->fd = -1;
	}
}

errint loop_watch_child(struct boot *b, pid_t pid, loop_child_fn *fn, void *arg)
{
	struct loop *l = b->loop;

	if (l->child_count == l->child_capacity) {
		size_t capacity = l->child_capacity ? 2 * l->child_capacity : 32;
		struct child_watch *grown = reallocarray(l->children, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->children = grown;
		l->child_capacity = capacity;
	}
	l->children[l->child_count++] = (struct child_watch){.pid = pid, .fn = fn, .arg = arg};
	return 0;
}

errint loop_add_timer(struct boot *b, unsigned ms, loop_timer_fn *fn, void *arg)
{
	struct loop *l = b->loop;

	for (size_t i = 0; i < TIMERS_MAX; i++) {
		struct timer *t = &l->timers[i];

		if (t->id)
			continue;
		*t = (struct timer){.id = l->next_timer, .due_ns = clock_ns() + ms * NS_PER_MS, .fn = fn, .arg = arg};
		l->next_timer = l->next_timer == INT32_MAX ? 1 : l->next_timer + 1;
		return t->id;
	}
	return -ENOSPC;
}

void loop_cancel_timer(struct boot *b, int id)
{
	for (size_t i = 0; id > 0 && i < TIMERS_MAX; i++) {
		if (b->loop->timers[i].id == id)
			b->loop->timers[i].id = 0;
	}
}

/* Milliseconds until the next timer, rounded up so that it is due then. */
static int until_next(const struct loop *l)
{
	uint64_t now = clock_ns(), wait_ms = IDLE_MS;

	for (size_t i = 0; i < TIMERS_MAX; i++) {
		const struct timer *t = &l->timers[i];
		uint64_t ms;

		if (!t->id)
			continue;
		ms = t->due_ns <= now ? 0 : (t->due_ns - now + 999999u) / 1000000u;
		if (ms < wait_ms)
			wait_ms = ms;
	}
	return (int)wait_ms;
}

static void run_timers(struct boot *b)
{
	uint64_t now = clock_ns();

	for (size_t i = 0; i < TIMERS_MAX; i++) {
		struct timer t = b->loop->timers[i];

		/* One added meanwhile is due later than NOW and waits for the next turn. */
		if (!t.id || t.due_ns > now)
			continue;
		b->loop->timers[i].id = 0;
		t.fn(b, t.arg);
	}
}

errint loop_run_once(struct boot *b)
{
	struct epoll_event events[EVENTS_A_TURN];
	int n = epoll_wait(b->loop->epoll, events, EVENTS_A_TURN, until_next(b->loop));

	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct fd_watch w = b->loop->fds[(uint32_t)events[i].data.u64 % FDS_MAX];

		if (w.fd >= 0 && w.generation == events[i].data.u64 >> 32)
			w.fn(b, w.fd, events[i].events, w.arg);
	}
	run_timers(b);
	return 0;
}
