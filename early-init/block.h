/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of block devices behind boot.h's block_*(). A device is listed at
 * its uevent and read until it answers: with asynchronous probing its node may
 * be there before it can be opened.
 */
#ifndef ROOTWARD_BLOCK_H
#define ROOTWARD_BLOCK_H

#include "boot.h"
#include "handler.h"
#include "probe.h"

/* Devices beyond this number are not listed; said once. */
#define BLOCK_MAX 4096

enum block_state {
	BLOCK_PENDING,	 /* to be read, again perhaps: see error */
	BLOCK_NO_MEDIUM, /* an empty drive; a change event tells of a medium */
	BLOCK_READ,	 /* facts are complete */
	BLOCK_FAILED	 /* cannot be read: error */
};

struct block_dev {
	struct block_facts facts; /* first, so that block_at() can hand it out; strings owned by the device */
	char *devpath;		  /* below /sys */
	enum block_state state;
	int error; /* -errno of the last try, 0 none; of a disk that was READ: its signature is not known */
	unsigned tries;
	int fd;			       /* open while its first read is under way, else -1 */
	uint64_t seen_ns;	       /* it came, or changed */
	uint64_t asked_ns;	       /* it is to be read since then */
	uint64_t swap_deadline_ns;     /* resume_swap_known(): until then a swap partition is waited for; 0 none is */
	bool write_protected;	       /* by resume_protect() */
	bool again;		       /* it was read, or given up, before: being looked at once more */
	bool end_asked;		       /* its end is being read, or was */
	bool identified;	       /* facts have what block_read_identity() knows */
	bool ambivalent;	       /* contradicting signatures */
	const struct handler *handler; /* NULL without a signature */
	/* A whole disk's table; partitions take their facts from here, so the table is read once. */
	struct probe_partition *parts;
	unsigned nparts;
	char *table_uuid;
	const char *uuid_sub; /* libblkid UUID_SUB: which of the devices of its file system it is; owned, NULL none */
};

struct block_table {
	struct block_dev **devs;
	unsigned count, capacity;
	char *sys_dir, *dev_dir; /* "/sys", "/dev"; others in tests */
	uint64_t retry_ns;	 /* how long an unreadable device is tried; 0 for ever */
	int timer;		 /* pending retry, 0 none */
	unsigned retry_ms;
	unsigned turn; /* number of the device with which the next retry begins */
	bool full_said;
	unsigned generation; /* grows when a device comes, changes, goes or is read for the first time */
};

/* ---- block_table.c ---- */
/* An empty table on SYS_DIR and DEV_DIR (copied). block_table_free frees. */
errint block_table_new(const char *sys_dir, const char *dev_dir, struct block_table **out) MUST_CHECK NONNULL(1, 2, 3);
/* Frees T (NULL: nothing) with its devices and closes what is being read. */
void block_table_free(struct block_table *t);
/* The device of U, which names it and is not in T yet, with what U says of it; NULL: T is full, or no memory. */
struct block_dev *block_add(struct block_table *t, const struct uevent *u) NONNULL(1, 2);
/* Forget DEVNAME; harmless when it is not listed. */
void block_remove(struct block_table *t, const char *devname) NONNULL(1, 2);
/* Forget the devices that sysfs does not show any more: their removal was among lost events. */
void block_drop_vanished(struct boot *b) NONNULL(1);

/* I-th device, NULL past the end. */
const struct block_dev *block_dev_at(const struct boot *b, unsigned i) NONNULL(1);
/* By kernel name ("vda1"), or NULL. */
const struct block_dev *block_dev_by_name(const struct boot *b, const char *devname) NONNULL(1, 2);
/* The same, to be changed. */
struct block_dev *block_find(const struct block_table *t, const char *devname) NONNULL(1, 2);
/*
 * Before SPEC is compared with devices: where it is a by-id or by-path name, have what these are made of in the facts
 * of all of them. Some thirty files of sysfs for each, which nobody else needs.
 */
void block_identify(const struct boot *b, const struct root_spec *spec) NONNULL(1, 2);
/* Devices listed and not read yet. */
unsigned block_pending(const struct boot *b) NONNULL(1);
/* "/dev/NAME" of DEV into OUT. */
void block_node(const struct boot *b, const struct block_dev *dev, char *out, size_t size) NONNULL(1, 2, 3);

/* ---- block.c ---- */
/* Read DEVNAME anew: its content was changed by somebody else. */
void block_read_again(struct boot *b, const char *devname) NONNULL(1, 2);
/* The same for all devices that are known: somebody may have changed any of them. */
void block_read_all_again(struct boot *b) NONNULL(1);
/* Try pending devices again (the retry timer's work): for a few milliseconds, the next time from there on. */
void block_retry(struct boot *b) NONNULL(1);

/* ---- block_read.c ---- */
/* One try to read DEV: afterwards READ, or PENDING, NO_MEDIUM or FAILED with error. Never waits for the device. */
void block_read(struct boot *b, struct block_dev *dev) NONNULL(1, 2);
/* Close DEV's node when it is open: a read under way is given up. */
void block_close(struct block_dev *dev) NONNULL(1);
/* Forget the partition table of DEV. */
void block_free_parts(struct block_dev *dev) NONNULL(1);

/* ---- block_sysfs.c ---- */
/* Serial, model, WWN and bus of DEV (of its disk, for a partition) from sysfs below SYS_DIR. */
void block_read_identity(const char *sys_dir, struct block_dev *dev) NONNULL(1, 2);
/* Replace *SLOT with a copy of VALUE (NULL or "": NULL). */
void block_set_string(const char **slot, const char *value) NONNULL(1);

#endif
