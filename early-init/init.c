// SPDX-License-Identifier: GPL-2.0-or-later
/* PID 1: the order of the boot. */
#include "init.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"
#include "loader.h"
#include "net.h"
#include "root.h"
#include "setup.h"
#include "textfile.h"

/* What the switch waits for modprobe helpers and drivers that are nearly there. */
#define DRAIN_MS 200
/* The latest that all devices are looked at. */
#define WALK_MS 500
/* Longest that modules which were asked for by name hold up the switch, and slow drivers the post-load hooks. */
#define NAMED_MS 10000

static errint begin(struct boot *b)
{
	errint r, mounts = setup_mounts();

	log_info("/init started (early-init %s)", ROOTWARD_VERSION);
	/* Also without a mount: the options and the index say what to do then (panic=, a shell, its password). */
	if ((r = setup_cmdline(b)) < 0 || (r = setup_index(b)) < 0 || (r = mounts) < 0 || (r = loop_init(b)) < 0)
		return r;
	if ((r = block_init(b)) < 0 || (r = loader_init(b)) < 0)
		return r;
	timeline_step(STEP_SETUP, "setup", NULL, -1, 0, b->start_ns, clock_ns());
	return 0;
}

/* From here on modules load; the caller's loop does the rest. */
static errint start_devices(struct boot *b)
{
	errint r;

	if ((r = uevents_open(b)) < 0) {
		log_err("cannot listen to uevents: %s", strerror(-r));
		return r;
	}
	/* Without it a root on the network says what is missing, and a local one needs it not. */
	(void)!net_init(b);
	/* After both: somebody may have to type there on a USB keyboard, or come by ssh. */
	break_at(b, STAGE_CMDLINE);
	hooks_run(b, HOOK_PRE_LOAD);
	break_at(b, STAGE_PRE_LOAD);
	loader_load_first(b);
	loader_want_configured(b, false);
	/* The root's file system is the longest load of most boots: under way while devices are looked for. */
	if ((r = root_init(b)) < 0)
		return r;
	coldplug_begin(b);
	return 0;
}

static void time_to_walk(struct boot *b, void *arg)
{
	(void)arg;
	b->walk_due = true;
}

/*
 * The rest of the devices are looked for when a CPU is free for it, or after WALK_MS: most roots are on PCI, and then
 * loading their drivers is what the boot waits for. As coldplug_finish().
 */
static errint walk_if_due(struct boot *b)
{
	if (b->walked || (!b->walk_due && loader_full(b) && planner_storage_seen(b->plan)))
		return 0;
	return coldplug_finish(b);
}

/* Something is to happen once the modules are loaded: the root is looked for after it. */
static bool post_load_awaited(const struct boot *b)
{
	return hooks_waiting(HOOK_POST_LOAD) || b->opt.break_at == STAGE_POST_LOAD;
}

/* One wait for the root: 1 mounted, -errno given up. POST_WANTED: whether rd.driver.post was served. */
static errint wait_for_root(struct boot *b, bool *post_wanted)
{
	uint64_t hooks_deadline = clock_ns() + NAMED_MS * NS_PER_MS;
	errint r;

	if ((r = root_init(b)) < 0)
		return r;
	if (!b->walked && loop_add_timer(b, WALK_MS, time_to_walk, NULL) < 0)
		b->walk_due = true;
	for (;;) {
		if (!*post_wanted && (loader_idle(b) || (post_load_awaited(b) && clock_ns() >= hooks_deadline))) {
			*post_wanted = true;
			loader_want_configured(b, true);
			hooks_run(b, HOOK_POST_LOAD);
			break_at(b, STAGE_POST_LOAD);
		}
		if ((r = resume_step(b)) < 0)
			return r;
		/* What post-load hooks set up may be the root: it is looked for after them. */
		if ((*post_wanted || !post_load_awaited(b)) && (r = root_step(b)) != 0)
			return r;
		/* After it: a root that can be mounted now is not held up by what else could be loaded. */
		loader_kick(b);
		if ((r = walk_if_due(b)) < 0 || (r == 0 && (r = loop_run_once(b)) < 0))
			return r;
	}
}

