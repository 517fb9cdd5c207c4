/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The load plan: which modules to load, which may be loaded side by side, and
 * why each is. early-init drives it with workers' results; `rootward simulate`
 * drives the same code with imagined successes. Pure: no I/O, no clock; its
 * memory is one block sized by the index's number of modules, allocated by
 * planner_new.
 *
 * Rules:
 * - a module is ready when all its hard dependencies are loaded and each of
 *   its pre soft dependencies is loaded or has failed; what it asks the kernel
 *   for while it is loaded (setting "load-requests") counts as one of these:
 *   the kernel would start a modprobe for it, and the module wait for that;
 * - post soft dependencies become wanted when the module is loaded; so does
 *   the driver of disks of a bus (setting "disk-drivers"), unless blacklisted:
 *   a SATA disk takes half a second to answer, in which sd_mod can be loaded;
 * - when one alias names several modules they are chained in kmod's order;
 * - a failed hard dependency fails the module (-ENOKEY is not used: the cause
 *   is kept as the id of the module that failed);
 * - KEYBOARD and NETWORK modules asked for by alias are held back until
 *   planner_release() opens their class;
 * - ready modules come out by rank, then in the order they were wanted; what
 *   a module needs has at least its rank;
 * - soft dependencies that wait for each other never stop the plan; hard ones
 *   that do (a damaged index) fail with -ELOOP.
 */
#ifndef ROOTWARD_PLAN_PLANNER_H
#define ROOTWARD_PLAN_PLANNER_H

#include "index.h"
#include "lookup.h"
#include "modconf.h"

/* Of the settings "disk-drivers" and "load-requests": what is more is not read. */
#define PAIRS_MAX 8

enum load_state {
	LOAD_UNWANTED,
	LOAD_HELD,    /* wanted by alias, its class is not released */
	LOAD_WAITING, /* for dependencies */
	LOAD_READY,
	LOAD_LOADING,
	LOAD_LOADED,
	LOAD_FAILED,	 /* itself, with error */
	LOAD_DEP_FAILED, /* a hard dependency did: see cause */
	LOAD_BLACKLISTED /* asked for by alias only, and blacklisted */
};

/* How much root may need it. Urgent are all but RANK_LATER. */
enum load_rank {
	RANK_LATER,
	RANK_STORAGE, /* a controller, a bus: there may be a disk behind it */
	RANK_ROOT,    /* somebody asked by name */
	RANK_DISK,    /* the device is itself a disk (virtio-blk, NVMe) */
	RANK_FIRST    /* rd.driver.pre: before any device has its driver, and what that needs */
};

enum want_kind {
	WANT_DEVICE,   /* a modalias of a device; by = sysfs path */
	WANT_NAME,     /* modules-load, rd.driver.pre, file system of root, ...; by = who says so */
	WANT_HARD_DEP, /* parent = the module that needs it */
	WANT_SOFT_DEP,
	WANT_DISKS,  /* parent = the module of a bus, whose disks need this one */
	WANT_REQUEST /* parent = the module that asks the kernel for it (request_module) */
};

/* Why a module is in the plan: the first reason given. */
struct load_reason {
	enum want_kind kind;
	uint32_t parent;   /* module that pulled it in, or MODULE_NONE */
	const char *alias; /* pattern in the index that matched, or NULL */
	uint32_t by;	   /* the caller's cookie given to planner_want_*: names the device or the setting */
};

struct load_status {
	enum load_state state;
	int error;	/* -errno of the load, 0 */
	uint32_t cause; /* LOAD_DEP_FAILED: the module that failed */
	struct load_reason why;
	bool async; /* pass async_probe to it */
	enum load_rank rank;
	bool urgent; /* more than RANK_LATER */
};

struct planner;

/* NEW planner on IX and CMDLINE (borrowed; CMDLINE may be NULL). -ENOMEM. planner_free frees. */
errint planner_new(const struct boot_index *ix, const struct modconf *cmdline, struct planner **out)
    MUST_CHECK NONNULL(1, 3);
/* NULL is nothing. */
void planner_free(struct planner *p);

/*
 * The CPU's modalias (/sys/devices/system/cpu/modalias; borrowed). From now on
 * a soft dependency is passed over when it is for CPUs with other features: to
 * link it only to hear ENODEV took a tenth of the time to root.
 */
void planner_cpu(struct planner *p, const char *modalias) NONNULL(1, 2);

/*
 * A device shows MODALIAS; BY is the caller's cookie for it. Number of modules
 * of the image that match (0: unmatched), -EINVAL.
 */
errint planner_want_alias(struct planner *p, const char *modalias, uint32_t by) MUST_CHECK NONNULL(1, 2);

/* NAME (module name or alias) is wanted whatever the blacklist says of aliases. Matches, or -ENOENT none. */
errint planner_want_name(struct planner *p, const char *name, uint32_t by) MUST_CHECK NONNULL(1, 2);

