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
	return b->loader->cpus > 1 ? planner_next_ahead(b->plan, patient(b), load_fits_ahead, b) : MODULE_NONE;
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
		id = urgent_only ? planner_next_urgent(b->plan, patient(b)) : planner_next(b->plan);
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

/* Modules that modules-load.d and the command line name. POST: those of rd.driver.post. */
void loader_want_configured(struct boot *b, bool post)
{
	struct index_conf c;
	uint32_t n = post ? 0 : index_conf_count(&b->ix, CONF_LOAD);

	for (uint32_t i = 0; i < n; i++) {
		if (index_conf_at(&b->ix, CONF_LOAD, i, &c) == 0)
			want_listed(b, &c);
	}
	loader_kick(b);
	for (size_t i = 0; i < b->conf.count; i++) {
		const struct modconf_entry *e = &b->conf.entries[i];

		if (e->kind != CONF_LOAD || (e->value != NULL) != post)
			continue;
		if (loader_want(b, e->key, "the kernel command line") < 0)
			log_warn("kernel command line: no module %s in this image; add it with --add-module", e->key);
	}
}
