/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel reports of links, addresses, routes and routers' options. */
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

/* linux/if_link.h has them, of a kernel newer than some headers: net/if_inet6.h */
#ifndef IF_RA_MANAGED
#define IF_RA_MANAGED 0x40
#endif
/* RFC 8106 */
#define ND_OPT_RDNSS 25

struct attributes {
	const struct rtattr *first;
	size_t len;
};

static struct attributes attributes_of(const struct nlmsghdr *h, size_t header)
{
	size_t start = NLMSG_SPACE(header);

	if (h->nlmsg_len <= start)
		return (struct attributes){0};
	return (struct attributes){(const void *)((const char *)h + start), h->nlmsg_len - start};
}

static const struct rtattr *find(struct attributes all, unsigned short type)
{
	const char *at = (const char *)all.first;
	size_t left = all.first ? all.len : 0;

	while (left >= sizeof(struct rtattr)) {
		const struct rtattr *a = (const void *)at;
		size_t step = RTA_ALIGN(a->rta_len);

		if (a->rta_len < sizeof(*a) || a->rta_len > left)
			return NULL;
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
		if (step > left)
			return NULL;
		at += step;
		left -= step;
	}
	return NULL;
}

static struct attributes nested(const struct rtattr *a)
{
	return a ? (struct attributes){RTA_DATA(a), RTA_PAYLOAD(a)} : (struct attributes){0};
}

static uint32_t get_u32(struct attributes all, unsigned short type)
{
	const struct rtattr *a = find(all, type);
	uint32_t value = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static void get_text(struct attributes all, unsigned short type, char out[NET_NAME_SIZE])
{
	const struct rtattr *a = find(all, type);
	size_t len = a ? strnlen(RTA_DATA(a), RTA_PAYLOAD(a)) : 0;

	if (len >= NET_NAME_SIZE)
		len = 0;
	if (len)
		memcpy(out, RTA_DATA(a), len);
	out[len] = '\0';
}

static void get_mac(struct attributes all, unsigned short type, struct net_mac *out)
{
	const struct rtattr *a = find(all, type);

	out->set = a && RTA_PAYLOAD(a) == sizeof(out->bytes);
	if (out->set)
		memcpy(out->bytes, RTA_DATA(a), sizeof(out->bytes));
}

static bool get_addr(struct attributes all, unsigned short type, unsigned char family, struct net_addr *out)
{
	const struct rtattr *a = find(all, type);
	size_t len = family == AF_INET6 ? 16 : 4;

	if (!a || RTA_PAYLOAD(a) != len || (family != AF_INET && family != AF_INET6))
		return false;
	*out = (struct net_addr){.family = family == AF_INET6 ? 6 : 4};
	memcpy(out->bytes, RTA_DATA(a), len);
	return true;
}

static bool parse_link(const struct nlmsghdr *h, struct nl_event *out)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	struct attributes all = attributes_of(h, sizeof(*info));

	if (info->ifi_index <= 0)
		return false;
	out->ifindex = (unsigned)info->ifi_index;
	/* RTMGRP_IPV6_IFINFO: it lacks most of the rest. */
	if (info->ifi_family == AF_INET6 && h->nlmsg_type == RTM_NEWLINK) {
		out->what = NL_ROUTER;
		out->managed = get_u32(nested(find(all, IFLA_PROTINFO)), IFLA_INET6_FLAGS) & IF_RA_MANAGED;
		return true;
	}
	/* A bridge's report of its port looks alike; "gone" there means that it left the bridge. */
	if (info->ifi_family != AF_UNSPEC)
		return false;
	out->what = h->nlmsg_type == RTM_NEWLINK ? NL_LINK : NL_LINK_GONE;
	out->type = info->ifi_type;
	out->flags = info->ifi_flags;
	get_text(all, IFLA_IFNAME, out->ifname);
	get_mac(all, IFLA_ADDRESS, &out->mac);
	get_mac(all, IFLA_PERM_ADDRESS, &out->permanent);
	out->mtu = get_u32(all, IFLA_MTU);
	out->master = get_u32(all, IFLA_MASTER);
	get_text(nested(find(all, IFLA_LINKINFO)), IFLA_INFO_KIND, out->kind);
	return out->ifname[0] != '\0';
}