/* The same, and before everything else: planner_next_first() gives it out, and it gives way to nothing. */
errint planner_want_first(struct planner *p, const char *name, uint32_t by) MUST_CHECK NONNULL(1, 2);

/*
 * The same, of what modules-load.d lists: what is blacklisted is left out, as systemd-modules-load(8) does. Matches
 * that are not, which may be 0, or -ENOENT none at all.
 */
errint planner_want_listed(struct planner *p, const char *name, uint32_t by) MUST_CHECK NONNULL(1, 2);

/*
 * No async_probe for any driver from now on: each meets its devices in
 * the order in which its bus found them, so that "/dev/vda" names the same disk
 * at every boot. For a root that is named so; it costs waiting. Modules
 * without devices (file systems, libraries) still get it, or loading one would
 * last until every asynchronous probe of the system has ended.
 */
void planner_keep_order(struct planner *p) NONNULL(1);

/* Open CLASSES (MODULE_KEYBOARD | MODULE_NETWORK): held modules become waiting or ready. */
void planner_release(struct planner *p, uint32_t classes) NONNULL(1);

/* Next module to load now, marked LOADING; MODULE_NONE when none is ready. */
uint32_t planner_next(struct planner *p) NONNULL(1);

/* The same, but only what planner_want_first() asked for, and what that needs. */
uint32_t planner_next_first(struct planner *p) NONNULL(1);
/* Whether any of these is waiting, ready or in flight. */
bool planner_first_pending(const struct planner *p) NONNULL(1);

/*
 * The same, but only an urgent module: what is not urgent competes for the CPU and the kernel's locks. PATIENT: as long
 * as nothing hangs. Then where a disk is there, none of RANK_STORAGE while a module of a higher rank is on its way: an
 * empty SATA controller beside a virtio disk took a fifth of the time to root. And where only controllers are there,
 * not what was asked for by name while a controller's driver is still to begin: a SATA disk takes half a second to
 * answer, in which a file system can be loaded.
 */
uint32_t planner_next_urgent(struct planner *p, bool patient) NONNULL(1);
/*
 * A module of a rank above RANK_STORAGE that waits only for hard dependencies
 * which are loading or ready, marked LOADING, and then these, whose turn is at
 * once; MODULE_NONE when there is none. The kernel checks a module's signature
 * before it looks for the symbols it needs, and waits for a symbol whose module
 * is being initialised (kernel/module, resolve_symbol_wait): so a large module
 * need not wait for small ones. FITS, with ARG, says for each of these
 * dependencies whether there is time enough; LOADING is false when it is still
 * to begin. When there was not, the load fails: see planner_too_early. PATIENT
 * as for planner_next_urgent().
 */
typedef bool planner_fits_fn(const void *arg, uint32_t module, uint32_t dependency, bool loading);
uint32_t planner_next_ahead(struct planner *p, bool patient, planner_fits_fn *fits, const void *arg) NONNULL(1, 3);

/*
 * The load of MODULE, given out by planner_next_ahead, ended with ERROR (-errno) because a symbol was not there yet:
 * true, and it waits again like any other. False: the result is planner_done's.
 */
bool planner_too_early(struct planner *p, uint32_t module, int error) NONNULL(1);

/* Whether a device has shown itself that has a driver for storage. */
bool planner_storage_seen(const struct planner *p) NONNULL(1);
/* Whether an urgent module is waiting, ready or in flight. */
bool planner_urgent(const struct planner *p) NONNULL(1);
/* Whether a module asked for by name is waiting or ready, not yet given out. */
bool planner_named_pending(const struct planner *p) NONNULL(1);

/* Result of a load: 0, or -errno (-EEXIST counts as loaded). */
void planner_done(struct planner *p, uint32_t module, int error) NONNULL(1);

/*
 * From the start again, as far as it did not come: what failed, what was not tried for that reason, and what was loaded
 * and is not THERE (called with ARG) any more is as if nobody had asked for it, and is wanted again where somebody
 * asked for it by name. What a device asks for comes back when planner_want_alias() is told of the device once more.
 */
typedef bool planner_there_fn(const void *arg, uint32_t module);
void planner_retry(struct planner *p, planner_there_fn *there, const void *arg) NONNULL(1, 2);

/* Loads given out by planner_next and not done. */
unsigned planner_in_flight(const struct planner *p) NONNULL(1);
/* Nothing ready, nothing in flight, nothing waiting. */
bool planner_idle(const struct planner *p) NONNULL(1);

/* What has become of MODULE, into OUT; one that the index has not is LOAD_UNWANTED. Strings are the index's. */
void planner_status(const struct planner *p, uint32_t module, struct load_status *out) NONNULL(1, 3);

#endif
