/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the network is wanted, when it is up, and how long that may take. */
#include "net_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

/* The feature's setting "network": what stands behind ip= on a machine whose command line says nothing. */
#define SETTING "network"

static struct boot_index *index_of(struct boot *b)
{
	return b->ix.base ? &b->ix : NULL;
}

/* The image's own setting, then the command line, so that the latter wins. */
static errint parse(struct boot *b, struct net *n)
{
	const char *own = index_of(b) ? index_setting(&b->ix, SETTING) : NULL;
	size_t size = sizeof(n->words) + (b->cmdline ? strlen(b->cmdline) : 0) + 8;
	char *line = malloc(size);
	struct net_ip ip;
	const char *expected;

	if (!line)
		return -ENOMEM;
	if (own && netspec_parse_ip(own, &ip, &expected) < 0)
		log_warn("network=%s in this image makes no sense: expected %s", own, expected);
	snprintf(line, size, "%s", b->cmdline ? b->cmdline : "");
	netspec_parse(line, &n->spec);
	if (own && n->spec.ip_count == 0 && strlen(own) < sizeof(n->words)) {
		snprintf(line, size, "ip=%s %s", own, b->cmdline ? b->cmdline : "");
		netspec_parse(line, &n->spec);
	}
	free(line);
	for (unsigned i = 0; i < n->spec.bad_count && i < NET_BAD_MAX; i++)
		log_err("%s on the command line makes no sense: expected %s", n->spec.bad[i].word,
			n->spec.bad[i].expected);
	return 0;
}

errint net_init(struct boot *b)
{
	struct net *n = calloc(1, sizeof(*n));
	errint r;

	if (!n)
		return -ENOMEM;
	n->implied.method = NET_DHCP;
	b->net = n;
	r = parse(b, n);
	if (r == 0 && (n->spec.asked || b->opt.neednet))
		r = net_need(b, n->spec.neednet ? "rd.neednet=1" : b->opt.neednet ? "the root" : "ip=");
	return r;
}

/* ---- what the kernel reports ---- */

static void dump_all(struct boot *b)
{
	errint r = netlink_dump(&b->net->nl, net_event, b);

	if (r < 0)
		log_err("cannot list the network interfaces: %s", strerror(-r));
}

static void on_netlink(struct boot *b, int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	if (netlink_receive(&b->net->nl, net_event, b) == -ENOBUFS)
		dump_all(b);
	net_step(b);
}

errint net_need(struct boot *b, const char *who)
{
	struct net *n = b->net;
	errint r;

	if (!n)
		return -EINVAL;
	if (n->started)
		return 0;
	r = netlink_open(&n->nl);
	if (r == 0)
		r = loop_add_fd(b, n->nl.events, EPOLLIN, on_netlink, NULL);
	if (r < 0) {
		log_err("no network: this kernel has no rtnetlink: %s", strerror(-r));
		return r;
	}
	n->started = true;
	n->who = who;
	n->status = NET_STATUS_WAIT;
	n->start_ns = clock_ns();
	n->iflink_deadline_ns = n->start_ns + n->spec.timeout.iflink * NS_PER_S;
	log_info("network: wanted by %s", who);
	if (mkdir(NET_RUN_DIR, 0755) < 0 && errno != EEXIST)
		log_warn("cannot make %s: %s", NET_RUN_DIR, strerror(errno));
	loader_release(b, MODULE_NETWORK);
	net_links_want(b);
	dump_all(b);
	net_step(b);
	return 0;
}

/* ---- which are there ---- */

struct net_iface *net_find(struct net *n, const char *name)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->ifaces[i].there && strcmp(n->ifaces[i].known.ifname, name) == 0)
			return &n->ifaces[i];
	return NULL;
}

struct net_iface *net_find_index(struct net *n, unsigned ifindex)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->ifaces[i].there && n->ifaces[i].known.ifindex == ifindex)
			return &n->ifaces[i];
	return NULL;
}

/* ---- the whole ---- */

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
	bool named = false;

	for (unsigned i = 0; i < n->spec.ip_count; i++) {
		if (!n->spec.ips[i].ifname[0])
			return n->spec.ips[i].method != NET_OFF;
		named = named || n->spec.ips[i].method != NET_OFF;
	}
	return !named;
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

static bool loading(const struct boot *b)
{
	return b->plan && !planner_idle(b->plan);
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

static void call_back(struct boot *b, const struct net_iface *i)
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
			call_back(b, c);
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

static void evaluate(struct boot *b)
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
		open = open || t.any_pending || (young && (!t.any_failed || loading(b)));
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
	if (young && (absent || !(t.any_up + t.any_failed + t.any_pending)))
		net_wake_at(b, n->iflink_deadline_ns);
}

