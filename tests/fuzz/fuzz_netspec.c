/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any command line and any lease: tables stay within their bounds, names and numbers within their ranges. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/netlease.h"
#include "../../early-init/plan/netspec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_addr(const struct net_addr *a)
{
	struct net_addr again;
	char text[NET_ADDR_TEXT];

	require(a->family == 0 || a->family == 4 || a->family == 6);
	require(a->prefix <= (a->family == 4 ? 32 : 128));
	if (a->family == 0)
		return;
	require(net_addr_parse(net_addr_text(a, true, text), &again) == 0);
	require(net_addr_equal(a, &again) && a->prefix == again.prefix);
}

static void check_ip(const struct net_ip *ip)
{
	require(strlen(ip->ifname) < NET_NAME_SIZE && !strpbrk(ip->ifname, "/ :"));
	require(strlen(ip->hostname) < NET_HOST_SIZE && ip->method <= NET_OFF);
	require(ip->mtu == 0 || (ip->mtu >= 68 && ip->mtu <= 65535));
	check_addr(&ip->client);
	check_addr(&ip->gateway);
}

static void check_links(const struct netspec *s)
{
	require(s->link_count <= ARRAY_SIZE(s->links));
	for (unsigned i = 0; i < s->link_count; i++) {
		const struct net_link *l = &s->links[i];

		require(l->port_count >= 1 && l->port_count <= NET_PORTS_MAX && l->ifname[0]);
		require((l->kind == NET_VLAN) == (l->vlan_id != 0) && l->vlan_id <= 4094);
		/* Bonds, bridges, VLANs. */
		require(i == 0 || l->kind == s->links[i - 1].kind || l->kind == NET_VLAN ||
			(l->kind == NET_BRIDGE && s->links[i - 1].kind == NET_BOND));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netspec s;
	struct net_lease lease;
	char *text = calloc(1, size + 1), out[100];
	unsigned n = 0;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	netspec_parse(text, &s);
	require(s.ip_count <= NET_IPS_MAX && s.route_count <= NET_ROUTES_MAX && s.dns_count <= NET_DNS_MAX);
	for (unsigned i = 0; i < s.ip_count; i++)
		check_ip(&s.ips[i]);
	for (unsigned i = 0; i < s.route_count; i++)
		check_addr(&s.routes[i].to);
	check_links(&s);
	for (unsigned i = 0; i < s.bad_count && i < NET_BAD_MAX; i++)
		require(s.bad[i].expected && s.bad[i].word[0]);
	while (netspec_describe(&s, n, out, sizeof(out)))
		require(++n < 200 && strlen(out) < sizeof(out));
	if (size)
		memcpy(text, data, size);
	if (netlease_parse(text, &lease) == 0) {
		check_addr(&lease.address);
		require(lease.address.family == 4 || lease.address.family == 6);
		require(lease.dns_count <= NET_DNS_MAX && lease.route_count <= NET_LEASE_ROUTES_MAX);
		require(!strpbrk(lease.hostname, " '\";$`\\"));
	}
	free(text);
	return 0;
}
