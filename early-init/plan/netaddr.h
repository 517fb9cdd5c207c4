/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4, IPv6 and MAC addresses as text. Pure. */
#ifndef ROOTWARD_PLAN_NETADDR_H
#define ROOTWARD_PLAN_NETADDR_H

#include "base.h"

struct net_addr {
	uint8_t family; /* 4, 6; 0: none */
	uint8_t prefix; /* length of the network's part; 0 also when none was said */
	uint8_t bytes[16];
};

struct net_mac {
	bool set;
	uint8_t bytes[6];
};

/* Room for any net_addr_text, with "/128". */
#define NET_ADDR_TEXT 52
#define NET_MAC_TEXT 18

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]", each also with "/LENGTH". 0 or -EINVAL. */
errint net_addr_parse(const char *text, struct net_addr *out) MUST_CHECK NONNULL(1, 2);
/* "255.255.255.0" or "24" (up to MAX) into a length; -EINVAL, also for a mask with holes. */
errint net_prefix_parse(const char *text, unsigned max) MUST_CHECK NONNULL(1);
/* The length that an IPv4 address without one has by its class, as the kernel's ip= takes it. */
unsigned net_class_prefix(const struct net_addr *a) NONNULL(1);
/* Without prefix, or with it; "" for none. Returns OUT. */
const char *net_addr_text(const struct net_addr *a, bool prefix, char out[NET_ADDR_TEXT])
    __attribute__((returns_nonnull)) NONNULL(1);
/* fe80::/10 (RFC 4291): means something only together with an interface. */
bool net_addr_is_link_local(const struct net_addr *a) NONNULL(1);
bool net_addr_equal(const struct net_addr *a, const struct net_addr *b) NONNULL(1, 2);
/* Whether ADDR (any family) lies in the network of NET by its prefix. */
bool net_addr_in(const struct net_addr *addr, const struct net_addr *net) NONNULL(1, 2);

/* Zero what is behind A's prefix: a host's address becomes its network's. */
void net_addr_mask(struct net_addr *a) NONNULL(1);

/* Six hexadecimal bytes with ':' or '-' between. 0 or -EINVAL. */
errint net_mac_parse(const char *text, struct net_mac *out) MUST_CHECK NONNULL(1, 2);
const char *net_mac_text(const struct net_mac *mac, char out[NET_MAC_TEXT]) __attribute__((returns_nonnull)) NONNULL(1);
bool net_mac_equal(const struct net_mac *a, const struct net_mac *b) NONNULL(1, 2);

#endif