static void on_timer(struct boot *b, void *arg)
{
	(void)arg;
	b->net->timer = 0;
	net_step(b);
}

static uint64_t next_deadline(const struct net *n)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < n->count; i++) {
		const struct net_iface *c = &n->ifaces[i];

		if (c->there && c->deadline_ns && c->deadline_ns < next)
			next = c->deadline_ns;
		if (c->there && c->state == IFACE_ADDRESS && c->next_run_ns && c->next_run_ns < next)
			next = c->next_run_ns;
	}
	return next;
}

void net_wake_at(struct boot *b, uint64_t when_ns)
{
	uint64_t now = clock_ns();
	struct net *n = b->net;

	if (when_ns == UINT64_MAX)
		return;
	loop_cancel_timer(b, n->timer);
	n->timer = loop_add_timer(b, when_ns > now ? (unsigned)((when_ns - now) / NS_PER_MS) + 1 : 1, on_timer, NULL);
	if (n->timer < 0)
		log_err("no timer for the network: %s", strerror(-n->timer));
}

void net_step(struct boot *b)
{
	struct net *n = b->net;
	uint64_t next;

	if (!n || !n->started)
		return;
	if (n->wants_ibft && n->firmware_count == 0)
		n->firmware_count = net_ibft_read("/sys", n->firmware, ARRAY_SIZE(n->firmware));
	for (unsigned i = 0; i < n->count; i++) {
		bool was_up = n->ifaces[i].state == IFACE_UP;

		if (!n->ifaces[i].there)
			continue;
		net_iface_step(b, &n->ifaces[i]);
		if (!was_up && n->ifaces[i].state == IFACE_UP && n->ifaces[i].ip && n->status == NET_STATUS_UP) {
			net_write_files(b);
			call_back(b, &n->ifaces[i]);
		}
	}
	net_links_step(b);
	next = next_deadline(n);
	if (n->status != NET_STATUS_UP && clock_ns() < n->iflink_deadline_ns && n->iflink_deadline_ns < next)
		next = n->iflink_deadline_ns;
	net_wake_at(b, next);
	evaluate(b);
}

/* ---- for root types ---- */

enum net_status net_status(const struct boot *b)
{
	return b->net ? b->net->status : NET_STATUS_IDLE;
}

const char *net_waits_for(const struct boot *b)
{
	return b->net ? b->net->waits_for : "";
}

const char *net_why(const struct boot *b)
{
	return b->net ? b->net->why : "";
}

bool net_holds_switch(const struct boot *b)
{
	return b->net && b->net->spec.neednet && b->net->status == NET_STATUS_WAIT;
}

void net_retry(struct boot *b)
{
	struct net *n = b->net;

	if (!n || n->status != NET_STATUS_FAILED)
		return;
	n->status = NET_STATUS_WAIT;
	n->why[0] = '\0';
	n->start_ns = clock_ns();
	n->iflink_deadline_ns = n->start_ns + n->spec.timeout.iflink * NS_PER_S;
	for (unsigned i = 0; i < n->count; i++)
		if (n->ifaces[i].state == IFACE_FAILED)
			n->ifaces[i].state = IFACE_IDLE;
	net_step(b);
}

static bool is_first(const struct net *n, const struct net_iface *i)
{
	return n->spec.bootdev[0] && strcmp(i->known.ifname, n->spec.bootdev) == 0;
}

const struct net_learned *net_learned_at(const struct boot *b, unsigned at)
{
	const struct net *n = b->net;

	for (int first = 1; n && first >= 0; first--)
		for (unsigned i = 0; i < n->count; i++) {
			const struct net_iface *c = &n->ifaces[i];

			if (!c->there || !c->ip || c->state != IFACE_UP || is_first(n, c) != (first == 1))
				continue;
			if (at-- == 0)
				return &c->known;
		}
	return NULL;
}

const struct netspec *net_spec(const struct boot *b)
{
	static const struct netspec nothing;

	return b->net ? &b->net->spec : &nothing;
}

errint net_on_up(struct boot *b, net_up_fn *fn, void *arg)
{
	struct net *n = b->net;
	const struct net_learned *l;

	if (!n || n->callback_count == NET_CALLBACKS_MAX)
		return -ENOSPC;
	n->callbacks[n->callback_count++] = (struct net_callback){fn, arg};
	for (unsigned i = 0; n->status == NET_STATUS_UP && (l = net_learned_at(b, i)); i++)
		fn(b, l, arg);
	return 0;
}
