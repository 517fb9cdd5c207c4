/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that the command line gives to cards, and interfaces that it makes of others. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "net_internal.h"
#include "textfile.h"

#define MATCHES_MAX 4

static const struct {
	const char *module, *word;
} kinds[] = {[NET_VLAN] = {"8021q", "vlan="}, [NET_BOND] = {"bonding", "bond="}, [NET_BRIDGE] = {"bridge", "bridge="}};

/* ---- names ---- */

/* The names of cards on the command line; NULL past the last. */
static const char *spoken_name(const struct netspec *spec, unsigned at)
{
	for (unsigned i = 0; i < spec->ip_count; i++)
		if (spec->ips[i].ifname[0] && at-- == 0)
			return spec->ips[i].ifname;
	for (unsigned i = 0; i < spec->link_count; i++)
		for (unsigned p = 0; p < spec->links[i].port_count; p++)
			if (at-- == 0)
				return spec->links[i].ports[p];
	return spec->bootdev[0] && at == 0 ? spec->bootdev : NULL;
}

static const char *wanted_name(struct net *n, const struct net_iface *i)
{
	const char *name;

	for (unsigned r = 0; r < n->spec.rename_count; r++)
		if (net_mac_equal(&n->spec.renames[r].mac, &i->permanent) ||
		    net_mac_equal(&n->spec.renames[r].mac, &i->known.mac))
			return n->spec.renames[r].ifname;
	for (unsigned s = 0; (name = spoken_name(&n->spec, s)); s++)
		if (!net_find(n, name) && net_name_predicted(i->known.ifname, &i->known.mac, name))
			return name;
	return NULL;
}

static errint rename_one(struct net *n, struct net_iface *i, const char *name)
{
	errint r = netlink_set_name(&n->nl, i->known.ifindex, name);

	if (r == 0)
		snprintf(i->known.ifname, sizeof(i->known.ifname), "%s", name);
	return r;
}

void net_rename(struct boot *b, struct net_iface *i)
{
	struct net *n = b->net;
	const char *name = i->kind[0] || i->flags & IFF_UP ? NULL : wanted_name(n, i);
	struct net_iface *other;
	char old[NET_NAME_SIZE], aside[NET_NAME_SIZE];
	errint r;

	if (!name || strcmp(name, i->known.ifname) == 0)
		return;
	snprintf(old, sizeof(old), "%s", i->known.ifname);
	r = rename_one(n, i, name);
	other = r == -EEXIST ? net_find(n, name) : NULL;
	/* Two cards that change names: the other one finds its own next. */
	if (other && !(other->flags & IFF_UP)) {
		snprintf(aside, sizeof(aside), "rename%u", other->known.ifindex);
		r = rename_one(n, other, aside);
		if (r == 0)
			r = rename_one(n, i, name);
	}
	if (r < 0)
		log_err("network interface %s cannot be named %s: %s", old, name, strerror(-r));
	else
		log_info("network interface %s is now %s", old, name);
}

/* ---- bonds, bridges, VLANs ---- */

void net_links_want(struct boot *b)
{
	const struct netspec *spec = &b->net->spec;

	for (unsigned i = 0; i < spec->link_count; i++)
		if (loader_want(b, kinds[spec->links[i].kind].module, kinds[spec->links[i].kind].word) < 0)
			log_debug("no module %s in this image: built in, or missing",
				  kinds[spec->links[i].kind].module);
	for (unsigned i = 0; i < spec->ip_count; i++)
		if (spec->ips[i].method == NET_IBFT)
			b->net->wants_ibft = true;
	if (b->net->wants_ibft && loader_want(b, "iscsi_ibft", "ip=ibft") < 0)
		log_debug("no module iscsi_ibft in this image: built in, or missing");
}

/* Whether the driver's load has come to an end, good or bad. */
static bool driver_settled(struct boot *b, const char *module)
{
	struct module_match m[MATCHES_MAX];
	struct load_status s;
	errint n = b->plan ? lookup_modules(&b->ix, &b->conf, module, LOOKUP_USABLE, m, MATCHES_MAX) : 0;

	for (errint i = 0; i < n && i < MATCHES_MAX; i++) {
		if (m[i].module == MODULE_NONE)
			continue;
		planner_status(b->plan, m[i].module, &s);
		if (s.state == LOAD_WAITING || s.state == LOAD_READY || s.state == LOAD_LOADING)
			return false;
	}
	return true;
}

/* Lists that the kernel takes one by one, each with a '+' (drivers/net/bonding/bond_options.c). */
static bool is_added_to(const char *option)
{
	return strcmp(option, "arp_ip_target") == 0 || strcmp(option, "ns_ip6_target") == 0;
}

