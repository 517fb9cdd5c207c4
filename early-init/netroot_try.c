/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries to reach a root on the network: begun, ended, how long until the next, and which error ends them. */
#include "netroot.h"

#include <stdio.h>
#include <string.h>

/* Between two tries of a server that is away; doubled from the first to the last. */
#define PAUSE_FIRST_MS 250
#define PAUSE_LAST_MS 4000
#define TRY_LAST_S 240
/* A refusal may come from a server that is only half started: believed when it comes this often. */
#define REFUSALS_MAX 3
#define REFUSED_PAUSE_MS 1500

bool netroot_error_passes(int error)
{
	switch (error) {
	case -ETIMEDOUT:
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
	case -ENETUNREACH:
	case -ENETDOWN:
	case -ECONNRESET:
	case -ECONNABORTED:
	case -EPIPE:
	case -EIO:
	case -EAGAIN:
	case -EINTR:
	case -EBUSY:
		return true;
	default:
		return false;
	}
}

static bool drivers_settled(struct boot *b, struct netroot *n, struct mount_target *t)
{
	bool all = true;
	char name[64];

	for (const char *s = netroot_modules(n->type->kind); *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");
		snprintf(name, sizeof(name), "%.*s", (int)len, s);
		if (!driver_settled(b, t, name, netroot_kind_name(n->spec.kind)))
			all = false;
		s += len;
	}
	return all;
}

static void run_hooks(struct boot *b, struct netroot *n)
{
	if (n->hooks_ran)
		return;
	n->hooks_ran = true;
	root_pre_mount(b);
}

static errint start_try(struct boot *b, struct netroot *n, struct mount_target *t)
{
	errint r;

	if (!n->type->device)
		run_hooks(b, n);
	n->tries++;
	n->progress = 0;
	t->tries = n->tries;
	n->read_write = t->read_write;
	r = job_start(b, n->try_s, n->type->attach, n, &n->job);
	if (r < 0)
		return root_give_up(b->root, r, "no process can be started to reach the root: %s", strerror(-r));
	return 0;
}

static void pause_for(struct boot *b, struct netroot *n, uint64_t ms)
{
	n->next_try_ns = clock_ns() + ms * NS_PER_MS;
	root_wake(b, (unsigned)ms);
}

/* The try failed: 0 there will be another one, -errno not. */
static errint try_failed(struct boot *b, struct netroot *n, struct mount_target *t)
{
	int error = n->job->error;
	const char *text = n->job->text;
	char what[300];
	uint64_t ms = (uint64_t)PAUSE_FIRST_MS << (n->tries < 5 ? n->tries - 1 : 4);

	t->error = error;
	netroot_describe(&n->spec, what, sizeof(what));
	if (error == -ETIMEDOUT && !text[0]) {
		snprintf(t->waits_for, sizeof(t->waits_for), "no answer from %s within %u s", n->address, n->try_s);
		n->try_s = n->try_s * 2 < TRY_LAST_S ? n->try_s * 2 : TRY_LAST_S;
	} else {
		snprintf(t->waits_for, sizeof(t->waits_for), "%s", text[0] ? text : strerror(-error));
	}
	/* Said once; root.c repeats it with the time every ten seconds. */
	if (strcmp(n->said, t->waits_for) != 0)
		log_info("%s: %s", what, t->waits_for);
	snprintf(n->said, sizeof(n->said), "%s", t->waits_for);
	if (n->type->passes(error)) {
		n->refusals = 0;
		pause_for(b, n, ms < PAUSE_LAST_MS ? ms : PAUSE_LAST_MS);
		return 0;
	}
	if (++n->refusals < REFUSALS_MAX && error != -EINVAL && error != -ENODEV) {
		pause_for(b, n, REFUSED_PAUSE_MS);
		return 0;
	}
	return root_give_up(b->root, error, "%s: %s", what, t->waits_for);
}

static errint mounted(struct boot *b, struct netroot *n, struct mount_target *t)
{
	char what[300];

	netroot_describe(&n->spec, what, sizeof(what));
	snprintf(t->fs_type, sizeof(t->fs_type), "%s", netroot_kind_name(n->spec.kind));
	t->error = 0;
	timeline_step(STEP_MOUNT, t->what, what, -1, 0, n->job->start_ns, clock_ns());
	log_info("mounted %s on %s %s after %u tr%s", what, t->where, t->read_write ? "read-write" : "read-only",
		 n->tries, n->tries == 1 ? "y" : "ies");
	break_at(b, STAGE_MOUNT);
	return 1;
}

static void attached(struct netroot *n)
{
	char what[300];

	netroot_describe(&n->spec, what, sizeof(what));
	n->attached = true;
	n->attached_ns = n->job->start_ns;
	snprintf(n->device, sizeof(n->device), "%.*s", (int)sizeof(n->device) - 1, n->job->text);
	timeline_step(STEP_DEVICE, what, n->device, -1, 0, n->job->start_ns, clock_ns());
	log_info("attached %s%s%s after %u tr%s", what, n->device[0] ? " as " : "", n->device, n->tries,
		 n->tries == 1 ? "y" : "ies");
}

/* 0 go on waiting, else as netroot_step(). */
static errint try_ended(struct boot *b, struct netroot *n, struct mount_target *t)
{
	errint r;

	if (n->job->error)
		r = try_failed(b, n, t);
	else if (!n->type->device)
		r = mounted(b, n, t);
	else
		r = 2;
	if (r == 2)
		attached(n);
	job_free(b, n->job);
	n->job = NULL;
	return r;
}

/* Bytes come: neither the root's deadline nor the try's counts from before them. */
static void note_progress(struct boot *b, struct netroot *n, struct mount_target *t)
{
	uint64_t bytes = n->type->progress ? n->type->progress() : 0;

	if (bytes <= n->progress)
		return;
	n->progress = bytes;
	root_wait_on(b->root);
	job_postpone(b, n->job, n->try_s);
	snprintf(t->waits_for, sizeof(t->waits_for), "%llu MiB of it have come", (unsigned long long)(bytes >> 20));
}

errint netroot_try(struct boot *b, struct netroot *n, struct mount_target *t)
{
	if (!n->job) {
		if (clock_ns() < n->next_try_ns || !drivers_settled(b, n, t))
			return 0;
		return start_try(b, n, t);
	}
	if (!n->job->done) {
		if (n->tries == 1 && !n->progress)
			snprintf(t->waits_for, sizeof(t->waits_for), "no answer from %s yet",
				 n->address[0] ? n->address : "the host");
		note_progress(b, n, t);
		return 0;
	}
	return try_ended(b, n, t);
}

void netroot_forget_tries(struct boot *b, struct netroot *n)
{
	job_free(b, n->job);
	n->job = NULL;
	n->refusals = n->tries = 0;
	n->next_try_ns = 0;
}
