/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to look for the root, how long, and what is said meanwhile; one try is in target.c. */
#include "root.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netroot.h"
#include "overlay.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define REPORT_NS (10 * NS_PER_S)
#define RETRY_MS 50
/* How long a swap partition that the table lists may take to appear before root is mounted without it. */
#define SWAP_WAIT_NS (2 * NS_PER_S)

errint root_give_up(struct root_search *rs, errint err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(rs->why, sizeof(rs->why), fmt, args);
	va_end(args);
	rs->result = err;
	return err;
}

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
	uint64_t *const times[] = {&rs->start_ns,  &rs->not_before_ns,	  &rs->deadline_ns,
				   &rs->report_ns, &rs->swap_deadline_ns, &rs->resume.deadline_ns};
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		*times[i] += *times[i] ? gone : 0;
}

bool root_quiet(const struct boot *b)
{
	return block_pending(b) == 0 && (!b->plan || planner_idle(b->plan));
}

/*
 * Ask for the drivers of the types that rootfstype= names, or else of the one
 * that this image expects, before any device is there: they load beside the disk's.
 */
static void want_types(struct boot *b)
{
	const char *types = b->opt.rootfstype;
	char type[32], name[40];

	if (!types && b->ix.base)
		types = index_setting(&b->ix, "root-filesystem");
	for (unsigned i = 0; types && mount_type_at(types, NULL, i, type, sizeof(type)); i++) {
		snprintf(name, sizeof(name), "fs-%s", type);
		if (loader_want(b, name, b->opt.rootfstype ? "rootfstype=" : "root-filesystem of this image") < 0)
			log_debug("no module for file system %s in this image: built in, or missing", type);
	}
	if (overlay_wanted(b) && loader_want(b, "fs-overlay", "the overlay of the root") < 0)
		log_debug("no module for overlays in this image: built in, or missing");
}

static errint start_search(struct boot *b)
{
	struct root_search *rs = b->root;
	const struct boot_options *opt = &b->opt;
	unsigned limit_s = opt->rootwait ? opt->rootwait_s : opt->timeout_s;

	*rs = (struct root_search){
	    .timer = rs->timer,
	    .timer_due_ns = rs->timer_due_ns,
	    .resume = rs->resume,
	    .net = rs->net,
	    .root = {.what = "root", .where = NEWROOT, .types = opt->rootfstype, .flags = opt->rootflags},
	    .usr = {.what = "/usr", .where = NEWROOT "/usr"},
	};
	rs->root.read_write = opt->read_write && !overlay_wanted(b);
	rs->start_ns = clock_ns();
	rs->not_before_ns = rs->start_ns + opt->rootdelay_s * NS_PER_S;
	rs->deadline_ns = limit_s ? rs->not_before_ns + limit_s * NS_PER_S : 0;
	rs->report_ns = rs->start_ns + REPORT_NS;
	return rootspec_parse(opt->root, &rs->root.spec);
}

static void check_spec(struct boot *b, errint err)
{
	struct root_search *rs = b->root;
	char shown[NETROOT_MASKED_MAX];
	const char *text = netroot_masked(b->opt.root ? b->opt.root : "", shown, sizeof(shown));

	if (rs->result < 0 || (rs->net && !rs->net->spec.device_only))
		return;
	if (err < 0)
		root_give_up(rs, err, "root=%s is malformed: write UUID=, LABEL=, PARTUUID=, PARTLABEL= or /dev/NAME",
			     text);
	else if (rs->root.spec.kind == ROOT_NET)
		root_give_up(rs, -EOPNOTSUPP, "root=%s is on the network: no network handler in this image", text);
	else if (rs->root.spec.kind == ROOT_UNSUPPORTED)
		root_give_up(rs, -EOPNOTSUPP,
			     "root=%s is of a kind that this image has no handler for (UUID=, LABEL=, PARTUUID=, "
			     "PARTLABEL= and /dev/NAME are known)",
			     text);
}

errint root_init(struct boot *b)
{
	errint err;

	/* Asked again after the shell was left: root_step() knows what is done and what to try anew. */
	if (b->root)
		return 0;
	b->root = calloc(1, sizeof(*b->root));
	if (!b->root) {
		log_err("no memory for the search of the root");
		return -ENOMEM;
	}
	err = start_search(b);
	if (netroot_init(b) == 0)
		check_spec(b, err);
	want_types(b);
	if (b->root->root.spec.kind == ROOT_AUTO)
		gpt_auto_prepare(b);
	return 0;
}

/* ---- the swap partitions beside root: a hibernation image there forbids writing ---- */

static bool is_swap_partition(const struct probe_partition *p)
{
	/* Discoverable Partitions Specification; "Linux swap" of an MBR. */
	return p->type &&
	       (strcasecmp(p->type, "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f") == 0 || strcmp(p->type, "0x82") == 0);
}

