/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the root is waited for, and what is said meanwhile. */
#include <stdio.h>
#include <string.h>

#include "netroot.h"
#include "root.h"

#define REPORT_NS (10 * NS_PER_S)
/*
 * Drivers look for their disks after they were loaded, a SATA link comes up within a second or so, and USB storage
 * sleeps one second before it looks (delay_use).
 */
#define SETTLE_NS (2 * NS_PER_S)
/* A device that has failed to be read for so long will most likely go on failing. */
#define FAILING_NS (5 * NS_PER_S)
/* One that does not answer at all may be spinning up. */
#define SILENT_NS (15 * NS_PER_S)

static void wake(struct boot *b, void *arg)
{
	(void)arg;
	b->root->timer = 0;
}

void root_wake(struct boot *b, unsigned ms)
{
	uint64_t due = clock_ns() + ms * NS_PER_MS;

	if (!b->loop || (b->root->timer > 0 && b->root->timer_due_ns <= due))
		return;
	/* The next report is seconds away, a device that has just come is tried again at once. */
	loop_cancel_timer(b, b->root->timer);
	b->root->timer_due_ns = due;
	b->root->timer = loop_add_timer(b, ms, wake, NULL);
	if (b->root->timer < 0)
		log_err("no timer for the root device: %s", strerror(-b->root->timer));
}

void root_not_counted(struct boot *b, uint64_t since_ns)
{
	struct root_search *rs = b->root;
	uint64_t gone = clock_ns() - since_ns;

	if (!rs)
		return;
	uint64_t *const times[] = {&rs->start_ns, &rs->not_before_ns, &rs->deadline_ns, &rs->report_ns,
				   &rs->resume.deadline_ns};
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		*times[i] += *times[i] ? gone : 0;
}

void root_describe(const struct boot *b, const struct mount_target *t, char *out, size_t size)
{
	const struct netroot *net = b->root->net;

	if (t == &b->root->root && net && !(net->attached && net->spec.device_only))
		netroot_describe(&net->spec, out, size);
	else
		rootspec_describe(&t->spec, out, size);
}

static void report_missing(struct boot *b, const struct mount_target *t)
{
	struct root_search *rs = b->root;
	uint64_t now = clock_ns();
	char wanted[ROOT_WANTED_MAX];

	if (now < rs->report_ns)
		return;
	rs->report_ns = now + REPORT_NS;
	root_describe(b, t, wanted, sizeof(wanted));
	log_warn("waiting for %s (%s) since %u s: %s", t->what, wanted, (unsigned)((now - rs->start_ns) / NS_PER_S),
		 t->waits_for[0] ? t->waits_for : "no such device yet");
}

errint root_wait(struct boot *b, struct mount_target *t)
{
	struct root_search *rs = b->root;
	uint64_t now = clock_ns(), next = rs->report_ns;
	char wanted[ROOT_WANTED_MAX];

	if (rs->deadline_ns && now >= rs->deadline_ns) {
		root_describe(b, t, wanted, sizeof(wanted));
		return root_give_up(rs, t->error ? t->error : -ETIMEDOUT, "%s (%s) was not found within %u s: %s",
				    t->what, wanted, (unsigned)((rs->deadline_ns - rs->not_before_ns) / NS_PER_S),
				    t->waits_for[0] ? t->waits_for : "no such device");
	}
	report_missing(b, t);
	if (rs->deadline_ns && rs->deadline_ns < next)
		next = rs->deadline_ns;
	/* A device that was found is tried again soon; else only an event or the next report matters. */
	if (t->devname[0] || t->spec.kind == ROOT_AUTO)
		root_wake(b, ROOT_RETRY_MS);
	else
		root_wake(b, next > now ? (unsigned)((next - now) / NS_PER_MS) + 1 : 1);
	return 0;
}

void root_wait_begin(struct root_search *rs, unsigned delay_s, unsigned limit_s)
{
	rs->start_ns = clock_ns();
	rs->not_before_ns = rs->start_ns + delay_s * NS_PER_S;
	rs->deadline_ns = limit_s ? rs->not_before_ns + limit_s * NS_PER_S : 0;
	rs->report_ns = rs->start_ns + REPORT_NS;
}

void root_wait_on(struct root_search *rs)
{
	uint64_t now = clock_ns();

	if (rs->deadline_ns)
		rs->deadline_ns = now + (rs->deadline_ns - rs->not_before_ns);
	rs->not_before_ns = now;
}

void root_wait_again(struct root_search *rs)
{
	root_wait_on(rs);
	rs->start_ns = rs->not_before_ns;
	rs->report_ns = rs->start_ns + REPORT_NS;
}

/* Whether DEV may still turn out to be what is looked for. What is only read once more was taken into account before.
 */
static bool is_open(const struct block_dev *dev, uint64_t now)
{
	uint64_t limit = dev->error == -EAGAIN ? SILENT_NS : FAILING_NS;

	return dev->state == BLOCK_PENDING && !dev->again && (dev->error == 0 || now - dev->asked_ns < limit);
}

/* Whether nothing is going on that could still bring a block device. */
static bool quiet(const struct boot *b, uint64_t now)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (is_open(dev, now))
			return false;
	return loader_idle(b);
}

bool root_settled(struct boot *b)
{
	struct root_search *rs = b->root;
	uint64_t now = clock_ns();

	if (!quiet(b, now) || rs->quiet_generation != b->blocks->generation) {
		rs->quiet_generation = b->blocks->generation;
		rs->quiet_ns = now;
	}
	return now - rs->quiet_ns >= SETTLE_NS;
}

bool root_delayed(struct boot *b)
{
	uint64_t now = clock_ns();

	if (now >= b->root->not_before_ns)
		return false;
	root_wake(b, (unsigned)((b->root->not_before_ns - now) / NS_PER_MS) + 1);
	return true;
}