static bool parse_address(const struct nlmsghdr *h, struct nl_event *out)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	struct attributes all = attributes_of(h, sizeof(*m));

	out->what = h->nlmsg_type == RTM_NEWADDR ? NL_ADDRESS : NL_ADDRESS_GONE;
	out->ifindex = m->ifa_index;
	out->scope = m->ifa_scope;
	out->address_flags = find(all, IFA_FLAGS) ? get_u32(all, IFA_FLAGS) : m->ifa_flags;
	/* Of a point-to-point link IFA_ADDRESS is the peer. */
	if (!get_addr(all, IFA_LOCAL, m->ifa_family, &out->address) &&
	    !get_addr(all, IFA_ADDRESS, m->ifa_family, &out->address))
		return false;
	out->address.prefix = m->ifa_prefixlen;
	return true;
}

/* Only default routes that somebody else made: a router's advertisement. */
static bool parse_route(const struct nlmsghdr *h, struct nl_event *out)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	struct attributes all = attributes_of(h, sizeof(*m));

	if (m->rtm_dst_len != 0 || m->rtm_type != RTN_UNICAST || m->rtm_family != AF_INET6)
		return false;
	out->what = h->nlmsg_type == RTM_NEWROUTE ? NL_ROUTE : NL_ROUTE_GONE;
	out->ifindex = get_u32(all, RTA_OIF);
	return get_addr(all, RTA_GATEWAY, m->rtm_family, &out->address) && out->ifindex > 0;
}

/* The first name server of a router's advertisement; the option counts its length in units of 8 bytes. */
static bool parse_router_option(const struct nlmsghdr *h, struct nl_event *out)
{
	const struct nduseroptmsg *m = NLMSG_DATA(h);
	const unsigned char *option = (const unsigned char *)(m + 1);
	size_t room = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));

	if (m->nduseropt_family != AF_INET6 || m->nduseropt_opts_len > room || m->nduseropt_opts_len < 24 ||
	    option[0] != ND_OPT_RDNSS || option[1] < 3)
		return false;
	out->what = NL_DNS;
	out->ifindex = m->nduseropt_ifindex > 0 ? (unsigned)m->nduseropt_ifindex : 0;
	out->address.family = 6;
	memcpy(out->address.bytes, option + 8, 16);
	return true;
}

static const struct {
	unsigned short type;
	size_t header;
	bool (*parse)(const struct nlmsghdr *h, struct nl_event *out);
} parsers[] = {
    {RTM_NEWLINK, sizeof(struct ifinfomsg), parse_link},
    {RTM_DELLINK, sizeof(struct ifinfomsg), parse_link},
    {RTM_NEWADDR, sizeof(struct ifaddrmsg), parse_address},
    {RTM_DELADDR, sizeof(struct ifaddrmsg), parse_address},
    {RTM_NEWROUTE, sizeof(struct rtmsg), parse_route},
    {RTM_DELROUTE, sizeof(struct rtmsg), parse_route},
    {RTM_NEWNDUSEROPT, sizeof(struct nduseroptmsg), parse_router_option},
};

bool nl_parse(const struct nlmsghdr *h, struct nl_event *out)
{
	*out = (struct nl_event){0};
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++)
		if (parsers[i].type == h->nlmsg_type)
			return h->nlmsg_len >= NLMSG_LENGTH(parsers[i].header) && parsers[i].parse(h, out);
	return false;
}

const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *at)
{
	const struct nlmsghdr *h;

	if (*at >= len || len - *at < sizeof(*h))
		return NULL;
	h = (const void *)((const char *)buf + *at);
	if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len - *at)
		return NULL;
	*at += NLMSG_ALIGN(h->nlmsg_len);
	return h;
}

void nl_parse_all(const void *buf, size_t len, nl_event_fn *fn, void *arg)
{
	const struct nlmsghdr *h;
	struct nl_event e;
	size_t at = 0;

	while ((h = nl_message(buf, len, &at)))
		if (nl_parse(h, &e))
			fn(arg, &e);
}
