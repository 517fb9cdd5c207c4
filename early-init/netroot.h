/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roots that no local disk holds. Each type is one row in netroot.c and one
 * function that runs in a child: it mounts the root, or attaches a block device
 * on which target.c then finds it like any other.
 *
 *   netroot.c        waits: for the network, for the disk     netroot_try.c  tries, and waits between them
 *   netroot_nfs.c    netroot_local.c (9p, virtiofs)    netroot_nbd.c
 *   netroot_iscsi.c  netroot_nvme.c                    netroot_http.c
 *   netroot_server.c names to addresses, connections
 */
#ifndef ROOTWARD_NETROOT_H
#define ROOTWARD_NETROOT_H

#include "job.h"
#include "net.h"
#include "plan/netroot.h"
#include "root.h"

struct netroot;

/* A way to reach a root. */
struct netroot_type {
	enum netroot_kind kind;
	/* Seconds of the first try; later ones that ended by it get twice as long each. */
	unsigned try_s;
	/*
	 * In the child, ARG is the struct netroot. 0: the root is mounted on
	 * NEWROOT, or, with DEVICE, WHY is the name of the block device ("nbd0";
	 * "" for the first new one). -errno with WHY what it means, in words.
	 */
	job_fn *attach;
	bool device;
	/* Bytes that have come so far, asked from PID 1; NULL: no try takes long. As long as they grow, no deadline
	 * counts. */
	uint64_t (*progress)(void);
	/* Whether ERROR may pass by itself: a server that starts. Others are believed when they come a third time. */
	bool (*passes)(int error);
};
extern const struct netroot_type netroot_nfs, netroot_9p, netroot_virtiofs, netroot_nbd, netroot_iscsi, netroot_nvme,
    netroot_http;

struct netroot {
	struct netroot_spec spec;
	const struct netroot_type *type;
	bool net_up, hooks_ran, attached;
	bool read_write; /* of the mount */
	struct job *job; /* the try that is under way; NULL none */
	unsigned tries, refusals, try_s;
	uint64_t next_try_ns, attached_ns, progress;
	uint64_t lease_ns; /* since then a lease with a root-path is waited for; 0 it is not */
	char device[32];   /* attached; "" not, or the first new one */
	char said[320];	   /* of the failed tries, the last thing that was logged */
	char address[256]; /* of the server: that of spec, ip= or DHCP; a name perhaps */
};

/* Read the command line; b->root->net is set where the root is not local. -errno after root_give_up(). */
errint netroot_init(struct boot *b) MUST_CHECK NONNULL(1);
/*
 * One turn for T (the root): 1 mounted; 2 a block device is attached, and T names what to look for; 0 wait
 * (T->waits_for); -errno after root_give_up().
 */
errint netroot_step(struct boot *b, struct mount_target *t) MUST_CHECK NONNULL(1, 2);
/* The search begins anew: nothing is being tried, what is attached stays. */
void netroot_restart(struct boot *b) NONNULL(1);

/* ---- netroot_try.c ---- */
/* One turn of N's tries, once the network is there; returns as netroot_step(). */
errint netroot_try(struct boot *b, struct netroot *n, struct mount_target *t) MUST_CHECK NONNULL(1, 2, 3);
/* The next is the first again; one that is under way is ended. */
void netroot_forget_tries(struct boot *b, struct netroot *n) NONNULL(1, 2);
/* For the types: errors of a server or a network that may be there a moment later. */
bool netroot_error_passes(int error);

/* ---- netroot_server.c, in the child ---- */
/* Addresses of N's server into OUT. Their number > 0, or -errno with WHY. */
errint netroot_resolve(struct boot *b, const struct netroot *n, struct net_addr *out, unsigned max, char *why,
		       size_t size) MUST_CHECK NONNULL(1, 2, 3, 5);
/* A TCP connection to N's server, blocking, with SECONDS for each step of it. fd, or -errno with WHY. */
errint netroot_connect(struct boot *b, const struct netroot *n, unsigned port, unsigned seconds, char *why, size_t size)
    MUST_CHECK NONNULL(1, 2, 5);

#endif
