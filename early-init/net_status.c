/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has become of the network as a whole: up, failed, or what it waits for. */
#include <stdio.h>
#include <string.h>

#include "net_internal.h"

struct tally {
	unsigned up, failed, pending; /* interfaces that the command line names */
	unsigned any_up, any_failed, any_pending;
	const struct net_iface *waits; /* one that is pending */
};

static void count_iface(const struct net_iface *i, struct tally *t)
{
	bool named;

	if (!i->there || !i->ip || i->ip->method == NET_OFF)
		return;
	named = i->ip->ifname[0] != '\0';
	if (i->state == IFACE_UP) {
		*(named ? &t->up : &t->any_up) += 1;
	} else if (i->state == IFACE_FAILED) {
		*(named ? &t->failed : &t->any_failed) += 1;
	} else {
		*(named ? &t->pending : &t->any_pending) += 1;
		if (!t->waits || named)
			t->waits = i;
	}
}

/* Whether some interface without a name of its own on the command line is to be configured. */
static bool any_wanted(const struct net *n)
{
	for (unsigned i = 0; i < n->spec.ip_count; i++)
		if (!n->spec.ips[i].ifname[0])
			return n->spec.ips[i].method != NET_OFF;
	return netspec_all_off(&n->spec);
}

/* The first that the command line names and that is not there; NULL none. */
static const char *missing_name(struct net *n)
{
	for (unsigned i = 0; i < n->spec.ip_count; i++) {
		const struct net_ip *ip = &n->spec.ips[i];
		bool found = false;

		if (!ip->ifname[0] || ip->method == NET_OFF)
			continue;
		for (unsigned k = 0; k < n->count; k++)
			found = found || (n->ifaces[k].there && n->ifaces[k].ip == ip);
		if (!found)
			return ip->ifname;
	}
	return NULL;
}

/* "eth0 (52:54:00:12:34:56, e1000)", each. */
static void list_cards(const struct net *n, char *out, size_t size)
{
	size_t used = 0;
	char mac[NET_MAC_TEXT];

	out[0] = '\0';
	for (unsigned i = 0; i < n->count && used < size; i++) {
		const struct net_iface *c = &n->ifaces[i];

		if (c->there && !c->kind[0])
			used += (size_t)snprintf(out + used, size - used, "%s%s (%s%s%s)", used ? ", " : "",
						 c->known.ifname, net_mac_text(&c->known.mac, mac),
						 c->driver[0] ? ", " : "", c->driver);
	}
}

/* Something that should be there is not: what, in words. */
static void describe_missing(struct net *n, char *out, size_t size)
{
	const char *name = missing_name(n);
	char cards[160], mac[NET_MAC_TEXT];

	list_cards(n, cards, sizeof(cards));
	if (name)
		snprintf(out, size, "no interface %s; there %s %s", name, cards[0] ? "is" : "is",
			 cards[0] ? cards : "none");
	else if (cards[0] && n->spec.has_bootif)
		snprintf(out, size, "no card has the address of BOOTIF, %s; there is %s",
			 net_mac_text(&n->spec.bootif, mac), cards);
	else if (cards[0])
		snprintf(out, size, "no card is to be configured by the command line; there is %s", cards);
	else
		snprintf(out, size, "no network card");
	if (n->link_why[0])
		snprintf(out, size, "%s", n->link_why);
}

void net_call_back(struct boot *b, const struct net_iface *i)
{
	struct net *n = b->net;

	for (unsigned c = 0; c < n->callback_count; c++)
		n->callbacks[c].fn(b, &i->known, n->callbacks[c].arg);
}

static void become_up(struct boot *b)
{
	struct net *n = b->net;

	n->status = NET_STATUS_UP;
	n->waits_for[0] = n->why[0] = '\0';
	timeline_step(STEP_NETWORK, "network", n->who, -1, 0, n->start_ns, clock_ns());
	net_write_files(b);
	for (unsigned i = 0; i < n->count; i++) {
		const struct net_iface *c = &n->ifaces[i];

		if (c->there && c->ip && c->state == IFACE_UP)
			net_call_back(b, c);
		else if (c->there && c->state == IFACE_FAILED)
			log_warn("network interface %s: %s; going on without it", c->known.ifname, c->why);
	}
}

static void become_failed(struct boot *b, unsigned failed)
{
	struct net *n = b->net;
	char what[300] = "";

	for (unsigned i = 0; i < n->count && failed && !what[0]; i++)
		if (n->ifaces[i].state == IFACE_FAILED && n->ifaces[i].ip)
			snprintf(what, sizeof(what), "%s: %s%s", n->ifaces[i].known.ifname, n->ifaces[i].why,
				 failed > 1 ? "; and others" : "");
	if (!what[0]) {
		describe_missing(n, what, sizeof(what));
		snprintf(what + strlen(what), sizeof(what) - strlen(what), " within %u s (rd.net.timeout.iflink)",
			 n->spec.timeout.iflink);
	}
	if (n->status == NET_STATUS_WAIT)
		timeline_step(STEP_NETWORK, "network", what, -1, -ETIMEDOUT, n->start_ns, clock_ns());
	n->status = NET_STATUS_FAILED;
	n->waits_for[0] = '\0';
	if (strncmp(n->why + strlen("no network: "), what, strlen(what)) != 0 || !n->why[0]) {
		snprintf(n->why, sizeof(n->why), "no network: %s", what);
		log_err("%s", n->why);
	}
}

void net_evaluate(struct boot *b)
{
	struct net *n = b->net;
	const struct net_iface *bootdev = n->spec.bootdev[0] ? net_find(n, n->spec.bootdev) : NULL;
	bool young = clock_ns() < n->iflink_deadline_ns, absent = missing_name(n) != NULL, open;
	struct tally t = {0};

	for (unsigned i = 0; i < n->count; i++)
		count_iface(&n->ifaces[i], &t);
	/* A card may still come: for what is named until its deadline, else while drivers are loading. */
	open = t.pending || (young && absent);
	if (any_wanted(n) && !t.any_up)
		open = open || t.any_pending || (young && (!t.any_failed || !loader_idle(b)));
	if (n->status == NET_STATUS_UP)
		return;
	if (bootdev && bootdev->state == IFACE_UP) {
		become_up(b);
	} else if (open) {
		n->status = NET_STATUS_WAIT;
		if (t.waits)
			net_iface_describe(t.waits, n->waits_for, sizeof(n->waits_for));
		else
			describe_missing(n, n->waits_for, sizeof(n->waits_for));
	} else if (t.up + t.any_up > 0 && !n->spec.bootdev[0]) {
		become_up(b);
	} else {
		become_failed(b, t.failed + t.any_failed);
	}
}
