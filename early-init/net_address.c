/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and routes of an interface that has a link. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net_internal.h"

/* So that of two default routes the first one counts, and networkd's own (1024) comes before none of ours. */
#define METRIC_FIRST 512

static errint add_address(struct boot *b, struct net_iface *i, const struct net_addr *a)
{
	char text[NET_ADDR_TEXT];
	errint r = netlink_add_address(&b->net->nl, i->known.ifindex, a);

	if (r < 0 && r != -EEXIST) {
		net_iface_fail(i, "the kernel does not take the address %s: %s", net_addr_text(a, true, text),
			       strerror(-r));
		return r;
	}
	*(a->family == 4 ? &i->known.address : &i->known.address6) = *a;
	return 0;
}

static void add_route(struct boot *b, struct net_iface *i, const struct net_addr *to, const struct net_addr *gateway)
{
	struct nl_route route = {.ifindex = i->known.ifindex, .to = *to, .gateway = *gateway};
	char text[NET_ADDR_TEXT], by[NET_ADDR_TEXT];
	struct nl_route link = {.ifindex = i->known.ifindex, .to = *gateway};
	const struct net_addr *own = gateway->family == 6 ? &i->known.address6 : &i->known.address;
	errint r;

	/* The kernel takes a network only, and servers send hosts (RFC 3442: the client zeroes these bits). */
	net_addr_mask(&route.to);
	route.protocol = i->known.method == NET_DHCP ? RTPROT_DHCP : RTPROT_STATIC;
	if (to->family == 0 || to->prefix == 0)
		route.metric = METRIC_FIRST + (unsigned)(i - b->net->ifaces);
	/* A gateway outside of our network (a lease of /32) is reached on the link. */
	if (gateway->family && !net_addr_in(gateway, own) && gateway->bytes[0] != 0xfe) {
		link.to.prefix = gateway->family == 6 ? 128 : 32;
		link.protocol = route.protocol;
		r = netlink_add_route(&b->net->nl, &link);
		if (r < 0)
			log_debug("%s: route to the gateway: %s", i->known.ifname, strerror(-r));
	}
	r = netlink_add_route(&b->net->nl, &route);
	if (r < 0 && r != -EEXIST)
		log_err("%s: no route to %s by %s: %s", i->known.ifname,
			to->family && to->prefix ? net_addr_text(to, true, text) : "the rest of the world",
			net_addr_text(gateway, false, by), strerror(-r));
}

static const struct net_addr everything = {0};

static void add_gateway(struct boot *b, struct net_iface *i, const struct net_addr *gateway)
{
	if (gateway->family == 0)
		return;
	*(gateway->family == 4 ? &i->known.gateway : &i->known.gateway6) = *gateway;
	add_route(b, i, &everything, gateway);
}

/* rd.route=: of this interface, or through a gateway in its network. */
static void add_spec_routes(struct boot *b, struct net_iface *i)
{
	const struct netspec *spec = &b->net->spec;

	for (unsigned k = 0; k < spec->route_count; k++) {
		const struct net_route *r = &spec->routes[k];
		const struct net_addr *own = r->to.family == 6 ? &i->known.address6 : &i->known.address;

		if (r->ifname[0] ? strcmp(r->ifname, i->known.ifname) == 0 : net_addr_in(&r->gateway, own))
			add_route(b, i, &r->to, &r->gateway);
	}
}

static void keep_dns(struct net_learned *k, const struct net_addr *dns, unsigned count)
{
	for (unsigned d = 0; d < count; d++)
		if (dns[d].family)
			net_keep_dns(k, &dns[d]);
}

/* What the word says beside addresses wins over what DHCP says. */
static void keep_word(struct net_iface *i)
{
	const struct net_ip *ip = i->ip;
	struct net_learned *k = &i->known;

	if (ip->server.family)
		k->server = ip->server;
	if (ip->hostname[0])
		snprintf(k->hostname, sizeof(k->hostname), "%s", ip->hostname);
	if (ip->ntp.family)
		k->ntp = ip->ntp;
}

