/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the kernel: attribute by attribute, then sent by netlink.c. */
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink_internal.h"

void *nl_begin(struct nl_request *r, unsigned short type, unsigned flags, size_t header)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(header);
	r->h.nlmsg_type = type;
	r->h.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
	return NLMSG_DATA(&r->h);
}

/* All attributes of ours together are far below the buffer's size. */
static struct rtattr *put(struct nl_request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)(void *)(r->bytes + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + (uint32_t)RTA_ALIGN(RTA_LENGTH(len));
	return a;
}

static void put_u32(struct nl_request *r, unsigned short type, uint32_t value)
{
	put(r, type, &value, sizeof(value));
}

static void put_text(struct nl_request *r, unsigned short type, const char *text)
{
	put(r, type, text, strlen(text) + 1);
}

static void put_addr(struct nl_request *r, unsigned short type, const struct net_addr *a)
{
	put(r, type, a->bytes, a->family == 6 ? 16 : 4);
}

static void end_nest(struct nl_request *r, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)(r->bytes + r->h.nlmsg_len - (char *)nest);
}

static struct nl_request *link_request(struct nl_request *r, unsigned ifindex)
{
	struct ifinfomsg *info = nl_begin(r, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = (int)ifindex;
	return r;
}

errint netlink_set_up(struct netlink *nl, unsigned ifindex, bool up)
{
	struct nl_request r;
	struct ifinfomsg *info = NLMSG_DATA(&link_request(&r, ifindex)->h);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return nl_call(nl, &r);
}

errint netlink_set_mtu(struct netlink *nl, unsigned ifindex, unsigned mtu)
{
	struct nl_request r;

	put_u32(link_request(&r, ifindex), IFLA_MTU, mtu);
	return nl_call(nl, &r);
}

errint netlink_set_name(struct netlink *nl, unsigned ifindex, const char *name)
{
	struct nl_request r;

	put_text(link_request(&r, ifindex), IFLA_IFNAME, name);
	return nl_call(nl, &r);
}

errint netlink_set_mac(struct netlink *nl, unsigned ifindex, const struct net_mac *mac)
{
	struct nl_request r;

	put(link_request(&r, ifindex), IFLA_ADDRESS, mac->bytes, sizeof(mac->bytes));
	return nl_call(nl, &r);
}

errint netlink_set_master(struct netlink *nl, unsigned ifindex, unsigned master)
{
	struct nl_request r;

	put_u32(link_request(&r, ifindex), IFLA_MASTER, master);
	return nl_call(nl, &r);
}

errint netlink_add_link(struct netlink *nl, const struct net_link *link, unsigned below)
{
	static const char *const kinds[] = {[NET_VLAN] = "vlan", [NET_BOND] = "bond", [NET_BRIDGE] = "bridge"};
	unsigned short id = (unsigned short)link->vlan_id;
	struct rtattr *info, *data;
	struct nl_request r;

	nl_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
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
	return nl_call(nl, &r);
}

static void address_request(struct nl_request *r, unsigned short type, unsigned flags, unsigned ifindex,
			    const struct net_addr *a)
{
	struct ifaddrmsg *m = nl_begin(r, type, flags, sizeof(*m));

	m->ifa_family = a->family == 4 ? AF_INET : AF_INET6;
	m->ifa_prefixlen = a->prefix;
	m->ifa_index = ifindex;
	put_addr(r, IFA_LOCAL, a);
	put_addr(r, IFA_ADDRESS, a);
}

errint netlink_add_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a)
{
	struct net_addr broadcast = *a;
	struct nl_request r;

	address_request(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, a);
	if (a->family == 4 && a->prefix < 31) {
		for (unsigned bit = a->prefix; bit < 32; bit++)
			broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		put_addr(&r, IFA_BROADCAST, &broadcast);
	}
	return nl_call(nl, &r);
}

errint netlink_remove_address(struct netlink *nl, unsigned ifindex, const struct net_addr *a)
{
	struct nl_request r;

	address_request(&r, RTM_DELADDR, 0, ifindex, a);
	return nl_call(nl, &r);
}

errint netlink_add_route(struct netlink *nl, const struct nl_route *route)
{
	unsigned char family = route->to.family ? route->to.family : route->gateway.family;
	struct nl_request r;
	struct rtmsg *m = nl_begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*m));

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
	return nl_call(nl, &r);
}
