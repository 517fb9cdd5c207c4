/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the network's words ask for, in words: for `rootward simulate` and messages. */
#include <stdio.h>

#include "netspec.h"

static void describe_ip(const struct net_ip *ip, char *out, size_t size)
{
	char client[NET_ADDR_TEXT], gateway[NET_ADDR_TEXT];

	snprintf(out, size, "interface %s: %s%s%s%s%s", ip->ifname[0] ? ip->ifname : "(any)",
		 net_method_name(ip->method), ip->client.family ? " " : "", net_addr_text(&ip->client, true, client),
		 ip->gateway.family ? " by " : "", net_addr_text(&ip->gateway, false, gateway));
}

static void describe_link(const struct net_link *link, char *out, size_t size)
{
	static const char *const kinds[] = {[NET_VLAN] = "VLAN", [NET_BOND] = "bond", [NET_BRIDGE] = "bridge"};
	size_t n = (size_t)snprintf(out, size, "%s %s of", kinds[link->kind], link->ifname);

	for (unsigned i = 0; i < link->port_count && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, " %s", link->ports[i]);
	if (link->kind == NET_VLAN && n < size)
		snprintf(out + n, size - n, ", number %u", link->vlan_id);
	else if (link->options[0] && n < size)
		snprintf(out + n, size - n, ", %s", link->options);
}

bool netspec_describe(const struct netspec *spec, unsigned i, char *out, size_t size)
{
	char to[NET_ADDR_TEXT], by[NET_ADDR_TEXT];

	if (i < spec->ip_count) {
		describe_ip(&spec->ips[i], out, size);
		return true;
	}
	i -= spec->ip_count;
	if (i < spec->link_count) {
		describe_link(&spec->links[i], out, size);
		return true;
	}
	i -= spec->link_count;
	if (i < spec->route_count) {
		const struct net_route *r = &spec->routes[i];

		snprintf(out, size, "route to %s by %s %s", net_addr_text(&r->to, true, to),
			 net_addr_text(&r->gateway, false, by), r->ifname);
		return true;
	}
	i -= spec->route_count;
	if (i < spec->dns_count) {
		snprintf(out, size, "name server %s", net_addr_text(&spec->dns[i], false, to));
		return true;
	}
	i -= spec->dns_count;
	if (i < spec->bad_count && i < NET_BAD_MAX) {
		snprintf(out, size, "%s makes no sense: expected %s", spec->bad[i].word, spec->bad[i].expected);
		return true;
	}
	return false;
}