static void set_hostname(const char *name)
{
	char now[NET_HOST_SIZE + 1] = "";

	/* The kernel's own, from its ip= or nothing. */
	if (!name[0] || (gethostname(now, sizeof(now) - 1) == 0 && now[0] && strcmp(now, "(none)") != 0))
		return;
	if (sethostname(name, strlen(name)) < 0)
		log_warn("cannot set the host name %s: %s", name, strerror(errno));
}

static void interface_up(struct boot *b, struct net_iface *i)
{
	char a4[NET_ADDR_TEXT], a6[NET_ADDR_TEXT], gateway[NET_ADDR_TEXT];
	struct net_learned *k = &i->known;

	k->method = i->ip->method;
	/* Who renews the lease in the real root has to know that it is one. */
	if (k->method == NET_EITHER6 && i->dhcp6.done)
		k->method = NET_DHCP6;
	if (i->found6.family && !k->address6.family)
		k->address6 = i->found6;
	keep_word(i);
	add_spec_routes(b, i);
	set_hostname(k->hostname);
	log_info("network interface %s is up: %s%s%s%s%s (%s, %u ms)", k->ifname, net_addr_text(&k->address, true, a4),
		 k->address.family && k->address6.family ? ", " : "", net_addr_text(&k->address6, true, a6),
		 k->gateway.family || k->gateway6.family ? " by " : "",
		 net_addr_text(k->gateway.family ? &k->gateway : &k->gateway6, false, gateway),
		 net_method_name(k->method), (unsigned)((clock_ns() - b->net->start_ns) / NS_PER_MS));
	timeline_step(STEP_NETWORK, k->ifname, net_method_name(k->method), -1, 0, i->state_ns, clock_ns());
	net_iface_enter(i, IFACE_UP, 0);
}

void net_iface_lease(struct boot *b, struct net_iface *i, const struct net_lease *l)
{
	struct net_learned *k = &i->known;

	if (add_address(b, i, &l->address) < 0)
		return;
	k->method = NET_DHCP;
	k->server = l->server.family ? l->server : l->dhcp_server;
	k->dhcp_server = l->dhcp_server;
	k->ntp = l->ntp;
	k->lease_s = l->lease_s;
	snprintf(k->hostname, sizeof(k->hostname), "%s", l->hostname);
	snprintf(k->domain, sizeof(k->domain), "%s", l->domain);
	snprintf(k->root_path, sizeof(k->root_path), "%s", l->root_path);
	snprintf(k->boot_file, sizeof(k->boot_file), "%s", l->boot_file);
	if (b->net->spec.peerdns)
		keep_dns(k, l->dns, l->dns_count);
	if (l->mtu && !k->mtu && netlink_set_mtu(&b->net->nl, k->ifindex, l->mtu) == 0)
		k->mtu = l->mtu;
	for (unsigned r = 0; r < l->route_count; r++)
		if (l->routes[r].to.prefix)
			add_route(b, i, &l->routes[r].to, &l->routes[r].gateway);
	add_gateway(b, i, i->ip->gateway.family ? &i->ip->gateway : &l->gateway);
	interface_up(b, i);
}

void net_iface_lease6(struct boot *b, struct net_iface *i, const struct net_lease *l)
{
	struct net_learned *k = &i->known;

	i->dhcp6.done = true;
	if (add_address(b, i, &l->address) < 0)
		return;
	k->lease_s = l->lease_s;
	snprintf(k->boot_file, sizeof(k->boot_file), "%s", l->boot_file);
	if (b->net->spec.peerdns)
		keep_dns(k, l->dns, l->dns_count);
	i->next_run_ns = 0;
}

static void start_static(struct boot *b, struct net_iface *i)
{
	const struct net_ip *ip = i->ip;

	i->known.method = NET_STATIC;
	keep_dns(&i->known, ip->dns, 2);
	if (ip->client.family && add_address(b, i, &ip->client) < 0)
		return;
	/* IPv6 addresses may be used, and be a gateway's way, only when nobody else turned out to have them. */
	if (ip->client.family == 6) {
		net_iface_enter(i, IFACE_ADDRESS, b->net->spec.timeout.ipv6dad);
		return;
	}
	add_gateway(b, i, &ip->gateway);
	interface_up(b, i);
}

