/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between netlink.c (the sockets) and netlink_request.c (what is asked). */
#ifndef ROOTWARD_NETLINK_INTERNAL_H
#define ROOTWARD_NETLINK_INTERNAL_H

#include "netlink.h"

/* Room for the longest request of ours. */
struct nl_request {
	union {
		struct nlmsghdr h;
		char bytes[1024];
	};
};

/* ---- netlink_request.c ---- */
/* Make R an empty request of TYPE (RTM_*) with FLAGS (NLM_F_*): its family's header, HEADER bytes of zeros, to be set.
 */
void *nl_begin(struct nl_request *r, unsigned short type, unsigned flags, size_t header) NONNULL(1)
    __attribute__((returns_nonnull));

/* ---- netlink.c ---- */
/* Send R and read the answer. 0, or -errno of the kernel or of the socket. */
errint nl_call(struct netlink *nl, struct nl_request *r) MUST_CHECK NONNULL(1, 2);

#endif
