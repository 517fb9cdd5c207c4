/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface, from "there" to "up". */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_internal.h"

/* So that of two default routes the first one counts, and networkd's own (1024) comes before none of ours. */
#define METRIC_FIRST 512

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

bool net_iface_has_link(const struct net_iface *i)
{
	return (i->flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

static bool overdue(const struct net_iface *i)
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
		ip = spec->ip_count == 0 || spec->ips[0].method == NET_OFF ? &n->implied : NULL;
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
	i->only_link = over && (!i->ip || !i->ip->ifname[0]);
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
	if (i->state != IFACE_RISING)
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
	}
}

/* A VLAN can be set up only above a card that is. */
static bool below_is_down(struct net *n, const struct net_iface *i)
{
	for (unsigned k = 0; k < n->spec.link_count; k++) {
		const struct net_link *link = &n->spec.links[k];
		const struct net_iface *below;

		if (link->kind != NET_VLAN || strcmp(link->ifname, i->known.ifname) != 0)
			continue;
		below = net_find(n, link->ports[0]);
		return !below || !(below->flags & IFF_UP);
	}
	return false;
}

static void idle(struct boot *b, struct net_iface *i)
{
	net_rename(b, i);
	choose(b->net, i);
	/* A bond sets its ports up itself; they have to be down when it takes them. */
	if (i->port ? !i->master : !i->only_link && (!i->ip || i->ip->method == NET_OFF))
		return;
	if (below_is_down(b->net, i))
		return;
	if (i->flags & IFF_UP) {
		net_iface_enter(i, IFACE_CARRIER, b->net->spec.timeout.carrier);
		return;
	}
	prepare(b, i);
	raise_up(b, i);
}

/* ---- addresses ---- */

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
	for (unsigned d = 0; d < count && k->dns_count < NET_DNS_MAX; d++)
		if (dns[d].family)
			k->dns[k->dns_count++] = dns[d];
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

void net_iface_up(struct boot *b, struct net_iface *i)
{
	char a4[NET_ADDR_TEXT], a6[NET_ADDR_TEXT], gateway[NET_ADDR_TEXT];
	struct net_learned *k = &i->known;

	k->method = i->ip->method;
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
	net_iface_up(b, i);
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
	net_iface_up(b, i);
}

static void start_addresses(struct boot *b, struct net_iface *i)
{
	const struct netspec *spec = &b->net->spec;

	timeline_step(STEP_NETWORK, i->known.ifname, "link", -1, 0, i->state_ns, clock_ns());
	if (!i->ip) {
		net_iface_enter(i, IFACE_UP, 0); /* a port, or below a VLAN */
		return;
	}
	i->runs = 0;
	switch (i->ip->method) {
	case NET_STATIC:
	case NET_IBFT: /* without an address in the table */
		start_static(b, i);
		return;
	case NET_DHCP:
		net_iface_enter(i, IFACE_ADDRESS, spec->timeout.dhcp * (spec->dhcp_retry ? spec->dhcp_retry : 1));
		net_dhcp_step(b, i);
		return;
	case NET_DHCP6:
		net_iface_fail(i, "DHCPv6 is asked for, and no client for it is in this image (busybox has none): "
				  "use ip=auto6 or a static address");
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
	case NET_STATIC:
		net_iface_fail(i, "the address %s cannot be used after %u s (rd.net.timeout.ipv6dad)",
			       net_addr_text(&i->ip->client, true, text), s);
		break;
	case NET_EITHER6:
	case NET_AUTO6:
	case NET_LINK6:
	default:
		net_iface_fail(i, "no IPv6 address within %u s: %s (rd.net.timeout.ipv6auto)", s,
			       i->managed ? "a router says that addresses come by DHCPv6, for which no client is here"
					  : "no router has announced a network");
		break;
	}
}

/* IFACE_ADDRESS */
static void wait_address(struct boot *b, struct net_iface *i)
{
	if (i->ip->method == NET_DHCP) {
		if (overdue(i)) {
			net_dhcp_stop(b, i);
			no_address(i);
		} else {
			net_dhcp_step(b, i);
		}
		return;
	}
	if (i->found6.family && (i->ip->method != NET_STATIC || net_addr_equal(&i->found6, &i->ip->client))) {
		if (i->ip->method == NET_STATIC)
			add_gateway(b, i, &i->ip->gateway);
		net_iface_up(b, i);
	} else if (overdue(i)) {
		no_address(i);
	}
}

void net_iface_step(struct boot *b, struct net_iface *i)
{
	switch (i->state) {
	case IFACE_IDLE:
		idle(b, i);
		break;
	case IFACE_RISING:
		if (overdue(i))
			net_iface_fail(i, "its driver%s%s has not set it up within %u s (rd.net.timeout.ifup)",
				       i->driver[0] ? " " : "", i->driver, b->net->spec.timeout.ifup);
		break;
	case IFACE_CARRIER:
		if (net_iface_has_link(i))
			start_addresses(b, i);
		else if (overdue(i))
			net_iface_fail(i, "no link within %u s: is the cable in? (rd.net.timeout.carrier)",
				       b->net->spec.timeout.carrier);
		break;
	case IFACE_ADDRESS:
		wait_address(b, i);
		break;
	case IFACE_FAILED:
		/* The cable was put in after all. */
		if (i->raised && !i->known.address.family && strncmp(i->why, "no link", 7) == 0 &&
		    net_iface_has_link(i))
			start_addresses(b, i);
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