void net_address_start(struct boot *b, struct net_iface *i)
{
	const struct netspec *spec = &b->net->spec;
	unsigned lease_s = spec->timeout.dhcp * (spec->dhcp_retry ? spec->dhcp_retry : 1);

	timeline_step(STEP_NETWORK, i->known.ifname, "link", -1, 0, i->state_ns, clock_ns());
	if (!i->ip) {
		net_iface_enter(i, IFACE_UP, 0); /* a port, or below a VLAN */
		return;
	}
	i->runs = 0;
	i->dhcp6.done = false;
	switch (i->ip->method) {
	case NET_STATIC:
	case NET_IBFT: /* without an address in the table */
		start_static(b, i);
		return;
	case NET_DHCP:
		net_iface_enter(i, IFACE_ADDRESS, lease_s);
		net_dhcp_step(b, i);
		return;
	case NET_DHCP6:
		net_iface_enter(i, IFACE_ADDRESS, lease_s);
		net_dhcp6_step(b, i);
		return;
	case NET_LINK_LOCAL:
		net_iface_fail(i, "IPv4 link-local addresses are not assigned here: use dhcp or a static address");
		return;
	case NET_AUTO6:
	case NET_EITHER6:
	case NET_LINK6:
		net_iface_enter(i, IFACE_ADDRESS, spec->timeout.ipv6auto);
		return;
	case NET_OFF:
		return;
	}
}

static void no_address(struct net_iface *i)
{
	unsigned s = (unsigned)((clock_ns() - i->state_ns) / NS_PER_S);
	char text[NET_ADDR_TEXT];

	switch (i->ip->method) {
	case NET_DHCP:
		net_iface_fail(i,
			       "no lease: no DHCP server answered within %u s, asked in %u runs%s%s "
			       "(rd.net.timeout.dhcp)",
			       s, i->runs, i->heard[0] ? "; last: " : "", i->heard);
		break;
	case NET_DHCP6:
		net_iface_fail(i,
			       "no lease: no DHCPv6 server gave an address within %u s, asked %u times%s%s "
			       "(rd.net.timeout.dhcp)",
			       s, i->runs, i->heard[0] ? "; last: " : "", i->heard);
		break;
	case NET_STATIC:
		net_iface_fail(i, "the address %s cannot be used after %u s (rd.net.timeout.ipv6dad)",
			       net_addr_text(&i->ip->client, true, text), s);
		break;
	case NET_EITHER6:
	case NET_AUTO6:
	case NET_LINK6:
	default:
		net_iface_fail(i, "no IPv6 address within %u s: %s (rd.net.timeout.ipv6auto)", s,
			       i->managed ? "a router says that addresses come by DHCPv6, and no server gave one"
					  : "no router has announced a network");
		break;
	}
}

/* Whether the address that was waited for may be used. */
static bool found(const struct net_iface *i)
{
	if (!i->found6.family)
		return false;
	if (i->ip->method == NET_STATIC)
		return net_addr_equal(&i->found6, &i->ip->client);
	return i->ip->method != NET_DHCP6 || (i->dhcp6.done && net_addr_equal(&i->found6, &i->known.address6));
}

static bool speaks_dhcp6(const struct net_iface *i)
{
	return i->ip->method == NET_DHCP6 || (i->ip->method == NET_EITHER6 && i->managed);
}

void net_address_wait(struct boot *b, struct net_iface *i)
{
	bool late = net_iface_overdue(i);

	if (late)
		net_dhcp_stop(b, i);
	if (i->ip->method == NET_DHCP && !late) {
		net_dhcp_step(b, i);
	} else if (i->ip->method != NET_DHCP && found(i)) {
		net_dhcp6_stop(b, i);
		if (i->ip->method == NET_STATIC)
			add_gateway(b, i, &i->ip->gateway);
		interface_up(b, i);
	} else if (late) {
		net_dhcp6_stop(b, i);
		no_address(i);
	} else if (speaks_dhcp6(i)) {
		net_dhcp6_step(b, i);
	}
}
