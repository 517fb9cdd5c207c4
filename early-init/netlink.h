/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink (rtnetlink(7)): requests that are answered at once, and what the
 * kernel reports of links, addresses, routes and routers by itself.
 */
#ifndef ROOTWARD_NETLINK_H
#define ROOTWARD_NETLINK_H

#include <linux/rtnetlink.h>

#include "plan/netspec.h"

enum nl_what { NL_LINK, NL_LINK_GONE, NL_ROUTER, NL_ADDRESS, NL_ADDRESS_GONE, NL_ROUTE, NL_ROUTE_GONE, NL_DNS };

/* One report. Only what WHAT is about is set. */
struct nl_event {
	enum nl_what what;
	unsigned ifindex;
	/* NL_LINK */
	char ifname[NET_NAME_SIZE];
	unsigned short type; /* ARPHRD_*, of links */
	unsigned flags;	     /* IFF_* */
	struct net_mac mac, permanent;
	unsigned mtu, master;
	char kind[NET_NAME_SIZE]; /* "bond", "vlan", "dummy", ...; "" for hardware */
	/* NL_ROUTER: what an advertisement says, IPv6's own report of a link */
	bool managed; /* addresses come by DHCPv6 */
	/* NL_ADDRESS, NL_ROUTE (the gateway of a default route), NL_DNS (a router's) */
	struct net_addr address;
	unsigned address_flags; /* IFA_F_* */
	unsigned char scope;	/* RT_SCOPE_* */
};

/* One report or part of a dump at H, whose length was checked. False: of no interest. Pure. */
bool nl_parse(const struct nlmsghdr *h, struct nl_event *out) NONNULL(1, 2);
/*
 * The message at *AT of the LEN bytes of BUF, *AT moved behind it; NULL none that is whole. The macros of netlink(3)
 * count with signed numbers, and go wrong with others. Pure.
 */
const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *at) NONNULL(1, 3);
/* Every report in the LEN bytes of BUF. Pure. */
typedef void nl_event_fn(void *arg, const struct nl_event *e);
void nl_parse_all(const void *buf, size_t len, nl_event_fn *fn, void *arg) NONNULL(1, 3);

struct netlink {
	int events;   /* subscribed: what happens */
	int requests; /* ours and their answers */
	uint32_t seq;
};

errint netlink_open(struct netlink *nl) MUST_CHECK NONNULL(1);
void netlink_close(struct netlink *nl) NONNULL(1);
/* What has been reported, without waiting. 0; -ENOBUFS some was lost: netlink_dump() tells what is there now. */
errint netlink_receive(struct netlink *nl, nl_event_fn *fn, void *arg) MUST_CHECK NONNULL(1, 2);
/* All links, then all addresses and default routes. */
errint netlink_dump(struct netlink *nl, nl_event_fn *fn, void *arg) MUST_CHECK NONNULL(1, 2);

/* ---- netlink_request.c: 0, or the kernel's -errno ---- */
/* May take long (a driver loads firmware): done in a child by net_iface.c. */
errint netlink_set_up(struct netlink *nl, unsigned ifindex, bool up) MUST_CHECK NONNULL(1);
errint netlink_set_mtu(struct netlink *nl, unsigned ifindex, unsigned mtu) MUST_CHECK NONNULL(1);
/* Of an interface that is down. */
errint netlink_set_name(struct netlink *nl, unsigned ifindex, const char *name) MUST_CHECK NONNULL(1, 3);
errint netlink_set_mac(struct netlink *nl, unsigned ifindex, const struct net_mac *mac) MUST_CHECK NONNULL(1, 3);
errint netlink_set_master(struct netlink *nl, unsigned ifindex, unsigned master) MUST_CHECK NONNULL(1);
/* LINK made on BELOW (vlan: the interface's index, else 0). */
errint netlink_add_link(struct netlink *nl, const struct net_link *link, unsigned below) MUST_CHECK NONNULL(1, 2);
errint netlink_add_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a) MUST_CHECK NONNULL(1, 3);
errint netlink_remove_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a) MUST_CHECK NONNULL(1, 3);
/* TO (family 0: default) by GATEWAY (family 0: on the link). METRIC 0: the kernel's. */
struct nl_route {
	unsigned ifindex, metric;
	struct net_addr to, gateway;
	unsigned char protocol; /* RTPROT_* */
};
errint netlink_add_route(struct netlink *nl, const struct nl_route *r) MUST_CHECK NONNULL(1, 2);

#endif