/* Modules that somebody asked for by name are under way before the image goes; what only devices named may not be. */
static void start_named(struct boot *b, bool post_wanted)
{
	uint64_t deadline = clock_ns() + NAMED_MS * NS_PER_MS;

	if (!post_wanted)
		loader_want_configured(b, true);
	while (planner_named_pending(b->plan)) {
		if (clock_ns() >= deadline) {
			log_warn("modules asked for by name still wait for others after %u s; going on without them",
				 NAMED_MS / 1000);
			return;
		}
		loader_kick(b);
		if (planner_named_pending(b->plan) && loop_run_once(b) < 0)
			return;
	}
}

/* rd.neednet=1 with a local root: until the network is up or has failed, which it does by its own deadlines. */
static void wait_for_network(struct boot *b)
{
	if (net_holds_switch(b))
		coldplug_finish(b);
	while (net_holds_switch(b)) {
		loader_kick(b);
		if (net_holds_switch(b) && loop_run_once(b) < 0)
			return;
	}
}

/*
 * From a child, off the critical path: reading the kernel's log takes longer than the switch. What it needs is opened
 * before, because /run and /dev move away under it.
 */
static void write_timeline(struct boot *b)
{
	int CLEANUP(close_fd) dir = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int CLEANUP(close_fd) kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct kernel_stamps stamps;
	pid_t pid = dir < 0 ? -1 : fork();

	if (pid < 0)
		log_warn("cannot write the timeline %s/boot.json: %s", RUN_DIR, strerror(errno));
	if (pid != 0)
		return;
	yield_to_root();
	kernel_stamps(kmsg, &stamps);
	_exit(fchdir(dir) < 0 || timeline_write("boot.json", b->start_ns, &stamps) < 0);
}

static void leave(struct boot *b, bool post_wanted)
{
	uint64_t now;
	errint r;

	start_named(b, post_wanted);
	wait_for_network(b);
	hooks_run(b, HOOK_PRE_SWITCH);
	break_at(b, STAGE_PRE_SWITCH);
	net_handover(b);
	/* Also disks that came after the root. */
	resume_protect(b);
	loader_drain(b, DRAIN_MS);
	now = clock_ns();
	r = profile_write(b, RUN_DIR "/hardware");
	if (r < 0)
		log_warn("cannot write the hardware profile %s/hardware: %s", RUN_DIR, strerror(-r));
	timeline_step(STEP_SWITCH, "switch", NULL, -1, 0, now, now);
	write_timeline(b);
	r = switch_root_now(b);
	log_err("the real root cannot be entered: %s", strerror(-r));
}

int init_main(int argc, char **argv, char **envp)
{
	static struct boot boot;
	struct boot *b = &boot;
	bool post_wanted = false;
	errint r;

	(void)argc;
	b->start_ns = clock_ns();
	b->argv = argv;
	b->envp = envp;
	r = begin(b);
	if (r == 0)
		r = start_devices(b);
	if (r < 0) {
		log_err("early-init cannot start: %s", strerror(-r));
		/* Without index or loop there is nothing to go on with when the shell is left. */
		for (;;)
			emergency(b, "early-init cannot start");
	}
	for (;;) {
		r = wait_for_root(b, &post_wanted);
		if (r == 1)
			leave(b, post_wanted);
		emergency(b, r == 1 ? "the real root cannot be entered" : "no root file system");
		/* The shell was left: somebody may have helped, or mounted and mended what an image was made of. */
		resume_too_late(b);
		net_retry(b);
		loader_retry(b);
		r = coldplug(b);
		if (r < 0)
			log_warn("looking at all devices again: %s", strerror(-r));
	}
}
