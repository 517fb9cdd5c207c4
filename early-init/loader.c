// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries out the planner's decisions with worker processes and keeps what became of each. */
#include "loader.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers.h"

/*
 * As many loads at once as there are CPUs, and one more for each that sleeps (a driver that waits for its device).
 * More only get in each other's way: the kernel links modules under locks that are spun for. One that runs for
 * PATIENCE_MS is not waited for either.
 */
#define LANES_MAX 64
/* How often loads that hold others up are looked at, whether they sleep. */
#define LOOK_MS 10
/*
 * What root does not need waits until nothing it may need has been under way
 * for QUIET_MS: kvm and ciphers beside them made virtio and SCSI three times
 * as slow, and the next storage module is known only at the uevent of the
 * last. But it does not wait longer than PATIENCE_MS: a driver that sleeps for
 * ten seconds may not be root's at all.
 */
#define QUIET_MS 250
#define PATIENCE_MS 1000

/* What root does not need gets a tenth of the share while root's modules are under way. */
#define NICE_LATER 10

struct lane {
	pid_t pid; /* 0: free */
	uint32_t module;
	bool urgent;
	uint64_t start_ns;
};

struct loader {
	struct lane lanes[LANES_MAX];
	struct worker_report *reports; /* one a lane, shared with the workers */
	unsigned cpus;
	uint64_t urgent_first; /* urgent modules are under way, with pauses below QUIET_MS, since then */
	uint64_t urgent_last;  /* until then */
	bool urgent_now;       /* the last turn saw some */
	bool timer_set;	       /* kick again in QUIET_MS */
	bool look_set;	       /* kick again in LOOK_MS */
	uint64_t next_look_ns; /* until then no load is taken to sleep */
	struct load_failures failures;
};

errint loader_init(struct boot *b)
{
	struct loader *l = calloc(1, sizeof(*l));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!l)
		return -ENOMEM;
	l->cpus = cpus < 1 ? 1 : cpus > LANES_MAX ? LANES_MAX : (unsigned)cpus;
	l->reports =
	    mmap(NULL, LANES_MAX * sizeof(*l->reports), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->reports == MAP_FAILED) {
		free(l);
		return -ENOMEM;
	}
	l->urgent_first = l->urgent_last = clock_ns(); /* the first urgent one is not known yet */
	b->loader = l;
	return 0;
}

void loader_free(struct boot *b)
{
	if (!b->loader)
		return;
	munmap(b->loader->reports, LANES_MAX * sizeof(*b->loader->reports));
	free(b->loader->failures.at);
	free(b->loader);
	b->loader = NULL;
}

static void finish(struct boot *b, unsigned lane, int error)
{
	struct loader *l = b->loader;
	const struct lane *done = &l->lanes[lane];

	l->next_look_ns = 0;
	if (planner_too_early(b->plan, done->module, error)) {
		log_debug("lane %u: started before what it needs was known to the kernel; once more", lane);
		l->lanes[lane].pid = 0;
		return;
	}
	planner_done(b->plan, done->module, error);
	if (error)
		load_failed(&l->failures, done->module, l->reports[lane].log);
	load_ended(b, done->module, (int)lane, error, done->start_ns, &l->reports[lane]);
	l->lanes[lane].pid = 0;
}

/* What this makes ready is started by the loop's next turn: root may be mounted first. */
static void worker_ended(struct boot *b, pid_t pid, int status, void *arg)
{
	struct loader *l = b->loader;

	(void)arg;
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].pid == pid) {
			finish(b, i, worker_result(status, &l->reports[i]));
			break;
		}
	}
}

/* Start ID on LANE. False when no process can be made now. */
static bool start(struct boot *b, unsigned lane, uint32_t id)
{
	struct loader *l = b->loader;
	char options[WORKER_OPTIONS_MAX] = "";
	struct index_module m = {0};
	struct load_status s;
	struct worker_job job = {.options = options};
	errint r = index_module(&b->ix, id, &m);
	pid_t pid = -ENOENT;

	planner_status(b->plan, id, &s);
	l->lanes[lane] = (struct lane){.module = id, .urgent = s.urgent, .start_ns = clock_ns()};
	memset(&l->reports[lane], 0, sizeof(l->reports[lane]));
	if (r == 0)
		r = lookup_options(&b->ix, &b->conf, id, s.why.alias, options, sizeof(options));
	job.name = m.name;
	job.path = m.path;
	job.command = lookup_command(&b->ix, id, false);
	job.async = s.async && !job.command;
	job.nice = s.urgent ? 0 : NICE_LATER;
	if (r >= 0)
		pid = worker_start(&job, &l->reports[lane]);
	if (pid > 0 && loop_watch_child(b, pid, worker_ended, NULL) == 0) {
		l->lanes[lane].pid = pid;
		return true;
	}
	finish(b, lane, r < 0 ? r : (int)pid);
	return false;
}

/* Whether LANE is in the way of a load; what is urgent goes beside what is not. */
static bool in_the_way(const struct lane *lane, bool urgent)
{
	return lane->pid && (lane->urgent || !urgent);
}

/* Whether a CPU is free for one more load. */
static bool cpu_free(struct loader *l, bool urgent)
{
	unsigned used = 0, running = 0;
	uint64_t now = clock_ns();

	for (unsigned i = 0; i < LANES_MAX; i++)
		used += in_the_way(&l->lanes[i], urgent);
	if (used < l->cpus)
		return true;
	if (now < l->next_look_ns)
		return false;
	for (unsigned i = 0; i < LANES_MAX; i++)
		running += in_the_way(&l->lanes[i], urgent) && now - l->lanes[i].start_ns < PATIENCE_MS * NS_PER_MS &&
			   !worker_sleeps(l->lanes[i].pid);
	if (running < l->cpus)
		return true;
	l->next_look_ns = now + LOOK_MS * NS_PER_MS;
	return false;
}

