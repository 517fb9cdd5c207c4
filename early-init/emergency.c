/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a failed boot: reboot, power off, halt, or a shell. */
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emergency_shell.h"
#include "hooks.h"
#include "root.h"
#include "textfile.h"

#define REPORT RUN_DIR "/diagnosis"
/* How long disks may take to write what was written before the machine is stopped. */
#define SYNC_MS 20000
#define SYNC_LOOK_MS 10

/* A disk that has stopped answering, perhaps why the boot failed, never ends a sync(2). */
static void sync_disks(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		sync();
		_exit(0);
	}
	for (unsigned ms = 0; pid > 0 && ms < SYNC_MS; ms += SYNC_LOOK_MS) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		usleep(SYNC_LOOK_MS * 1000);
	}
	log_err("what is not on the disks yet is given up: %s",
		pid < 0 ? strerror(errno) : "one of them has stopped answering");
}

static _Noreturn void stop_machine(unsigned how)
{
	sync_disks();
	reboot((int)how);
	for (;;)
		pause();
}

/* As the kernel's own panic(): N > 0 restarts after N seconds, N < 0 at once, 0 stays. */
static _Noreturn void panic_like_kernel(const struct boot *b)
{
	long seconds = b->opt.panic;
	char text[32];

	if (b->opt.panic == INT32_MIN)
		seconds = text_read("/proc/sys/kernel/panic", text, sizeof(text)) > 0 ? strtol(text, NULL, 10) : 0;
	if (seconds == 0) {
		log_err("stopped: no shell is allowed here, and panic=0");
		for (;;)
			pause();
	}
	if (seconds > 0) {
		log_err("restarting in %ld seconds (panic=)", seconds);
		sleep((unsigned)seconds);
	}
	stop_machine(RB_AUTOBOOT);
}

static void act(const struct boot *b)
{
	if (!b->opt.emergency_given)
		return;
	switch (b->opt.emergency) {
	case EMERGENCY_REBOOT:
		log_err("restarting (rd.emergency=reboot)");
		stop_machine(RB_AUTOBOOT);
	case EMERGENCY_POWEROFF:
		log_err("powering off (rd.emergency=poweroff)");
		stop_machine(RB_POWER_OFF);
	case EMERGENCY_HALT:
		log_err("halting (rd.emergency=halt)");
		stop_machine(RB_HALT_SYSTEM);
	case EMERGENCY_SHELL:
		break;
	}
}

void emergency(struct boot *b, const char *why)
{
	errint err;

	log_err("boot failed: %s", why);
	hooks_run(b, HOOK_EMERGENCY);
	act(b);
	if (!b->opt.shell || emergency_shell_locked_out(b))
		panic_like_kernel(b);
	log_err("starting the emergency shell: leave it (exit) to try again%s",
		access(REPORT, F_OK) == 0 ? "; the report is in " REPORT : "");
	err = emergency_shell(b);
	if (err == 0) {
		root_look_again(b);
		return;
	}
	if (err == -EACCES)
		log_err("no right password was given");
	else
		log_err("no emergency shell: %s", err == -ENOENT ? "this image has no " SHELL_PROGRAM : strerror(-err));
	panic_like_kernel(b);
}

void break_at(struct boot *b, enum boot_stage stage)
{
	static const char *const names[] = {
	    [STAGE_CMDLINE] = "cmdline",     [STAGE_PRE_LOAD] = "pre-load", [STAGE_POST_LOAD] = "post-load",
	    [STAGE_PRE_MOUNT] = "pre-mount", [STAGE_MOUNT] = "mount",	    [STAGE_PRE_SWITCH] = "pre-switch",
	};
	uint64_t start = clock_ns();
	errint err;

	if (b->opt.break_at != stage || stage == STAGE_NONE)
		return;
	b->opt.break_at = STAGE_NONE; /* once */
	if (emergency_shell_locked_out(b)) {
		log_warn("rd.break is not obeyed: emergency-shell = no in this image");
		return;
	}
	log_err("rd.break=%s: a shell; leave it (exit) to go on", names[stage]);
	err = emergency_shell(b);
	/* The root is mounted then: who asks at once whether its disk has a /usr, too, must get an answer. */
	if (stage != STAGE_MOUNT)
		root_look_again(b);
	root_not_counted(b, start);
	if (err < 0)
		log_err("rd.break=%s: no shell: %s", names[stage], strerror(-err));
}
