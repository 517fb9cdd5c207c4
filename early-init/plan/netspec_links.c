/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces made of others: vlan=, bond=, bridge=. */
#include <stdio.h>
#include <string.h>

#include "netspec_internal.h"
#include "text.h"

#define VLAN_FORM "NAME:INTERFACE, where NAME ends in the number of the VLAN, 1 to 4094 (eth0.5, vlan0005)"
#define BOND_FORM "NAME[:INTERFACE,INTERFACE...[:OPTION=VALUE,...[:MTU]]]"
#define BRIDGE_FORM "NAME:INTERFACE,INTERFACE..."

static unsigned count_kind(const struct netspec *spec, enum net_link_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < spec->link_count; i++)
		n += spec->links[i].kind == kind;
	return n;
}

/* Bonds before bridges before VLANs: what is made of others stands behind them. A name said again replaces. */
static const char *add(struct netspec *spec, const struct net_link *link)
{
	static const unsigned order[] = {[NET_BOND] = 0, [NET_BRIDGE] = 1, [NET_VLAN] = 2};
	unsigned at = 0;

	for (unsigned i = 0; i < spec->link_count; i++)
		if (strcmp(spec->links[i].ifname, link->ifname) == 0) {
			if (spec->links[i].kind != link->kind)
				return "another name: this one is an interface of another kind already";
			spec->links[i] = *link;
			return NULL;
		}
	if (count_kind(spec, link->kind) >= NET_LINKS_MAX)
		return "at most 8 of these";
	while (at < spec->link_count && order[spec->links[at].kind] <= order[link->kind])
		at++;
	memmove(&spec->links[at + 1], &spec->links[at], (spec->link_count - at) * sizeof(*link));
	spec->links[at] = *link;
	spec->link_count++;
	return NULL;
}

/* "eth0,eth1" */
static errint take_ports(const char *text, struct net_link *link)
{
	char name[NET_NAME_SIZE];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (link->port_count == NET_PORTS_MAX || len >= sizeof(name))
			return -EINVAL;
		memcpy(name, text, len);
		name[len] = '\0';
		if (net_name_copy(name, link->ports[link->port_count]) < 0)
			return -EINVAL;
		/* An interface made of itself would never be there. */
		if (strcmp(name, link->ifname) == 0)
			return -EINVAL;
		link->port_count++;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

/* The digits at the end of NAME. */
static unsigned trailing_number(const char *name)
{
	size_t len = strlen(name);
	uint64_t n;

	while (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	return text_decimal(name + len, 4094, &n, NULL) == 0 ? (unsigned)n : 0;
}

const char *net_take_vlan(struct netspec *spec, const char *value)
{
	struct net_link link = {.kind = NET_VLAN};
	struct net_fields f;
	char below[NET_NAME_SIZE];

	if (net_fields_split(value, &f) < 0 || f.count > 2 || net_name_copy(f.at[0], link.ifname) < 0)
		return VLAN_FORM;
	link.vlan_id = trailing_number(link.ifname);
	/* "eth0.5" alone says what is below it. */
	snprintf(below, sizeof(below), "%s", link.ifname);
	below[strcspn(below, ".")] = '\0';
	if (link.vlan_id == 0 || take_ports(f.count == 2 ? f.at[1] : below, &link) < 0 || link.port_count != 1)
		return VLAN_FORM;
	return add(spec, &link);
}

const char *net_take_bond(struct netspec *spec, const char *value)
{
	struct net_link link = {.kind = NET_BOND};
	struct net_fields f;
	uint64_t mtu = 0;

	if (net_fields_split(*value ? value : "bond0", &f) < 0 || f.count > 4 ||
	    net_name_copy(f.at[0], link.ifname) < 0)
		return BOND_FORM;
	if (f.count == 1) {
		if (take_ports("eth0,eth1", &link) < 0)
			return BOND_FORM;
	} else if (take_ports(f.at[1], &link) < 0) {
		return BOND_FORM;
	}
	if (strlen(net_field(&f, 2)) >= sizeof(link.options) ||
	    (f.count == 4 && *f.at[3] && (text_decimal(f.at[3], 65535, &mtu, NULL) < 0 || mtu < 68)))
		return BOND_FORM;
	/* dracut.cmdline(7) */
	snprintf(link.options, sizeof(link.options), "%s", *net_field(&f, 2) ? f.at[2] : "mode=balance-rr");
	link.mtu = (unsigned)mtu;
	return add(spec, &link);
}

const char *net_take_bridge(struct netspec *spec, const char *value)
{
	struct net_link link = {.kind = NET_BRIDGE};
	struct net_fields f;

	if (net_fields_split(*value ? value : "br0:eth0", &f) < 0 || f.count != 2 ||
	    net_name_copy(f.at[0], link.ifname) < 0 || take_ports(f.at[1], &link) < 0)
		return BRIDGE_FORM;
	return add(spec, &link);
}

const struct net_link *netspec_link_over(const struct netspec *spec, const char *name, unsigned start)
{
	for (unsigned i = start; i < spec->link_count; i++)
		for (unsigned p = 0; p < spec->links[i].port_count; p++)
			if (strcmp(spec->links[i].ports[p], name) == 0)
				return &spec->links[i];
	return NULL;
}

const struct net_link *netspec_link(const struct netspec *spec, const char *name)
{
	for (unsigned i = 0; i < spec->link_count; i++)
		if (strcmp(spec->links[i].ifname, name) == 0)
			return &spec->links[i];
	return NULL;
}
