// SPDX-License-Identifier: GPL-2.0-or-later
/* One worker a lane: given a module, watched until it is loaded, and let go before the switch. */
#include "lanes.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* What root does not need gets a tenth of the share while root's modules are under way. */
#define NICE_LATER 10

static void finish(struct boot *b, unsigned lane, int error)
{
	struct loader *l = b->loader;
	struct lane *done = &l->lanes[lane];

	done->busy = false;
	l->next_look_ns = 0;
	if (planner_too_early(b->plan, done->module, error)) {
		log_debug("lane %u: started before what it needs was known to the kernel; once more", lane);
		return;
	}
	planner_done(b->plan, done->module, error);
	if (error)
		load_failed(&l->failures, done->module, l->slots[lane].report.log);
	load_ended(b, done->module, (int)lane, error, done->start_ns, &l->slots[lane].report);
}

void lanes_collect(struct boot *b)
{
	struct loader *l = b->loader;

	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].busy && atomic_load(&l->slots[i].done))
			finish(b, i, l->slots[i].report.error);
	}
}

/* What this makes ready is started by the loop's next turn: root may be mounted first. */
static void some_done(struct boot *b, int fd, uint32_t events, void *arg)
{
	eventfd_t n;

	(void)events;
	(void)arg;
	if (eventfd_read(fd, &n) == 0)
		lanes_collect(b);
}

static void give_order(struct boot *b, unsigned lane);

/* Dismissed; or killed, by the kernel when memory runs out, or because the driver that it was loading made it oops. */
static void worker_ended(struct boot *b, pid_t pid, int status, void *arg)
{
	struct loader *l = b->loader;

	(void)status;
	(void)arg;
	lanes_collect(b);
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].worker.pid != pid)
			continue;
		worker_lost(&l->lanes[i].worker);
		if (l->lanes[i].busy && atomic_load(&l->slots[i].taken))
			finish(b, i, -EIO);
		else if (l->lanes[i].busy)
			give_order(b, i);
	}
}

/* Have the job in LANE's slot done. */
static void give_order(struct boot *b, unsigned lane)
{
	struct worker *w = &b->loader->lanes[lane].worker;
	errint r = worker_order(w, &b->loader->slots[lane], b->loader->done);

	if (r == 1 && (r = loop_watch_child(b, w->pid, worker_ended, NULL)) < 0) {
		/* Nobody would hear of its end. */
		kill(w->pid, SIGKILL);
		worker_lost(w);
	}
	b->loader->lanes[lane].busy = true;
	if (r < 0)
		finish(b, lane, r);
}

errint loader_init(struct boot *b)
{
	struct loader *l = calloc(1, sizeof(*l));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	errint r;

	if (!l)
		return -ENOMEM;
	l->cpus = cpus < 1 ? 1 : cpus > LANES_MAX ? LANES_MAX : (unsigned)cpus;
	l->slots = mmap(NULL, LANES_MAX * sizeof(*l->slots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->slots == MAP_FAILED) {
		free(l);
		return -ENOMEM;
	}
	l->urgent_first = l->urgent_last = clock_ns(); /* the first urgent one is not known yet */
	b->loader = l;
	l->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = l->done < 0 ? -errno : loop_add_fd(b, l->done, EPOLLIN, some_done, NULL);
	if (r < 0)
		loader_free(b);
	return r;
}

void loader_free(struct boot *b)
{
	if (!b->loader)
		return;
	for (unsigned i = 0; i < LANES_MAX; i++)
		worker_dismiss(&b->loader->lanes[i].worker);
	if (b->loader->done >= 0) {
		loop_remove_fd(b, b->loader->done);
		close(b->loader->done);
	}
	munmap(b->loader->slots, LANES_MAX * sizeof(*b->loader->slots));
	free(b->loader->failures.at);
	free(b->loader);
	b->loader = NULL;
}

void lane_start(struct boot *b, unsigned lane, uint32_t id)
{
	struct lane *l = &b->loader->lanes[lane];
	struct worker_slot *slot = &b->loader->slots[lane];
	struct index_module m = {0};
	struct load_status s;
	errint r = index_module(&b->ix, id, &m);

	planner_status(b->plan, id, &s);
	l->module = id;
	l->urgent = s.urgent;
	l->start_ns = clock_ns();
	slot->options[0] = '\0';
	memset(&slot->report, 0, sizeof(slot->report));
	if (r == 0)
		r = lookup_options(&b->ix, &b->conf, id, s.why.alias, slot->options, sizeof(slot->options));
	slot->job = (struct worker_job){
	    .name = m.name,
	    .path = m.path,
	    .command = lookup_load_command(&b->ix, id),
	    .options = slot->options,
	    .nice = s.urgent ? 0 : NICE_LATER,
	};
	slot->job.async = s.async && !slot->job.command;
	if (r < 0)
		finish(b, lane, r);
	else
		give_order(b, lane);
}

/* Whether LANE is in the way of a load; what is urgent goes beside what is not. */
static bool in_the_way(const struct lane *lane, bool urgent)
{
	return lane->busy && (lane->urgent || !urgent);
}

/* Loads that are in the way of one more. */
static unsigned lanes_used(const struct loader *l, bool urgent)
{
	unsigned used = 0;

	for (unsigned i = 0; i < LANES_MAX; i++)
		used += in_the_way(&l->lanes[i], urgent);
	return used;
}

bool lanes_cpu_free(struct loader *l, bool urgent)
{
	unsigned running = 0;
	uint64_t now = clock_ns();

	if (lanes_used(l, urgent) < l->cpus)
		return true;
	if (now < l->next_look_ns)
		return false;
	for (unsigned i = 0; i < LANES_MAX; i++)
		running += in_the_way(&l->lanes[i], urgent) && now - l->lanes[i].start_ns < PATIENCE_MS * NS_PER_MS &&
			   !worker_sleeps(l->lanes[i].worker.pid);
	if (running < l->cpus)
		return true;
	l->next_look_ns = now + LOOK_MS * NS_PER_MS;
	return false;
}

/* A worker that still needs a file of the image; the others finish by themselves. */
static bool any_unopened(const struct loader *l)
{
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].busy && !l->slots[i].report.opened)
			return true;
	}
	return false;
}

bool loader_full(const struct boot *b)
{
	unsigned used = lanes_used(b->loader, false);

	return used > 0 && used + 1 >= b->loader->cpus;
}

void loader_drain(struct boot *b, unsigned ms)
{
	uint64_t deadline = clock_ns() + ms * NS_PER_MS;

	lanes_collect(b);
	while (any_unopened(b->loader) && clock_ns() < deadline) {
		usleep(500);
		lanes_collect(b);
	}
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (b->loader->lanes[i].busy)
			load_outlives(b, b->loader->lanes[i].module, b->loader->lanes[i].start_ns);
		/* One that is at it ends afterwards. */
		worker_dismiss(&b->loader->lanes[i].worker);
	}
}

const struct load_failures *loader_failures(const struct boot *b)
{
	return b->loader ? &b->loader->failures : NULL;
}
