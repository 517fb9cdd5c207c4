/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of NBD's fixed newstyle negotiation
 * (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md), and
 * handing the connection to the kernel by generic netlink (linux/nbd-netlink.h),
 * so that no process has to stay for the device to work.
 */
#ifndef ROOTWARD_NBD_WIRE_H
#define ROOTWARD_NBD_WIRE_H

#include "plan/base.h"

struct nbd_export {
	uint64_t size;	/* bytes */
	unsigned flags; /* transmission flags, as the kernel takes them */
	uint64_t block; /* preferred block size; 0 not said */
};

/*
 * Agree on export NAME ("": the server's default) over FD, a blocking socket
 * with timeouts. 0; -ENOENT no such export, -EACCES refused, -EPROTO no NBD
 * server of this kind, -ETIMEDOUT, ...: WHY in words.
 */
errint nbd_negotiate(int fd, const char *name, struct nbd_export *out, char *why, size_t size)
    MUST_CHECK NONNULL(2, 3, 4);

struct nbd_link {
	int fd; /* generic netlink */
	unsigned family, group;
};
/* -ENOENT: the driver is not loaded. Closed by nbd_link_close(). */
errint nbd_link_open(struct nbd_link *out) MUST_CHECK NONNULL(1);
void nbd_link_close(struct nbd_link *l) NONNULL(1);
/* Make a device of SOCKET: its number ("nbd3"), or -errno. Requests wait TIMEOUT_S for an answer, DEAD_S for a new
 * connection. */
errint nbd_attach(struct nbd_link *l, int socket, const struct nbd_export *e, unsigned timeout_s, unsigned dead_s)
    MUST_CHECK NONNULL(1, 3);
/* Give device INDEX a new connection in the place of a dead one. */
errint nbd_reattach(struct nbd_link *l, unsigned index, int socket) MUST_CHECK NONNULL(1);
/* Block until a connection of INDEX has died. 0 or -errno. */
errint nbd_wait_dead(struct nbd_link *l, unsigned index) MUST_CHECK NONNULL(1);

#endif
