/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets, and what is asked of the kernel. What it reports is read in netlink_parse.c. */
#include "netlink.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_SIZE 32768
/* Datagrams of one dump or one turn; a machine has not got so many interfaces. */
#define DATAGRAMS_MAX 512
#define EVENT_BUFFER (1 << 20)

struct request {
	union {
		struct nlmsghdr h;
		char bytes[1024];
	};
};

static errint open_socket(uint32_t groups)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -errno;
}

errint netlink_open(struct netlink *nl)
{
	int size = EVENT_BUFFER, user_options = RTNLGRP_ND_USEROPT;

	nl->seq = 0;
	nl->events =
	    open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_IFINFO);
	if (nl->events < 0)
		return nl->events;
	/* Both only make it better: a lost report means a dump, a router's name servers may be said by hand. */
	(void)setsockopt(nl->events, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(nl->events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &user_options, sizeof(user_options));
	nl->requests = open_socket(0);
	if (nl->requests < 0) {
		close(nl->events);
		return nl->requests;
	}
	return 0;
}

void netlink_close(struct netlink *nl)
{
	close(nl->events);
	close(nl->requests);
}

/* One datagram of the kernel: its length, 0 of somebody else or cut off, -errno. */
static ssize_t receive(int fd, void *buf)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {buf, RECEIVE_SIZE};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	return from.nl_pid != 0 || m.msg_flags & MSG_TRUNC ? 0 : n;
}

errint netlink_receive(struct netlink *nl, nl_event_fn *fn, void *arg)
{
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	bool lost = false;

	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->events, buf);

		if (n == -ENOBUFS)
			lost = true;
		else if (n < 0)
			break;
		else
			nl_parse_all(buf, (size_t)n, fn, arg);
	}
	return lost ? -ENOBUFS : 0;
}

/* ---- requests ---- */

static void *begin(struct request *r, unsigned short type, unsigned flags, size_t header)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(header);
	r->h.nlmsg_type = type;
	r->h.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
	return NLMSG_DATA(&r->h);
}

/* All attributes of ours together are far below the buffer's size. */
static struct rtattr *put(struct request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)(void *)(r->bytes + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + (uint32_t)RTA_ALIGN(RTA_LENGTH(len));
	return a;
}

static void put_u32(struct request *r, unsigned short type, uint32_t value)
{
	put(r, type, &value, sizeof(value));
}

static void put_text(struct request *r, unsigned short type, const char *text)
{
	put(r, type, text, strlen(text) + 1);
}

static void put_addr(struct request *r, unsigned short type, const struct net_addr *a)
{
	put(r, type, a->bytes, a->family == 6 ? 16 : 4);
}

static void end_nest(struct request *r, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)(r->bytes + r->h.nlmsg_len - (char *)nest);
}

/* The kernel has handled a request, and queued its answer, when sendto() returns. */
static errint call(struct netlink *nl, struct request *r)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];

	r->h.nlmsg_flags |= NLM_F_ACK;
	r->h.nlmsg_seq = ++nl->seq;
	if (sendto(nl->requests, r, r->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->requests, buf);
		const struct nlmsghdr *h;
		size_t at = 0;

		if (n < 0)
			return (errint)n;
		while ((h = nl_message(buf, (size_t)n, &at)))
			if (h->nlmsg_seq == nl->seq && h->nlmsg_type == NLMSG_ERROR &&
			    h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
				return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
	}
	return -EPROTO;
}

/* Parts of a dump are made while it is read. */
static errint dump(struct netlink *nl, unsigned short type, unsigned char family, nl_event_fn *fn, void *arg)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	struct request r;
	unsigned char *header = begin(&r, type, NLM_F_DUMP, sizeof(struct ifinfomsg));

	header[0] = family;
	r.h.nlmsg_seq = ++nl->seq;
	if (sendto(nl->requests, &r, r.h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->requests, buf);
		const struct nlmsghdr *h;
		size_t at = 0;

		if (n < 0)
			return (errint)n;
		nl_parse_all(buf, (size_t)n, fn, arg);
		while ((h = nl_message(buf, (size_t)n, &at)))
			if (h->nlmsg_seq == nl->seq && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR))
				return h->nlmsg_type == NLMSG_DONE ? 0 : -EIO;
	}
	return -EPROTO;
}

