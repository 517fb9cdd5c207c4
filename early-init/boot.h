/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the duties of early-init share. PID 1 is one process with one epoll
 * loop; nothing here is thread-safe and nothing needs to be.
 *
 *   dispatch.c argv[0] (init, modprobe, insmod, ...)    init.c     order of the boot
 *   setup.c    fds, mounts, command line, index        loop.c    epoll, timers, children
 *   uevents.c  netlink socket   coldplug.c  what is there   loader.c lanes.c worker_process.c  modules, side by side
 *   modfile.c  read, decompress, init_module           log.c     /dev/kmsg      timeline.c  boot.json
 *   block.c    block devices and their signatures      root.c    which one is root, mounting it
 *   gpt_auto.c resume.c switch.c emergency.c emergency_shell.c diagnose.c profile.c
 */
#ifndef ROOTWARD_BOOT_H
#define ROOTWARD_BOOT_H

#include <sys/types.h>

#include "plan/cmdline.h"
#include "plan/index.h"
#include "plan/modconf.h"
#include "plan/planner.h"
#include "plan/rootspec.h"
#include "plan/uevent.h"

/* ---- log.c: one line each to /dev/kmsg, prefixed "rootward: "; levels as syslog ---- */
void log_open(void);			/* /dev/kmsg, else /dev/console; safe to call again */
void log_setup(bool quiet, bool debug); /* quiet: only warnings and worse reach the console */
void log_err(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2); /* only with debug */

/* ---- timeline.c: steps of the boot, bounded, written to /run/rootward/boot.json ---- */
enum step_kind {
	STEP_SETUP,
	STEP_COLDPLUG,
	STEP_MODULE,
	STEP_DEVICE,
	STEP_ROOT_FOUND,
	STEP_MOUNT,
	STEP_SWITCH,
	STEP_HANDLER,
	STEP_RESUME,
	STEP_NETWORK,
	STEP_OTHER
};
uint64_t clock_ns(void); /* CLOCK_MONOTONIC */
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* Keep one step. DETAIL may be NULL; LANE is the worker's slot or -1. Strings are copied, truncated at 120 bytes. */
void timeline_step(enum step_kind kind, const char *name, const char *detail, int lane, int error, uint64_t start_ns,
		   uint64_t end_ns);
/* The same with the reason of a module: WHY (a device and its alias, who asked), PARENT (module that needs it). */
struct step_reason {
	const char *detail, *why, *parent; /* NULL where there is none */
};
void timeline_because(enum step_kind kind, const char *name, const struct step_reason *reason, int lane, int error,
		      uint64_t start_ns, uint64_t end_ns) NONNULL(3);
/* kernel_stamps.c: by the kernel log's own clock, 0 where the log does not say. */
struct kernel_stamps {
	uint64_t unpack_start_ns, unpack_end_ns; /* the image, which may still go on while drivers probe */
	uint64_t run_init_ns;
};
/* Reads all of KMSG (/dev/kmsg opened non-blocking). */
void kernel_stamps(int kmsg, struct kernel_stamps *out) NONNULL(2);
/* All steps so far as JSON, published by rename. STAMPS may be NULL. */
errint timeline_write(const char *path, uint64_t init_start_ns, const struct kernel_stamps *stamps) MUST_CHECK;
/* Forget and free all steps: for tests. */
void timeline_clear(void);

/* ---- loop.c ---- */
struct boot;
typedef void loop_fd_fn(struct boot *b, int fd, uint32_t events, void *arg);  /* EVENTS as epoll(7) */
typedef void loop_child_fn(struct boot *b, pid_t pid, int status, void *arg); /* STATUS as waitpid(2) */
typedef void loop_timer_fn(struct boot *b, void *arg);
/* Makes B->loop and blocks SIGCHLD, which the loop reads. 0, or -errno with B->loop NULL. */
errint loop_init(struct boot *b) MUST_CHECK;
/* Frees B->loop, when there is one; what it watched stays open and runs on. */
void loop_free(struct boot *b);
/* In a child, right after fork: default signals again, and no descriptor of PID 1's but 0, 1, 2 and those two to keep
 * (-1 none). */
