/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface, from "there" to "up". */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_internal.h"

void net_iface_enter(struct net_iface *i, enum iface_state state, unsigned seconds)
{
	i->state = state;
	i->state_ns = clock_ns();
	i->deadline_ns = seconds ? i->state_ns + seconds * NS_PER_S : 0;
	i->next_run_ns = 0;
}

void net_iface_fail(struct net_iface *i, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(i->why, sizeof(i->why), fmt, args);
	va_end(args);
	log_info("network interface %s: %s", i->known.ifname, i->why);
	timeline_step(STEP_NETWORK, i->known.ifname, i->why, -1, -ETIMEDOUT, i->state_ns, clock_ns());
	net_iface_enter(i, IFACE_FAILED, 0);
}

/* IFF_LOWER_UP of <linux/if.h>, which does not go with <net/if.h>: the carrier itself. */
#define LOWER_UP 0x10000U

/* IFF_RUNNING alone is also said of a card whose carrier the kernel has not looked at yet (operstate "unknown"). */
bool net_iface_has_link(const struct net_iface *i)
{
	const unsigned needed = IFF_UP | IFF_RUNNING | LOWER_UP;

	return (i->flags & needed) == needed;
}

bool net_iface_overdue(const struct net_iface *i)
{
	return i->deadline_ns && clock_ns() >= i->deadline_ns;
}

/* ---- what it is to be ---- */

static bool same_mac(const struct net_iface *i, const struct net_mac *mac)
{
	return net_mac_equal(&i->known.mac, mac) || net_mac_equal(&i->permanent, mac);
}

static const struct net_ip *firmware_ip(const struct net *n, const struct net_iface *i)
{
	for (unsigned f = 0; f < n->firmware_count; f++)
		if (same_mac(i, &n->firmware[f].mac))
			return &n->firmware[f];
	return NULL;
}

/* The ip= word for I; NULL: it is left alone. */
static const struct net_ip *choose_ip(const struct net *n, const struct net_iface *i)
{
	const struct netspec *spec = &n->spec;
	const struct net_ip *ip = netspec_ip_for(spec, i->known.ifname, &i->known.mac);

	if (ip && ip->ifname[0])
		return ip;
	if (ip && ip->method == NET_IBFT)
		return firmware_ip(n, i);
	/* Words for other interfaces by name say nothing of this one. */
	if (!ip)
		ip = netspec_all_off(spec) ? &n->implied : NULL;
	if (spec->has_bootif && !same_mac(i, &spec->bootif))
		return NULL;
	if (spec->bootdev[0] && strcmp(spec->bootdev, i->known.ifname) != 0)
		return NULL;
	return ip;
}

static void choose(struct net *n, struct net_iface *i)
{
	const struct net_link *over = netspec_link_over(&n->spec, i->known.ifname, 0);

	i->port = over && over->kind != NET_VLAN;
	/* A port of something that the command line does not know: of a failover pair, say. */
	if (i->port || i->master) {
		i->ip = NULL;
		return;
	}
	i->ip = choose_ip(n, i);
	/* Below a VLAN there is no other network, unless its name says so. */
	i->only_link = over && (!i->ip || !i->ip->ifname[0] || i->ip->method == NET_OFF);
	if (i->only_link)
		i->ip = NULL;
}

/* ---- setting it up ---- */

static void raised(struct boot *b, pid_t pid, int status, void *arg)
{
	struct net_iface *i = arg;

	if (i->child != pid)
		return;
	i->child = 0;
	/* Late is better than never: its deadline may have passed meanwhile. */
	if (i->state != IFACE_RISING && i->state != IFACE_FAILED)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		i->raised = true;
		net_iface_enter(i, IFACE_CARRIER, b->net->spec.timeout.carrier);
	} else {
		net_iface_fail(i, "its driver%s%s cannot set it up: %s", i->driver[0] ? " " : "", i->driver,
			       WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "killed");
	}
	net_step(b);
}

/* In a child: a driver may load firmware, and sleep, before it is done. Its exit status is the errno. */
static void raise_up(struct boot *b, struct net_iface *i)
{
	struct netlink nl;
	pid_t pid = fork();

	if (pid == 0) {
		errint r = netlink_open(&nl);

		if (r == 0)
			r = netlink_set_up(&nl, i->known.ifindex, true);
		_exit(r < 0 && -r < 256 ? -r : r != 0);
	}
	if (pid < 0 || loop_watch_child(b, pid, raised, i) < 0) {
		net_iface_fail(i, "cannot be set up: %s", strerror(errno));
		return;
	}
	i->child = pid;
	net_iface_enter(i, IFACE_RISING, b->net->spec.timeout.ifup);
}