errint netlink_dump(struct netlink *nl, nl_event_fn *fn, void *arg)
{
	errint r = dump(nl, RTM_GETLINK, AF_UNSPEC, fn, arg);

	if (r == 0)
		r = dump(nl, RTM_GETADDR, AF_UNSPEC, fn, arg);
	/* A kernel without IPv6 answers with its IPv4 routes or not at all. */
	if (r == 0 && dump(nl, RTM_GETROUTE, AF_INET6, fn, arg) < 0)
		return 0;
	return r;
}

static struct request *link_request(struct request *r, unsigned ifindex)
{
	struct ifinfomsg *info = begin(r, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = (int)ifindex;
	return r;
}

errint netlink_set_up(struct netlink *nl, unsigned ifindex, bool up)
{
	struct request r;
	struct ifinfomsg *info = NLMSG_DATA(&link_request(&r, ifindex)->h);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return call(nl, &r);
}

errint netlink_set_mtu(struct netlink *nl, unsigned ifindex, unsigned mtu)
{
	struct request r;

	put_u32(link_request(&r, ifindex), IFLA_MTU, mtu);
	return call(nl, &r);
}

errint netlink_set_name(struct netlink *nl, unsigned ifindex, const char *name)
{
	struct request r;

	put_text(link_request(&r, ifindex), IFLA_IFNAME, name);
	return call(nl, &r);
}

errint netlink_set_mac(struct netlink *nl, unsigned ifindex, const struct net_mac *mac)
{
	struct request r;

	put(link_request(&r, ifindex), IFLA_ADDRESS, mac->bytes, sizeof(mac->bytes));
	return call(nl, &r);
}

errint netlink_set_master(struct netlink *nl, unsigned ifindex, unsigned master)
{
	struct request r;

	put_u32(link_request(&r, ifindex), IFLA_MASTER, master);
	return call(nl, &r);
}

errint netlink_add_link(struct netlink *nl, const struct net_link *link, unsigned below)
{
	static const char *const kinds[] = {[NET_VLAN] = "vlan", [NET_BOND] = "bond", [NET_BRIDGE] = "bridge"};
	unsigned short id = (unsigned short)link->vlan_id;
	struct rtattr *info, *data;
	struct request r;

	begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	put_text(&r, IFLA_IFNAME, link->ifname);
	if (link->kind == NET_VLAN)
		put_u32(&r, IFLA_LINK, below);
	info = put(&r, IFLA_LINKINFO, NULL, 0);
	put_text(&r, IFLA_INFO_KIND, kinds[link->kind]);
	if (link->kind == NET_VLAN) {
		data = put(&r, IFLA_INFO_DATA, NULL, 0);
		put(&r, IFLA_VLAN_ID, &id, sizeof(id));
		end_nest(&r, data);
	}
	end_nest(&r, info);
	return call(nl, &r);
}

static void address_request(struct request *r, unsigned short type, unsigned flags, unsigned ifindex,
			    const struct net_addr *a)
{
	struct ifaddrmsg *m = begin(r, type, flags, sizeof(*m));

	m->ifa_family = a->family == 4 ? AF_INET : AF_INET6;
	m->ifa_prefixlen = a->prefix;
	m->ifa_index = ifindex;
	put_addr(r, IFA_LOCAL, a);
	put_addr(r, IFA_ADDRESS, a);
}

errint netlink_add_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a)
{
	struct net_addr broadcast = *a;
	struct request r;

	address_request(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, a);
	if (a->family == 4 && a->prefix < 31) {
		for (unsigned bit = a->prefix; bit < 32; bit++)
			broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		put_addr(&r, IFA_BROADCAST, &broadcast);
	}
	return call(nl, &r);
}

errint netlink_remove_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a)
{
	struct request r;

	address_request(&r, RTM_DELADDR, 0, ifindex, a);
	return call(nl, &r);
}

errint netlink_add_route(struct netlink *nl, const struct nl_route *route)
{
	unsigned char family = route->to.family ? route->to.family : route->gateway.family;
	struct request r;
	struct rtmsg *m = begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*m));

	m->rtm_family = family == 6 ? AF_INET6 : AF_INET;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = route->protocol;
	m->rtm_scope = route->gateway.family || family == 6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	m->rtm_type = RTN_UNICAST;
	if (route->to.family) {
		m->rtm_dst_len = route->to.prefix;
		put_addr(&r, RTA_DST, &route->to);
	}
	if (route->gateway.family)
		put_addr(&r, RTA_GATEWAY, &route->gateway);
	put_u32(&r, RTA_OIF, route->ifindex);
	if (route->metric)
		put_u32(&r, RTA_PRIORITY, route->metric);
	return call(nl, &r);
}
