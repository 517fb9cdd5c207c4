// SPDX-License-Identifier: GPL-2.0-or-later
/* When a module is started: what root needs before all else. What is started: the planner says. */
#include <unistd.h>

#include "lanes.h"
#include "textfile.h"

/*
 * What root does not need waits until nothing it may need has been under way
 * for QUIET_MS: kvm and ciphers beside them made virtio and SCSI three times
 * as slow, and the next storage module is known only at the uevent of the
 * last. But it does not wait longer than PATIENCE_MS: a driver that sleeps for
 * ten seconds may not be root's at all.
 */
#define QUIET_MS 250
/* A module of rd.driver.pre that sleeps for so long is left behind: it has its hands on what it waits for. */
#define FIRST_SLEEP_MS 100

static void time_to_look(struct boot *b, void *arg)
{
	(void)arg;
	b->loader->look_set = false;
	loader_kick(b);
}

/* What gives way to something likelier to lead to root does not give way to a driver that hangs. */
static bool patient(const struct boot *b)
{
	return clock_ns() - b->loader->urgent_first < PATIENCE_MS * NS_PER_MS;
}

/* The longest load of the way to root begins though no CPU is free for it. */
static uint32_t next_ahead(struct boot *b)
{
	return b->loader->cpus > 1 && !b->loader->first_only
		   ? planner_next_ahead(b->plan, patient(b), load_fits_ahead, b)
		   : MODULE_NONE;
}

static uint32_t next_load(struct boot *b, bool urgent_only)
{
	if (b->loader->first_only)
		return urgent_only ? planner_next_first(b->plan) : MODULE_NONE;
	return urgent_only ? planner_next_urgent(b->plan, patient(b)) : planner_next(b->plan);
}

static void kick(struct boot *b, bool urgent_only)
{
	struct loader *l = b->loader;

	for (unsigned i = 0; i < LANES_MAX; i++) {
		uint32_t id;

		if (l->lanes[i].busy)
			continue;
		id = urgent_only ? next_ahead(b) : MODULE_NONE;
		if (id != MODULE_NONE) {
			lane_start(b, i, id);
			continue;
		}
		if (!lanes_cpu_free(l, urgent_only)) {
			if (!l->look_set)
				l->look_set = loop_add_timer(b, LOOK_MS, time_to_look, NULL) > 0;
			return;
		}
		id = next_load(b, urgent_only);
		if (id == MODULE_NONE)
			return;
		lane_start(b, i, id);
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
	lanes_collect(b);
	kick(b, true);
}

bool loader_idle(const struct boot *b)
{
	return !b->plan || (b->walked && planner_idle(b->plan));
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

/* For planner_retry(): a person in the shell may have taken it away. */
static bool still_there(const void *arg, uint32_t id)
{
	const struct boot *b = arg;
	struct index_module m;
	char path[128];

	if (index_module(&b->ix, id, &m) < 0 || path_format(path, sizeof(path), "/sys/module/%s", m.name) < 0)
		return true;
	return access(path, F_OK) == 0 || errno != ENOENT;
}

void loader_retry(struct boot *b)
{
	planner_retry(b->plan, still_there, b);
}

/* What modules-load.d names beyond the image is for the real root, whose own init reads the same files. */
static void want_listed(struct boot *b, const struct index_conf *line)
{
	errint n = planner_want_listed(b->plan, line->key, cookie_new(line->source));

	if (n < 0)
		log_info("%s: %s is not in this image, it is left to the real root", line->source, line->key);
	else if (n == 0)
		log_info("%s: %s is blacklisted and left out", line->source, line->key);
}

/* Modules that the command line names. POST: with rd.driver.post. */
static void want_words(struct boot *b, bool post)
{
	uint32_t who = cookie_new("the kernel command line");

	for (size_t i = 0; i < b->conf.count; i++) {
		const struct modconf_entry *e = &b->conf.entries[i];

		if (e->kind != CONF_LOAD || (e->value != NULL) != post)
			continue;
		if ((post ? planner_want_name : planner_want_first)(b->plan, e->key, who) < 0)
			log_warn("kernel command line: no module %s in this image; add it with --add-module", e->key);
	}
}

void loader_want_configured(struct boot *b, bool post)
{
	struct index_conf c;
	uint32_t n = post ? 0 : index_conf_count(&b->ix, CONF_LOAD);

	for (uint32_t i = 0; i < n; i++) {
		if (index_conf_at(&b->ix, CONF_LOAD, i, &c) == 0)
			want_listed(b, &c);
	}
	if (post)
		want_words(b, true);
	loader_kick(b);
}

/* Whether a load is under way that does not sleep. */
static bool getting_on(const struct boot *b)
{
	const struct loader *l = b->loader;
	uint64_t now = clock_ns();

	for (unsigned i = 0; i < LANES_MAX; i++)
		if (l->lanes[i].busy &&
		    (now - l->lanes[i].start_ns < FIRST_SLEEP_MS * NS_PER_MS || !worker_sleeps(l->lanes[i].worker.pid)))
			return true;
	return false;
}

static void time_is_over(struct boot *b, void *arg)
{
	(void)b;
	(void)arg;
}

void loader_load_first(struct boot *b)
{
	uint64_t deadline = clock_ns() + PATIENCE_MS * NS_PER_MS;

	want_words(b, false);
	b->loader->first_only = true;
	loader_kick(b);
	while (planner_first_pending(b->plan) && getting_on(b) && clock_ns() < deadline) {
		int timer = loop_add_timer(b, LOOK_MS, time_is_over, NULL);

		if (timer < 0 || loop_run_once(b) < 0)
			break;
		loop_cancel_timer(b, timer);
		loader_kick(b);
	}
	b->loader->first_only = false;
	if (planner_first_pending(b->plan))
		log_info("not all modules of rd.driver.pre= are loaded yet; going on without them");
}