static bool partition_read(const struct boot *b, const char *disk, unsigned partno)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->facts.disk && strcmp(dev->facts.disk, disk) == 0 && dev->facts.partno == partno)
			return dev->state != BLOCK_PENDING;
	return false;
}

static bool swap_missing(const struct boot *b, const struct block_dev *dev)
{
	/* Read again after the kernel rejected its image. */
	if (dev->handler == &swsuspend_handler && dev->state == BLOCK_PENDING)
		return true;
	for (unsigned p = 0; p < dev->nparts; p++)
		if (is_swap_partition(&dev->parts[p]) && !partition_read(b, dev->facts.devname, dev->parts[p].partno))
			return true;
	return false;
}

/* Whether every swap partition that a known partition table lists was looked at (or had its time). */
static bool swap_known(struct boot *b)
{
	struct root_search *rs = b->root;
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++) {
		if (!swap_missing(b, dev))
			continue;
		if (rs->swap_deadline_ns == 0)
			rs->swap_deadline_ns = clock_ns() + SWAP_WAIT_NS;
		return clock_ns() >= rs->swap_deadline_ns;
	}
	return true;
}

/* ---- waiting ---- */

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

static errint wait_on(struct boot *b, struct mount_target *t)
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
		root_wake(b, RETRY_MS);
	else
		root_wake(b, next > now ? (unsigned)((next - now) / NS_PER_MS) + 1 : 1);
	return 0;
}

/* What is looked for next gets as long as root had. */
static void start_next(struct root_search *rs, enum root_state state)
{
	uint64_t now = clock_ns();

	if (rs->deadline_ns)
		rs->deadline_ns = now + (rs->deadline_ns - rs->not_before_ns);
	rs->not_before_ns = rs->start_ns = now;
	rs->report_ns = now + REPORT_NS;
	rs->state = state;
}

static struct mount_target *current_target(struct root_search *rs)
{
	switch (rs->state) {
	case ROOT_USR:
		return &rs->usr;
	case ROOT_OVERLAY:
		return &rs->overlay;
	case ROOT_SEARCH:
	case ROOT_MOUNTED:
		break;
	}
	return &rs->root;
}

/* A target is mounted: 1 there is another one to look for, 0 all are there, -errno. */
static errint next_target(struct boot *b)
{
	struct root_search *rs = b->root;
	errint err = 0;

	if (rs->state == ROOT_SEARCH) {
		err = usr_wanted(b);
		if (err == 1)
			start_next(rs, ROOT_USR);
	}
	if (err == 0 && rs->state != ROOT_OVERLAY && overlay_wanted(b)) {
		err = overlay_target(b);
		if (err >= 0)
			start_next(rs, ROOT_OVERLAY);
	}
	return err;
}

static errint search_step(struct boot *b)
{
	struct root_search *rs = b->root;
	struct mount_target *t = current_target(rs);
	uint64_t now = clock_ns();
	errint err;

	if (now < rs->not_before_ns) {
		root_wake(b, (unsigned)((rs->not_before_ns - now) / NS_PER_MS) + 1);
		return 0;
	}
	/* Nothing is mounted before the kernel had its chance to resume. */
	err = resume_step(b);
	if (err > 0 || !swap_known(b)) {
		root_wake(b, RETRY_MS);
		return 0;
	}
	/* An overlay in memory has no device to be looked for: only what failed before is tried again. */
	if (rs->state == ROOT_OVERLAY && !t->where)
		err = 1;
	else
		err = rs->state == ROOT_SEARCH && rs->net ? netroot_step(b, t) : 2;
	if (err == 2)
		err = target_step(b, t);
	if (err == 0)
		return wait_on(b, t);
	if (err < 0)
		return err;
	err = next_target(b);
	if (err == 1)
		return search_step(b);
	if (err == 0)
		err = overlay_apply(b);
	if (err < 0)
		return err;
	rs->state = ROOT_MOUNTED;
	return 1;
}

/* The shell was left: what failed is tried anew; a root that is mounted stays. */
static void restart(struct boot *b)
{
	struct root_search *rs = b->root;

	if (rs->state == ROOT_SEARCH) {
		errint err = start_search(b);
		if (rs->net)
			netroot_restart(b);
		check_spec(b, err);
		return;
	}
	rs->result = 0;
	rs->reported = false;
	current_target(rs)->next_try_ns = 0;
	current_target(rs)->error = 0;
	start_next(rs, rs->state);
}

void root_forget(struct boot *b)
{
	b->root->state = ROOT_SEARCH;
	b->root->reported = true;
}

errint root_step(struct boot *b)
{
	struct root_search *rs = b->root;
	errint err;

	if (rs->state == ROOT_MOUNTED)
		return 1;
	if (rs->reported)
		restart(b);
	err = rs->result < 0 ? rs->result : search_step(b);
	if (err >= 0)
		return err;
	rs->reported = true;
	diagnose(b);
	return err;
}