static errint set_bond_option(const struct net_link *link, const char *option, char *value)
{
	char path[128], one[80], *save = NULL;
	errint r = path_format(path, sizeof(path), "/sys/class/net/%s/bonding/%s", link->ifname, option);

	if (r < 0 || !is_added_to(option))
		return r < 0 ? r : text_write(path, value);
	for (char *v = strtok_r(value, ",", &save); v && r == 0; v = strtok_r(NULL, ",", &save)) {
		snprintf(one, sizeof(one), "+%s", v);
		r = text_write(path, one);
	}
	return r;
}

/* Through sysfs, which knows every option by name (Documentation/networking/bonding.rst). ';' stands for ',' in one. */
static void set_bond_options(const struct net_link *link)
{
	char options[NET_OPTIONS_SIZE], *save = NULL;
	errint r;

	snprintf(options, sizeof(options), "%s", link->options);
	for (char *o = strtok_r(options, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
		char *value = strchr(o, '=');

		if (!value) {
			log_err("bond=%s: option %s has no value", link->ifname, o);
			continue;
		}
		*value++ = '\0';
		for (char *c = value; *c; c++)
			if (*c == ';')
				*c = ',';
		if (strchr(o, '/'))
			continue;
		r = set_bond_option(link, o, value);
		if (r < 0)
			log_err("bond=%s: the kernel does not take %s=%s: %s", link->ifname, o, value, strerror(-r));
	}
}

/* Its ports get the same when they join it. */
static void set_bond_mtu(struct net *n, const struct net_link *link)
{
	unsigned index = link->mtu ? if_nametoindex(link->ifname) : 0;
	errint r = index ? netlink_set_mtu(&n->nl, index, link->mtu) : -ENODEV;

	if (link->mtu && r < 0)
		log_err("bond=%s: no MTU of %u: %s", link->ifname, link->mtu, strerror(-r));
}

bool net_link_unmade(const struct net *n, const char *name)
{
	const struct net_link *link = netspec_link(&n->spec, name);

	return link && !n->made[link - n->spec.links];
}

/* The parts that are there. */
static unsigned count_ports(struct net *n, const struct net_link *link)
{
	unsigned found = 0;

	for (unsigned p = 0; p < link->port_count; p++)
		found += net_find(n, link->ports[p]) != NULL;
	return found;
}

unsigned net_link_ports(struct net *n, const char *name)
{
	const struct net_link *link = netspec_link(&n->spec, name);

	return link ? count_ports(n, link) : 0;
}

static void make(struct boot *b, unsigned at)
{
	struct net *n = b->net;
	const struct net_link *link = &n->spec.links[at];
	const struct net_iface *below = net_find(n, link->ports[0]);
	errint r = netlink_add_link(&n->nl, link, link->kind == NET_VLAN && below ? below->known.ifindex : 0);

	n->made[at] = true;
	/* The driver of bonds makes a bond0 of its own. */
	if (r < 0 && r != -EEXIST) {
		snprintf(n->link_why, sizeof(n->link_why), "%s%s cannot be made: %s%s%s", kinds[link->kind].word,
			 link->ifname, strerror(-r), r == -EOPNOTSUPP ? ": this image has no module " : "",
			 r == -EOPNOTSUPP ? kinds[link->kind].module : "");
		log_err("%s", n->link_why);
		return;
	}
	if (link->kind != NET_BOND)
		return;
	set_bond_options(link);
	set_bond_mtu(n, link);
	if (!netspec_link(&n->spec, "bond0"))
		(void)!text_write("/sys/class/net/bonding_masters", "-bond0");
}

static void join_ports(struct boot *b, const struct net_link *link)
{
	struct net *n = b->net;
	struct net_iface *whole = net_find(n, link->ifname);
	errint r;

	for (unsigned p = 0; whole && p < link->port_count; p++) {
		struct net_iface *port = net_find(n, link->ports[p]);

		if (!port || port->master || port->state != IFACE_IDLE)
			continue;
		r = netlink_set_master(&n->nl, port->known.ifindex, whole->known.ifindex);
		port->master = whole->known.ifindex;
		if (r < 0)
			net_iface_fail(port, "cannot be a port of %s: %s", link->ifname, strerror(-r));
	}
}

void net_links_step(struct boot *b)
{
	struct net *n = b->net;
	bool late = clock_ns() >= n->iflink_deadline_ns;

	for (unsigned i = 0; i < n->spec.link_count; i++) {
		const struct net_link *link = &n->spec.links[i];
		unsigned ports = n->made[i] ? 0 : count_ports(n, link);

		/* With a part missing at the deadline, the others have to do. */
		if (!n->made[i] && ports > 0 && (ports == link->port_count || late) &&
		    driver_settled(b, kinds[link->kind].module))
			make(b, i);
		if (n->made[i] && link->kind != NET_VLAN)
			join_ports(b, link);
	}
}
