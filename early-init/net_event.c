/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel reports of interfaces, into the table of them. */
#include <linux/if_addr.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net_internal.h"
#include "textfile.h"

static struct net_iface *add(struct net *n, unsigned ifindex)
{
	struct net_iface *i = NULL;

	/* The place of one that has gone, once nobody points at it. */
	for (unsigned k = 0; k < n->count && !i; k++)
		if (!n->ifaces[k].there && !n->ifaces[k].child)
			i = &n->ifaces[k];
	if (!i && n->count < NET_IFACES_MAX)
		i = &n->ifaces[n->count++];
	if (!i) {
		if (!n->overflow)
			log_warn("more than %d network interfaces: the rest is left alone", NET_IFACES_MAX);
		n->overflow = true;
		return NULL;
	}
	*i = (struct net_iface){.there = true, .known.ifindex = ifindex};
	return i;
}

static void read_driver(struct net_iface *i)
{
	char path[64], link[256];
	const char *slash;
	ssize_t n;

	if (i->driver[0] || path_format(path, sizeof(path), "/sys/class/net/%s/device/driver", i->known.ifname) < 0)
		return;
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	slash = strrchr(link, '/');
	snprintf(i->driver, sizeof(i->driver), "%.31s", slash ? slash + 1 : "");
}

static bool made_by_us(const struct net *n, const char *name)
{
	for (unsigned i = 0; i < n->spec.link_count; i++)
		if (strcmp(n->spec.links[i].ifname, name) == 0)
			return true;
	return false;
}

static void link_event(struct net *n, const struct nl_event *e)
{
	struct net_iface *i = net_find_index(n, e->ifindex);

	/* Only Ethernet, and of what is made in software only what the command line asks for. */
	if (e->type != ARPHRD_ETHER || e->flags & IFF_LOOPBACK || (e->kind[0] && !made_by_us(n, e->ifname)))
		return;
	if (!i && !(i = add(n, e->ifindex)))
		return;
	snprintf(i->known.ifname, sizeof(i->known.ifname), "%s", e->ifname);
	snprintf(i->kind, sizeof(i->kind), "%s", e->kind);
	i->known.mac = e->mac;
	if (e->permanent.set)
		i->permanent = e->permanent;
	i->flags = e->flags;
	i->master = e->master;
	read_driver(i);
}

static void gone(struct boot *b, struct net_iface *i)
{
	log_warn("network interface %s has gone", i->known.ifname);
	net_dhcp_stop(b, i);
	net_dhcp6_stop(b, i);
	i->there = false;
}

/* A global address that may be used: DAD is done and it was no duplicate. */
static void address_event(struct net_iface *i, const struct nl_event *e)
{
	bool usable = !(e->address_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) ||
		      e->address_flags & IFA_F_OPTIMISTIC;
	/* RT_SCOPE_SITE is wider than a link as well. */
	bool wanted = e->scope < RT_SCOPE_LINK || (i->ip && i->ip->method == NET_LINK6 && e->scope == RT_SCOPE_LINK);

	if (e->address.family != 6 || !wanted)
		return;
	if (usable)
		i->found6 = e->address;
	else if (e->address_flags & IFA_F_DADFAILED)
		log_err("%s: another machine has its IPv6 address already", i->known.ifname);
}

void net_keep_dns(struct net_learned *k, const struct net_addr *server)
{
	for (unsigned d = 0; d < k->dns_count; d++)
		if (net_addr_equal(&k->dns[d], server))
			return;
	if (k->dns_count < NET_DNS_MAX)
		k->dns[k->dns_count++] = *server;
}

void net_event(void *arg, const struct nl_event *e)
{
	struct boot *b = arg;
	struct net_iface *i = net_find_index(b->net, e->ifindex);

	if (e->what == NL_LINK)
		link_event(b->net, e);
	if (!i)
		return;
	switch (e->what) {
	case NL_LINK_GONE:
		gone(b, i);
		break;
	case NL_ROUTER:
		i->managed = e->managed;
		break;
	case NL_ADDRESS:
		address_event(i, e);
		break;
	case NL_ADDRESS_GONE:
		if (net_addr_equal(&i->found6, &e->address))
			i->found6.family = 0;
		break;
	case NL_ROUTE:
		i->known.gateway6 = e->address;
		break;
	case NL_ROUTE_GONE:
		if (net_addr_equal(&i->known.gateway6, &e->address))
			i->known.gateway6.family = 0;
		break;
	case NL_DNS:
		net_keep_dns(&i->known, &e->address);
		break;
	case NL_LINK:
		break;
	}
}