void loop_after_fork(int keep, int keep_too);
/* In a child whose work nobody waits for: what leads to root and the real init have the CPUs first. */
void yield_to_root(void);
/* Call FN while FD (borrowed) has EVENTS. 0, -ENOSPC too many watched already, or epoll_ctl(2)'s -errno. */
errint loop_add_fd(struct boot *b, int fd, uint32_t events, loop_fd_fn *fn, void *arg) MUST_CHECK;
/* Before FD is closed, also from FN; FN is not called for it any more. Harmless when it is not watched. */
void loop_remove_fd(struct boot *b, int fd);
/* Call FN once when the child PID has ended and was reaped by the loop. 0 or -ENOMEM: the child runs on unwatched. */
errint loop_watch_child(struct boot *b, pid_t pid, loop_child_fn *fn, void *arg) MUST_CHECK;
/* Call FN once, MS milliseconds from now; id > 0, or -ENOSPC too many are pending. */
errint loop_add_timer(struct boot *b, unsigned ms, loop_timer_fn *fn, void *arg) MUST_CHECK;
/* Harmless when ID has run already or is no timer (0, negative). */
void loop_cancel_timer(struct boot *b, int id);
/* Wait for events until the next timer, at most five seconds, and handle all that is there. 0 or -errno. */
errint loop_run_once(struct boot *b) MUST_CHECK;

/* ---- shared state ---- */
struct block_table;
struct boot {
	char *cmdline;	     /* as /proc/cmdline says, untouched */
	char *cmdline_words; /* the parsed copy that opt points into */
	struct boot_options opt;
	struct boot_index ix;
	struct modconf conf; /* module words of the command line */
	struct planner *plan;
	struct loop *loop;
	struct loader *loader;
	struct block_table *blocks;
	struct root_search *root;
	struct net *net;     /* net.h; NULL before net_init() */
	char **argv, **envp; /* what the kernel gave us; handed to the real init */
	uint64_t start_ns;
	bool pci_seen; /* coldplug_begin() has read the modaliases of PCI */
	bool looked;   /* coldplug_begin() was here */
	bool walk_due; /* coldplug_finish() is to come though loads keep the CPUs busy */
	bool walked;   /* coldplug_finish() was here */
	bool asking;   /* someone is being asked: keyboards are released */
};

#define NEWROOT "/sysroot"
#define RUN_DIR "/run/rootward"

/* ---- uevents.c ---- */
/* Longest modalias that is acted on. The CPU's lists every feature: about 2 KiB today. */
#define ALIAS_READ_MAX 16384
errint uevents_open(struct boot *b) MUST_CHECK; /* before coldplug */
/* What is there: block devices, and the modaliases of PCI, where most disks are; takes a millisecond or two. */
void coldplug_begin(struct boot *b);
/*
 * Every other modalias below /sys/devices, if that was not looked at yet: at the latest before somebody is shown, or
 * looks for, what the machine has. 1 it was, just now; 0 nothing to do; -ENOMEM. What else could not be seen is said,
 * and hotplug goes on without it.
 */
errint coldplug_finish(struct boot *b);
/* keyboards.c: before coldplug_begin(), when someone is asked: want keyboards, network cards and their buses. */
void coldplug_keyboards(struct boot *b);
/* Both, as the rescan does. */
errint coldplug(struct boot *b) MUST_CHECK;
/* Name of the device a planner cookie stands for (sysfs path, or who asked by name); "" unknown. */
const char *cookie_name(uint32_t cookie) __attribute__((returns_nonnull));
uint32_t cookie_new(const char *name); /* bounded; 0 when full */
/* I-th modalias of a device that matched nothing in the image; false past the end. */
bool unmatched_device(unsigned i, const char **syspath, const char **modalias);

/* ---- loader.c ---- */
/* Makes B->loader with one lane for each worker that may run at a time. 0 or -errno. */
errint loader_init(struct boot *b) MUST_CHECK;
void loader_kick(struct boot *b); /* start what is ready, up to the bound of workers */
/* Ask for a module by name or alias ("fs-ext4"); WHO says who wants it. Number of matches or -ENOENT. */
errint loader_want(struct boot *b, const char *name, const char *who);
/* Whether loads keep all CPUs but PID 1's own busy. */
bool loader_full(const struct boot *b);
/* Whether all devices were looked for and no module is on its way; without a plan there is nothing to wait for. */
bool loader_idle(const struct boot *b);
void loader_release(struct boot *b, uint32_t classes); /* keyboards, network: planner_release and kick */
/* The kernel's own words about module ID when it failed, and our remedy: one line. */
void loader_explain(struct boot *b, uint32_t id, char *out, size_t size);
/* Before the old root is emptied: give running helpers MS, leave the rest to finish by themselves. */
void loader_drain(struct boot *b, unsigned ms);

