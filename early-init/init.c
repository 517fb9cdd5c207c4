// SPDX-License-Identifier: GPL-2.0-or-later
/* PID 1: the order of the boot. */
#include "init.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader.h"
#include "setup.h"

/* What the switch waits for modprobe helpers and drivers that are nearly there. */
#define DRAIN_MS 200
/* Longest that modules which were asked for by name hold up the switch. */
#define NAMED_MS 10000

static errint begin(struct boot *b)
{
	errint r;

	if ((r = setup_mounts()) < 0)
		return r;
	log_info("/init started (early-init %s)", ROOTWARD_VERSION);
	if ((r = setup_cmdline(b)) < 0 || (r = setup_index(b)) < 0 || (r = loop_init(b)) < 0)
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

	break_at(b, STAGE_CMDLINE);
	if ((r = uevents_open(b)) < 0) {
		log_err("cannot listen to uevents: %s", strerror(-r));
		return r;
	}
	if (b->opt.neednet)
		loader_release(b, MODULE_NETWORK);
	break_at(b, STAGE_PRE_LOAD);
	loader_want_configured(b, false);
	/* What coldplug cannot see it has said; hotplug goes on without it. */
	r = coldplug(b);
	loader_kick(b);
	return r == -ENOMEM ? r : 0;
}

/* One wait for the root: 1 mounted, -errno given up. POST_WANTED: whether rd.driver.post was served. */
static errint wait_for_root(struct boot *b, bool *post_wanted)
{
	errint r;

	if ((r = root_init(b)) < 0)
		return r;
	for (;;) {
		loader_kick(b);
		if (!*post_wanted && planner_idle(b->plan)) {
			*post_wanted = true;
			loader_want_configured(b, true);
			break_at(b, STAGE_POST_LOAD);
		}
		if ((r = resume_step(b)) < 0 || (r = root_step(b)) != 0)
			return r;
		if ((r = loop_run_once(b)) < 0)
			return r;
	}
}

/* Modules that somebody asked for by name are under way before the image goes; what only devices named may not be. */
static void start_named(struct boot *b, bool post_wanted)
{
	uint64_t deadline = clock_ns() + (uint64_t)NAMED_MS * 1000000u;

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

static void leave(struct boot *b, bool post_wanted)
{
	uint64_t now;
	errint r;

	start_named(b, post_wanted);
	break_at(b, STAGE_PRE_SWITCH);
	loader_drain(b, DRAIN_MS);
	now = clock_ns();
	r = profile_write(b, RUN_DIR "/hardware");
	if (r < 0)
		log_warn("cannot write the hardware profile %s/hardware: %s", RUN_DIR, strerror(-r));
	timeline_step(STEP_SWITCH, "switch", NULL, -1, 0, now, now);
	r = timeline_write(RUN_DIR "/boot.json", b->start_ns);
	if (r < 0)
		log_warn("cannot write the timeline %s/boot.json: %s", RUN_DIR, strerror(-r));
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
		/* Without index or loop there is nothing to go on with when the shell is left. */
		for (;;)
			emergency(b, "early-init cannot start");
	}
	for (;;) {
		r = wait_for_root(b, &post_wanted);
		if (r == 1)
			leave(b, post_wanted);
		emergency(b, r == 1 ? "the real root cannot be entered" : "no root file system");
		/* The shell was left: somebody may have helped. */
		r = coldplug(b);
		if (r < 0)
			log_warn("looking at all devices again: %s", strerror(-r));
	}
}