static void prepare(struct boot *b, struct net_iface *i)
{
	const struct net_link *link = netspec_link(&b->net->spec, i->known.ifname);
	const struct net_ip *ip = i->ip;
	errint r = 0;

	if (ip && ip->mac.set && !net_mac_equal(&ip->mac, &i->known.mac))
		r = netlink_set_mac(&b->net->nl, i->known.ifindex, &ip->mac);
	if (r < 0)
		log_warn("%s does not take the address of its ip= word: %s", i->known.ifname, strerror(-r));
	if (ip && ip->mtu) {
		r = netlink_set_mtu(&b->net->nl, i->known.ifindex, ip->mtu);
		if (r < 0)
			log_warn("%s does not take an MTU of %u: %s", i->known.ifname, ip->mtu, strerror(-r));
		i->known.mtu = ip->mtu;
	} else {
		i->known.mtu = link ? link->mtu : 0;
	}
}

/* A VLAN can be set up only above a card that is; it has failed with its card. */
static bool below_is_down(struct net *n, struct net_iface *i)
{
	for (unsigned k = 0; k < n->spec.link_count; k++) {
		const struct net_link *link = &n->spec.links[k];
		const struct net_iface *below;

		if (link->kind != NET_VLAN || strcmp(link->ifname, i->known.ifname) != 0)
			continue;
		below = net_find(n, link->ports[0]);
		if (below && (below->flags & IFF_UP))
			return false;
		if (i->state == IFACE_IDLE && below && below->state == IFACE_FAILED)
			net_iface_fail(i, "%s, which it is made on, is not up", link->ports[0]);
		return true;
	}
	return false;
}

#define NO_PORTS "none of its ports is here"

/* What is made of others is not set up before it is; at the deadline without any of them it has failed. */
static bool is_unmade(struct net *n, struct net_iface *i)
{
	if (!net_link_unmade(n, i->known.ifname))
		return false;
	if (i->state == IFACE_IDLE && clock_ns() >= n->iflink_deadline_ns && !net_link_ports(n, i->known.ifname))
		net_iface_fail(i, NO_PORTS " (rd.net.timeout.iflink)");
	return true;
}

static void idle(struct boot *b, struct net_iface *i)
{
	net_rename(b, i);
	choose(b->net, i);
	/* A bond sets its ports up itself; they have to be down when it takes them. */
	if (i->port ? !i->master : !i->only_link && (!i->ip || i->ip->method == NET_OFF))
		return;
	if (below_is_down(b->net, i) || is_unmade(b->net, i))
		return;
	if (i->flags & IFF_UP) {
		net_iface_enter(i, IFACE_CARRIER, b->net->spec.timeout.carrier);
		return;
	}
	prepare(b, i);
	raise_up(b, i);
}

void net_iface_step(struct boot *b, struct net_iface *i)
{
	switch (i->state) {
	case IFACE_IDLE:
		idle(b, i);
		break;
	case IFACE_RISING:
		if (net_iface_overdue(i))
			net_iface_fail(i, "its driver%s%s has not set it up within %u s (rd.net.timeout.ifup)",
				       i->driver[0] ? " " : "", i->driver, b->net->spec.timeout.ifup);
		break;
	case IFACE_CARRIER:
		if (net_iface_has_link(i))
			net_address_start(b, i);
		else if (net_iface_overdue(i))
			net_iface_fail(i, "no link within %u s: is the cable in? (rd.net.timeout.carrier)",
				       b->net->spec.timeout.carrier);
		break;
	case IFACE_ADDRESS:
		net_address_wait(b, i);
		break;
	case IFACE_FAILED:
		/* The cable was put in after all. */
		if (i->raised && !i->known.address.family && strncmp(i->why, "no link", 7) == 0 &&
		    net_iface_has_link(i))
			net_address_start(b, i);
		/* So was the card below it. */
		if (!i->raised && strstr(i->why, "which it is made on") && !below_is_down(b->net, i))
			idle(b, i);
		if (!i->raised && strncmp(i->why, NO_PORTS, strlen(NO_PORTS)) == 0 && !is_unmade(b->net, i))
			idle(b, i);
		break;
	case IFACE_UP:
		break;
	}
}

void net_iface_describe(const struct net_iface *i, char *out, size_t size)
{
	static const char *const waits[] = {
	    [IFACE_IDLE] = "what it is made of",
	    [IFACE_RISING] = "its driver to set it up",
	    [IFACE_CARRIER] = "a link",
	    [IFACE_ADDRESS] = "an address",
	    [IFACE_UP] = "nothing",
	    [IFACE_FAILED] = "nothing",
	};

	snprintf(out, size, "%s waits for %s%s%s%s", i->known.ifname, waits[i->state],
		 i->state == IFACE_ADDRESS ? " (" : "", i->state == IFACE_ADDRESS ? net_method_name(i->ip->method) : "",
		 i->state == IFACE_ADDRESS ? ")" : "");
}