/* ---- block.c: fed by uevents.c with every uevent of SUBSYSTEM block ---- */
/* Makes B->blocks, empty, and has the kernel poll for media (block.events_dfl_poll_msecs). 0 or -ENOMEM, said. */
errint block_init(struct boot *b) MUST_CHECK;
/* List, read again or forget the device of U; the first read is begun, never waited for. */
void block_uevent(struct boot *b, const struct uevent *u);
/* I-th known device of block_table.c, NULL past the end. */
const struct block_facts *block_at(struct boot *b, unsigned i);

/* ---- root.c ---- */
errint root_init(struct boot *b) MUST_CHECK; /* parses root=, starts the deadline */
/* After each turn of the loop: 1 root is mounted on NEWROOT, 0 wait on, -errno given up (the diagnosis was printed). */
errint root_step(struct boot *b) MUST_CHECK;

/* ---- resume.c ---- */
/* 0: nothing to resume or not resumed (go on), 1: its device is waited for; does not return when the kernel resumes.
 * root_step() calls it before it mounts anything. */
errint resume_step(struct boot *b) MUST_CHECK;

/* ---- switch.c: does not return but on failure; everything is checked before the old root is touched ---- */
errint switch_root_now(struct boot *b) MUST_CHECK;

/* ---- emergency.c ---- */
/* Diagnosis was printed; now do what rd.emergency, panic, rd.shell say; returns when the shell was left. */
void emergency(struct boot *b, const char *why);
void break_at(struct boot *b, enum boot_stage stage); /* a shell when rd.break names STAGE */

/* ---- console.c ---- */
/* Before someone is asked something: the image's keymap. None in it, or a kernel without a screen, is no error. */
void console_load_keymap(void);

/* ---- diagnose.c ---- */
void diagnose(struct boot *b); /* the report of a failed boot, to console and kmsg */

/* ---- profile.c ---- */
errint profile_write(struct boot *b, const char *path) MUST_CHECK; /* hardware.h's format */

/* ---- the tools, by argv[0]; exit status as kmod's ---- */
int modprobe_main(int argc, char **argv);
int insmod_main(int argc, char **argv);
int rmmod_main(int argc, char **argv);
int lsmod_main(int argc, char **argv);
int modinfo_main(int argc, char **argv);

/* ---- modfile.c ---- */
/* A module file with everything read: loading it needs no file system any more. */
struct modfile {
	void *data;
	size_t size;
	int fd;			/* >= 0: pass to finit_module (plain, or what the kernel undoes itself), else data */
	bool kernel_decompress; /* MODULE_INIT_COMPRESSED_FILE */
	void *map;		/* modfile_bytes() has mapped FD; SIZE is the file's then. NULL not */
};
/*
 * Read PATH: plain, zstd undone by us, xz and gzip left to the kernel. 0 and OUT is to be closed; -ENOEXEC no regular
 * file of a module's size, -EBADMSG damaged zstd, -EPROTONOSUPPORT a packing that the kernel cannot undo, or -errno.
 */
errint modfile_open(const char *path, struct modfile *out) MUST_CHECK;
/*
 * finit_module(2) or init_module(2) with OPTIONS ("" none) and the former's FLAGS. Returns when the module's init has.
 * 0, the kernel's -errno, or -EPROTONOSUPPORT when it cannot undo the packing.
 */
errint modfile_load(const struct modfile *m, const char *options, unsigned flags) MUST_CHECK;
/* The unpacked bytes, M's own until it is closed. 0, -EPROTONOSUPPORT only the kernel can undo it, -errno. */
errint modfile_bytes(struct modfile *m, const void **data, size_t *size) MUST_CHECK NONNULL(1, 2, 3);
/* Frees what M owns; also after a failed open, and twice. */
void modfile_close(struct modfile *m);

/*
 * The index at PATH (NULL: its place in the image) mapped for as long as the process lives, and opened. 0, -errno of
 * the file, or as index_open(); IX is written only on success.
 */
errint map_index(const char *path, struct boot_index *ix) MUST_CHECK NONNULL(2);

#endif
