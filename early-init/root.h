/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for the root and for /usr, shared by root.c, root_wait.c, usr.c, gpt_auto.c, resume.c and diagnose.c. */
#ifndef ROOTWARD_ROOT_H
#define ROOTWARD_ROOT_H

#include <stdio.h>

#include "block.h"
#include "mount.h"

/* One place to be mounted and what is known of its device. */
struct mount_target {
	const char *what;  /* "root", "/usr": for messages */
	const char *where; /* mount point */
	struct root_spec spec;
	const char *types, *flags; /* comma list, option words; NULL: by signature, none. Borrowed. */
	bool read_write;
	bool member_said; /* mirror_check() has warned */
	unsigned tries;	  /* of mount(2) */
	uint64_t next_try_ns;
	int error; /* -errno of the last try */
	char tried_type[32];
	char devname[64];    /* found device; "" not found yet */
	char fs_type[32];    /* what it was mounted as, or the signature */
	char waits_for[320]; /* what is missing, in words */
};

/* What resume.c knows; survives a restart of the search. */
struct resume_search {
	bool parsed, done;
	bool late; /* it is no longer waited for, and said so */
	struct root_spec spec;
	unsigned wait_s;
	uint64_t deadline_ns; /* 0 none */
	uint64_t report_ns;   /* next report that it is waited for */
};

/* In this order: root itself, /usr on a device of its own, the device of an overlay, all there. */
enum root_state { ROOT_SEARCH, ROOT_USR, ROOT_OVERLAY, ROOT_MOUNTED };

struct root_search {
	enum root_state state;
	errint result; /* < 0: gave up, why says the reason */
	bool reported; /* the diagnosis of it was printed */
	struct mount_target root, usr, overlay;
	struct netroot *net; /* the root is not on a local disk; NULL: it is. Survives a restart of the search. */
	char usr_types[64], usr_flags[512];
	uint64_t start_ns, not_before_ns; /* rootdelay */
	uint64_t deadline_ns;		  /* 0 none */
	uint64_t report_ns;		  /* next report of what is missing */
	bool protects;			  /* see resume_protect() */
	struct resume_search resume;
	bool efi_read;		   /* gpt_auto.c: the EFI variable was looked for */
	char boot_partuuid[40];	   /* the partition that was booted from; "" unknown */
	uint64_t quiet_ns;	   /* root_settled(): no disk has come since then */
	unsigned quiet_generation; /* of the block table then */
	int timer;		   /* pending wake-up, 0 none */
	uint64_t timer_due_ns;	   /* when it is due */
	char why[400];
};

/*
 * One try at T: 1 mounted, 0 wait (T->waits_for says for what), -errno no
 * hope (RS->why says why).
 */
errint target_step(struct boot *b, struct mount_target *t) MUST_CHECK NONNULL(1, 2);
/* Whether SPEC names DEV, also as the partition N after the one that is named. */
bool target_names(const struct boot *b, const struct root_spec *spec, const struct block_dev *dev)
    MUST_CHECK NONNULL(1, 2, 3);
/*
 * Whether loading the modules of file system TYPE has come to an end, good or
 * bad; the first call starts it. T->waits_for says so when not.
 */