static void time_to_look(struct boot *b, void *arg)
{
	(void)arg;
	b->loader->look_set = false;
	loader_kick(b);
}

static uint32_t next_urgent(struct boot *b)
{
	/* Controllers give way to disks that are there, but not to a driver that hangs. */
	return planner_next_urgent(b->plan, clock_ns() - b->loader->urgent_first < PATIENCE_MS * NS_PER_MS);
}

/* The longest load of the way to root begins though no CPU is free for it. */
static uint32_t next_ahead(struct boot *b)
{
	return b->loader->cpus > 1 ? planner_next_ahead(b->plan, load_fits_ahead, b) : MODULE_NONE;
}

static void kick(struct boot *b, bool urgent_only)
{
	struct loader *l = b->loader;

	for (unsigned i = 0; i < LANES_MAX; i++) {
		uint32_t id;

		if (l->lanes[i].pid)
			continue;
		id = urgent_only ? next_ahead(b) : MODULE_NONE;
		if (id != MODULE_NONE) {
			start(b, i, id);
			continue;
		}
		if (!cpu_free(l, urgent_only)) {
			if (!l->look_set)
				l->look_set = loop_add_timer(b, LOOK_MS, time_to_look, NULL) > 0;
			return;
		}
		id = urgent_only ? next_urgent(b) : planner_next(b->plan);
		if (id == MODULE_NONE)
			return;
		start(b, i, id);
	}
}

static void quiet_time_over(struct boot *b, void *arg)
{
	(void)arg;
	b->loader->timer_set = false;
	loader_kick(b);
}

/* Whether the rest has to wait for urgent modules. */
static bool hold_back(struct boot *b)
{
	struct loader *l = b->loader;
	uint64_t now = clock_ns();
	bool quiet = now - l->urgent_last >= QUIET_MS * NS_PER_MS;

	if (planner_urgent(b->plan)) {
		/* A turn that found them under way already does not begin the patience anew. */
		if (quiet && !l->urgent_now)
			l->urgent_first = now;
		l->urgent_last = now;
		l->urgent_now = true;
	} else {
		l->urgent_now = false;
		if (quiet)
			return false;
	}
	if (now - l->urgent_first >= PATIENCE_MS * NS_PER_MS)
		return false;
	if (!l->timer_set)
		l->timer_set = loop_add_timer(b, QUIET_MS, quiet_time_over, NULL) > 0;
	return l->timer_set;
}

void loader_kick(struct boot *b)
{
	kick(b, true);
	if (!hold_back(b))
		kick(b, false);
}

void loader_kick_urgent(struct boot *b)
{
	kick(b, true);
}

errint loader_want(struct boot *b, const char *name, const char *who)
{
	errint n = planner_want_name(b->plan, name, cookie_new(who));

	loader_kick(b);
	return n;
}

void loader_release(struct boot *b, uint32_t classes)
{
	planner_release(b->plan, classes);
	loader_kick(b);
}

/*
 * Modules that modules-load.d and the command line name. POST: those of rd.driver.post. What modules-load.d names
 * beyond the image is for the real root, whose own init reads the same files.
 */
void loader_want_configured(struct boot *b, bool post)
{
	struct index_conf c;
	uint32_t n = post ? 0 : index_conf_count(&b->ix, CONF_LOAD);

	for (uint32_t i = 0; i < n; i++) {
		if (index_conf_at(&b->ix, CONF_LOAD, i, &c) == 0 && loader_want(b, c.key, c.source) < 0)
			log_info("%s: %s is not in this image, it is left to the real root", c.source, c.key);
	}
	for (size_t i = 0; i < b->conf.count; i++) {
		const struct modconf_entry *e = &b->conf.entries[i];

		if (e->kind != CONF_LOAD || (e->value != NULL) != post)
			continue;
		if (loader_want(b, e->key, "the kernel command line") < 0)
			log_warn("kernel command line: no module %s in this image; add it with --add-module", e->key);
	}
}

/* A worker that still needs a file of the image; the others finish by themselves. */
static bool any_unopened(const struct loader *l)
{
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].pid && !l->reports[i].opened)
			return true;
	}
	return false;
}

/* Workers that have ended; nobody else's children are touched. */
static void collect(struct boot *b)
{
	struct loader *l = b->loader;
	int status;

	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (l->lanes[i].pid && waitpid(l->lanes[i].pid, &status, WNOHANG) == l->lanes[i].pid)
			finish(b, i, worker_result(status, &l->reports[i]));
	}
}

void loader_drain(struct boot *b, unsigned ms)
{
	uint64_t deadline = clock_ns() + ms * NS_PER_MS;

	collect(b);
	while (any_unopened(b->loader) && clock_ns() < deadline) {
		usleep(500);
		collect(b);
	}
	for (unsigned i = 0; i < LANES_MAX; i++) {
		if (b->loader->lanes[i].pid)
			load_outlives(b, b->loader->lanes[i].module, b->loader->lanes[i].start_ns);
	}
}

const struct load_failures *loader_failures(const struct boot *b)
{
	return b->loader ? &b->loader->failures : NULL;
}
