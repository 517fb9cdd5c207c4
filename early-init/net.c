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

static errint parse(struct boot *b, struct net *n)
{
	const char *own = index_of(b) ? index_setting(&b->ix, SETTING) : NULL;
	struct net_ip ip;
	const char *expected;
	errint r;

	if (own && netspec_parse_ip(own, &ip, &expected) < 0)
		log_warn("network=%s in this image makes no sense: expected %s", own, expected);
	r = netspec_parse_boot(b->cmdline, own, &n->spec);
	for (unsigned i = 0; i < n->spec.bad_count && i < NET_BAD_MAX; i++)
		log_err("%s on the command line makes no sense: expected %s", n->spec.bad[i].word,
			n->spec.bad[i].expected);
	return r;
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

/* ---- its turns ---- */

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
			net_call_back(b, &n->ifaces[i]);
		}
	}
	net_links_step(b);
	next = next_deadline(n);
	if (n->status != NET_STATUS_UP && clock_ns() < n->iflink_deadline_ns && n->iflink_deadline_ns < next)
		next = n->iflink_deadline_ns;
	net_wake_at(b, next);
	net_evaluate(b);
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

void net_ask_again(struct boot *b)
{
	struct net *n = b->net;

	if (!n || n->status != NET_STATUS_UP)
		return;
	n->status = NET_STATUS_WAIT;
	n->start_ns = clock_ns();
	for (unsigned i = 0; i < n->count; i++)
		if (n->ifaces[i].state == IFACE_UP && n->ifaces[i].ip && n->ifaces[i].known.method == NET_DHCP)
			net_address_start(b, &n->ifaces[i]);
	net_step(b);
}

bool net_pending(const struct boot *b)
{
	const struct net *n = b->net;

	for (unsigned i = 0; n && i < n->count; i++) {
		const struct net_iface *c = &n->ifaces[i];

		if (c->there && c->ip && c->ip->method != NET_OFF && c->state != IFACE_UP && c->state != IFACE_FAILED)
			return true;
	}
	return false;
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