bool fs_driver_settled(struct boot *b, struct mount_target *t, const char *type) NONNULL(1, 2, 3);
/* The same for the module NAME (or alias), which is the driver of WHAT. */
bool driver_settled(struct boot *b, struct mount_target *t, const char *name, const char *what) NONNULL(1, 2, 3, 4);
/* Give up with REASON in words. Returns ERR. */
errint root_give_up(struct root_search *rs, errint err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The mounted root is out of reach (a failed switch): the next root_step() searches anew. */
void root_forget(struct boot *b) NONNULL(1);
/*
 * A person or a hook has had the machine: unless everything is mounted already, what the disks hold is read anew.
 * Harmless at any time.
 */
void root_look_again(struct boot *b) NONNULL(1);
/* Before the root is mounted: the hooks and the shell that are for this moment. Whether there were any. */
bool root_pre_mount(struct boot *b) NONNULL(1);

/* ---- root_wait.c ---- */
/* How often that is tried again which no event announces. */
#define ROOT_RETRY_MS 50
/* The search starts, its devices DELAY_S later; LIMIT_S after that it is given up, 0 never. */
void root_wait_begin(struct root_search *rs, unsigned delay_s, unsigned limit_s) NONNULL(1);
/* The whole time begins anew, because something comes nearer; reports go on as they are due. */
void root_wait_on(struct root_search *rs) NONNULL(1);
/* What is looked for next gets as long as root had, from now on. */
void root_wait_again(struct root_search *rs) NONNULL(1);
/* Whether it is too early to look: then the next turn is arranged for. */
bool root_delayed(struct boot *b) MUST_CHECK NONNULL(1);
/* T is not there: said every ten seconds, the next turn arranged for. 0, or -errno: its time is over, given up. */
errint root_wait(struct boot *b, struct mount_target *t) MUST_CHECK NONNULL(1, 2);
/* What T names, in words, into OUT. */
#define ROOT_WANTED_MAX 640
void root_describe(const struct boot *b, const struct mount_target *t, char *out, size_t size) NONNULL(1, 2, 3);
/*
 * Whether no disk is to be expected any more: none has come for two seconds while no module was loading and none was
 * being read, but for those that have failed to be for seconds.
 */
bool root_settled(struct boot *b) MUST_CHECK NONNULL(1);
/* Be called again in MS at the latest. */
void root_wake(struct boot *b, unsigned ms) NONNULL(1);
/*
 * A person or a hook has had the machine since SINCE_NS (clock_ns): that time
 * does not count against any deadline of the search. Harmless before root_init().
 */
void root_not_counted(struct boot *b, uint64_t since_ns) NONNULL(1);

/* ---- mirror.c ---- */
/*
 * DEV, which T names, before it is mounted: 0 it may be, -EAGAIN not yet (T->waits_for), -EOPNOTSUPP never, because it
 * and another device show parts of one RAID (why). A member without another one of its array is mounted, with a
 * warning.
 */
errint mirror_check(struct boot *b, struct mount_target *t, const struct block_dev *dev) MUST_CHECK NONNULL(1, 2, 3);
/* Whether DEV has the signature of a RAID, and T says what file system to try all the same. */
bool mirror_overridden(const struct mount_target *t, const struct block_dev *dev) MUST_CHECK NONNULL(1, 2);

/* ---- usr.c ---- */
/* After root is mounted: 1 there is a /usr to mount (RS->usr is set up), 0 none, -errno. */
errint usr_wanted(struct boot *b) MUST_CHECK NONNULL(1);
/* First line of FSTAB (modified in place) for MOUNT_POINT: fields into OUT. False: none. */
struct fstab_line {
	char *source, *type, *options;
};
bool fstab_find(char *fstab, const char *mount_point, struct fstab_line *out) NONNULL(1, 2, 3);

/* ---- gpt_auto.c ---- */
enum gpt_role { GPT_ROOT, GPT_USR };
/* Start what discovery needs (the driver of efivarfs). */
void gpt_auto_prepare(struct boot *b) NONNULL(1);
/*
 * The partition of ROLE on the disk that was booted from, else on the only
 * disk that has one, into *OUT. 0; -EAGAIN not yet (T->waits_for); -errno (why).
 */
errint gpt_auto_find(struct boot *b, enum gpt_role role, struct mount_target *t, const struct block_dev **out)
    MUST_CHECK NONNULL(1, 3, 4);
/* 1 when the disk of the mounted root has a partition for /usr and the root none in it, else 0. */
errint gpt_auto_has_usr(struct boot *b) MUST_CHECK NONNULL(1);
/* Whether the table marks DEV read-only (GPT attribute bit 60). */
bool gpt_partition_read_only(const struct block_dev *dev) NONNULL(1);

/* ---- resume.c ---- */
/* Whether every swap partition that a known partition table lists was looked at for an image, or had its time. */
bool resume_swap_known(struct boot *b) MUST_CHECK NONNULL(1);
/* A swap area with a hibernation image that was not resumed, or NULL: nothing may be written then. */
const struct block_dev *resume_image(const struct boot *b) NONNULL(1);
/*
 * As long as there is such an image, the kernel refuses to write to any disk that is known (BLKROSET): the real init,
 * which checks and mounts file systems, does not know of the image. Not when root was mounted before the image was
 * found: it is writable already.
 */
void resume_protect(struct boot *b) NONNULL(1);
/* Disks are, or may be, written to from now on (harmless before root_init()): whoever resumed after it would have the
 * disks changed under him. */
void resume_too_late(struct boot *b) NONNULL(1);

/* ---- diagnose.c ---- */
/* The report alone, to OUT. */
void diagnose_to(struct boot *b, FILE *out) NONNULL(1, 2);

#endif
