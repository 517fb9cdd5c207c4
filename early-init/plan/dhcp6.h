/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of a DHCPv6 client that asks for one address (RFC 8415), as
 * bytes. Pure; what a server sends is bounded and not trusted.
 */
#ifndef ROOTWARD_PLAN_DHCP6_H
#define ROOTWARD_PLAN_DHCP6_H

#include "netlease.h"

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_MESSAGE_MAX 512
/* RFC 8415, 11.1: a DUID is at most 130 bytes long with its type. */
#define DHCP6_DUID_MAX 130

enum dhcp6_type { DHCP6_SOLICIT = 1, DHCP6_ADVERTISE = 2, DHCP6_REQUEST = 3, DHCP6_REPLY = 7 };

/* One exchange of ours: identified by the card's address (DUID-LL). */
struct dhcp6_exchange {
	struct net_mac mac;
	uint8_t xid[3];
	uint8_t server[DHCP6_DUID_MAX]; /* who has advertised */
	size_t server_len;		/* 0: nobody yet, so we solicit */
	struct net_addr offered;	/* the address that is requested */
};

/* The identity association's number, of the card's address. */
uint32_t dhcp6_iaid(const struct net_mac *mac) NONNULL(1);

/* Solicit, or request when X has a server, into OUT. Length. */
size_t dhcp6_build(const struct dhcp6_exchange *x, uint8_t out[DHCP6_MESSAGE_MAX]) NONNULL(1);

/*
 * An answer to X. DHCP6_ADVERTISE: X has a server and an offer now. DHCP6_REPLY:
 * LEASE has the address (of length 128), name servers, the boot file's URL. -EBADMSG not for us, or
 * malformed; -ENOENT the server has no address for us (WHY: what it says).
 */
errint dhcp6_read(struct dhcp6_exchange *x, const void *data, size_t len, struct net_lease *lease, char *why,
		  size_t size) MUST_CHECK NONNULL(1, 2, 4, 5);

#endif
