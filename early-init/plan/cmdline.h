/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel command line, as the kernel splits it (lib/cmdline.c next_arg:
 * words at blanks, double quotes protect blanks, one pair of quotes around a
 * value or a whole word is taken off), and what early-init reads from it.
 * Sources: Documentation/admin-guide/kernel-parameters.txt, bootparam(7),
 * dracut.cmdline(7), and rootward-init(7) for what is ours.
 */
#ifndef ROOTWARD_PLAN_CMDLINE_H
#define ROOTWARD_PLAN_CMDLINE_H

#include "base.h"

/* Longest command line read; the kernel's own limit is 2048 on x86. */
#define CMDLINE_MAX 16384

/* ---- cmdline_split.c ---- */
/*
 * Next word of *CURSOR, split in place (the buffer is written to): KEY gets
 * the name, VALUE the text after '=' or NULL. False at the end, and at "--"
 * (what follows belongs to init).
 */
bool cmdline_next(char **cursor, char **key, char **value) NONNULL(1, 2, 3);

/* "1 yes on true" / "0 no off false"; -EINVAL else. NULL is true (a bare word). */
errint parse_bool(const char *s) MUST_CHECK;

/* ---- cmdline.c ---- */
/* What to do when the boot failed, by precedence. */
enum emergency_action { EMERGENCY_SHELL, EMERGENCY_REBOOT, EMERGENCY_POWEROFF, EMERGENCY_HALT };

/* Where rd.break stops. */
enum boot_stage {
	STAGE_NONE,
	STAGE_CMDLINE, /* before anything is loaded */
	STAGE_PRE_LOAD,
	STAGE_POST_LOAD,
	STAGE_PRE_MOUNT,  /* root device found, not mounted (also "mount" names the end of it) */
	STAGE_MOUNT,	  /* root mounted */
	STAGE_PRE_SWITCH, /* the default of a bare rd.break */
};

/* systemd.volatile=: what of the root is in memory and forgotten at the end (systemd-volatile-root.service(8)). */
enum volatile_mode {
	VOLATILE_NO,
	VOLATILE_YES,	 /* all but /usr, which is read-only */
	VOLATILE_STATE,	 /* /var */
	VOLATILE_OVERLAY /* what is written */
};

/* Everything early-init understands. Strings point into the parsed buffer. */
struct boot_options {
	const char *root;	/* NULL: GPT auto-discovery */
	const char *rootfstype; /* NULL: by signature; may be a comma list */
	const char *rootflags;	/* NULL: none; with the flags of ro/rw apart */
	const char *init;	/* NULL: try the usual ones */
	const char *resume;	/* NULL: none */
	uint64_t resume_offset; /* in pages of the resume device, 0 none */
	bool noresume;
	bool read_write;      /* last of ro / rw; default ro */
	bool rootwait;	      /* wait for the root device without a limit */
	unsigned rootwait_s;  /* rootwait=N: limit in seconds, 0 none given */
	unsigned rootdelay_s; /* seconds slept before looking */
	unsigned timeout_s;   /* rd.timeout, default 30; 0 waits for ever */
	bool timeout_given;   /* rd.timeout was there: the image's own does not count */
	bool quiet, debug;    /* quiet / debug or rd.debug */
	int panic;	      /* panic=N; INT32_MIN when not given */
	bool shell;	      /* rd.shell=0|no clears it; default true */
	bool emergency_given; /* rd.emergency= was there */
	enum emergency_action emergency;
	enum boot_stage break_at;
	const char *mount_usr, *mount_usrfstype, *mount_usrflags;
	const char *overlay; /* rd.overlay: device that takes what is written; "" memory, NULL not given */
	bool no_overlay;     /* rd.overlay=0 */
	enum volatile_mode volatile_mode;
	bool neednet;	       /* rd.neednet=1, or a root that is on the network */
	unsigned bad_words;    /* words of ours with a value that made no sense */
	const char *first_bad; /* the first of them, for a message; NULL none */
};

/* TEXT, the setting "timeout" of an image (NULL: it has none), is the timeout unless the command line gave one. */
void cmdline_default_timeout(struct boot_options *o, const char *text) NONNULL(1);
/* Seconds that the root device is waited for: rootwait, its own number, or the timeout. 0: for ever. */
unsigned cmdline_root_limit(const struct boot_options *o) NONNULL(1);

/* Defaults, then every word of LINE (modified in place; must outlive OUT). Later words win. */
void cmdline_parse(char *line, struct boot_options *out) NONNULL(1, 2);

#endif
