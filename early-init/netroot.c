/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root on the network: which, the network under it, the device that was attached. */
#include "netroot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "overlay.h"

/* How long NFS waits for another lease, and how often that is looked at. */
#define LEASE_WAIT_NS (5 * NS_PER_S)
#define LEASE_LOOK_MS 500

static const struct netroot_type *const types[] = {&netroot_nfs,   &netroot_9p,	  &netroot_virtiofs, &netroot_nbd,
						   &netroot_iscsi, &netroot_nvme, &netroot_http};

static const struct netroot_type *type_of(enum netroot_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i]->kind == kind)
			return types[i];
	return NULL;
}

/* TYPE is known now; what follows from it for the rest of the boot. */
static void set_type(struct boot *b, struct netroot *n)
{
	n->type = type_of(n->spec.kind);
	n->try_s = n->type ? n->type->try_s : 0;
	if (n->spec.kind == NETROOT_HTTP)
		overlay_default(b);
}

errint netroot_init(struct boot *b)
{
	char *line = strdup(b->cmdline ? b->cmdline : ""), why[300] = "no memory";
	struct netroot *n = calloc(1, sizeof(*n));
	errint r = line && n ? netroot_parse(line, &n->spec, why, sizeof(why)) : -ENOMEM;

	free(line);
	if (r == 0 && n->spec.kind != NETROOT_NONE) {
		b->root->net = n;
		set_type(b, n);
		if (netroot_needs_network(&n->spec))
			r = net_need(b, "the root");
		return r < 0 ? root_give_up(b->root, r, "the network cannot be set up: %s", strerror(-r)) : 0;
	}
	free(n);
	return r < 0 ? root_give_up(b->root, r, "%s", why) : 0;
}

/* ---- the network ---- */

/* Whether the root-path of DHCP is to say what or where the root is. */
static bool wants_root_path(const struct netroot *n)
{
	return n->spec.kind == NETROOT_DHCP || (n->spec.kind == NETROOT_NFS && !n->spec.path[0]);
}

/* The first interface that was told where the root is: its path when that is wanted, else a server; or just the first.
 */
static const struct net_learned *who_knows(const struct boot *b, bool path)
{
	const struct net_learned *l;

	for (unsigned i = 0; (l = net_learned_at(b, i)); i++)
		if (path ? l->root_path[0] != '\0' : l->server.family || l->dhcp_server.family)
			return l;
	return path ? who_knows(b, false) : net_learned_at(b, 0);
}

/* What the lease says of the root, where the command line leaves it open. */
static errint take_lease(struct boot *b, struct netroot *n)
{
	const struct net_learned *l = who_knows(b, wants_root_path(n));
	const char *path = l ? l->root_path : "";
	char address[NET_ADDR_TEXT], shown[NETROOT_MASKED_MAX];

	if (n->spec.kind == NETROOT_DHCP && !*path)
		return root_give_up(
		    b->root, -ENOENT,
		    "root=%s asks for the root-path (option 17) of DHCP, and the lease of %s has none: set it "
		    "on the server, or name the root here",
		    b->opt.root ? b->opt.root : "", l ? l->ifname : "the network card");
	if (wants_root_path(n) && *path) {
		errint r = netroot_from_root_path(path, &n->spec);
		if (r < 0)
			return root_give_up(b->root, r, "the root-path of DHCP is \"%s\": no form of root= known here",
					    netroot_masked(path, shown, sizeof(shown)));
		set_type(b, n);
	}
	snprintf(n->address, sizeof(n->address), "%s", n->spec.server);
	if (!n->address[0] && l && l->server.family)
		snprintf(n->address, sizeof(n->address), "%s", net_addr_text(&l->server, false, address));
	if (!n->address[0] && l && l->dhcp_server.family)
		snprintf(n->address, sizeof(n->address), "%s", net_addr_text(&l->dhcp_server, false, address));
	if (n->address[0] || n->spec.iscsi.firmware)
		return 0;
	return root_give_up(b->root, -EDESTADDRREQ, "no server for root=%s: neither root= nor ip= nor DHCP names one",
			    netroot_masked(b->opt.root ? b->opt.root : "", shown, sizeof(shown)));
}

/*
 * Of several networks one knows the root, and nobody says which: the others have their time. NFS has a path also when
 * nobody tells one, and waits but a little.
 */
static bool lease_awaited(struct boot *b, struct netroot *n, struct mount_target *t)
{
	const struct net_learned *l = who_knows(b, true);

	if (!wants_root_path(n) || !l || l->root_path[0] || !net_pending(b))
		return false;
	if (n->lease_ns == 0)
		n->lease_ns = clock_ns();
	if (n->spec.kind != NETROOT_DHCP && clock_ns() - n->lease_ns >= LEASE_WAIT_NS)
		return false;
	snprintf(t->waits_for, sizeof(t->waits_for), "a lease with a root-path: that of %s has none", l->ifname);
	return true;
}

/* 1 it is up, 0 not yet, -errno never. The root's own deadline begins when the network is there. */
static errint wait_for_network(struct boot *b, struct netroot *n, struct mount_target *t)
{
	struct root_search *rs = b->root;
	errint r;

	if (n->net_up || !netroot_needs_network(&n->spec))
		return 1;
	switch (net_status(b)) {
	case NET_STATUS_UP:
		break;
	case NET_STATUS_FAILED:
		return root_give_up(rs, -ENETDOWN, "the root is on the network, which is not there: %s", net_why(b));
	case NET_STATUS_IDLE:
	case NET_STATUS_WAIT:
		snprintf(t->waits_for, sizeof(t->waits_for), "the network: %s", net_waits_for(b));
		root_wait_on(rs);
		return 0;
	}
	if (lease_awaited(b, n, t)) {
		root_wait_on(rs);
		root_wake(b, LEASE_LOOK_MS);
		return 0;
	}
	r = take_lease(b, n);
	n->net_up = r == 0;
	return r < 0 ? r : 1;
}

/* ---- the device that was attached ---- */

/* A disk over the network: the first that came after the try and is no part of this machine. */
static const struct block_dev *new_disk(struct boot *b, const struct netroot *n)
{
	/* Those on PCI may come late, too; the fabrics are virtual, also where several paths make one disk. */
	const char *const below = n->spec.kind == NETROOT_ISCSI ? "/session" : "/virtual/nvme-";
	const struct block_dev *dev;
	char lun[40] = "";

	if (n->spec.iscsi.lun[0])
		snprintf(lun, sizeof(lun), ":%s/block/", n->spec.iscsi.lun);
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (!dev->facts.disk && dev->seen_ns >= n->attached_ns && dev->devpath && strstr(dev->devpath, below) &&
		    strstr(dev->devpath, lun))
			return dev;
	return NULL;
}

/* The file system on DISK: on itself, or on its only or first partition that has one. */
static const struct block_dev *with_filesystem(struct boot *b, const struct block_dev *disk)
{
	const struct block_dev *dev;

	if (disk->nparts == 0)
		return disk;
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->facts.disk && strcmp(dev->facts.disk, disk->facts.devname) == 0 && dev->handler &&
		    dev->handler->role == HANDLER_FILESYSTEM)
			return dev;
	return NULL;
}

/* 2 T names what to look for, 0 it is not there yet. */
static errint choose_device(struct boot *b, struct netroot *n, struct mount_target *t)
{
	const struct block_dev *dev = n->device[0] ? block_dev_by_name(b, n->device) : new_disk(b, n);

	if (n->spec.device_only)
		return 2;
	snprintf(t->waits_for, sizeof(t->waits_for), "%s is attached; its disk %s has not appeared yet",
		 netroot_kind_name(n->spec.kind), n->device);
	if (!dev || dev->state != BLOCK_READ || dev->facts.size == 0) {
		if (dev && dev->state == BLOCK_READ)
			block_read_again(b, dev->facts.devname);
		return 0;
	}
	snprintf(t->waits_for, sizeof(t->waits_for), "no file system is seen on %s", dev->facts.devname);
	dev = with_filesystem(b, dev);
	if (!dev)
		return 0;
	t->spec = (struct root_spec){.kind = ROOT_DEVNAME};
	snprintf(t->spec.value, sizeof(t->spec.value), "%s", dev->facts.devname);
	if (n->spec.fstype[0])
		t->types = n->spec.fstype;
	if (n->spec.flags[0])
		t->flags = n->spec.flags;
	return 2;
}

errint netroot_step(struct boot *b, struct mount_target *t)
{
	struct netroot *n = b->root->net;
	errint r;

	if (n->attached)
		return choose_device(b, n, t);
	r = wait_for_network(b, n, t);
	if (r <= 0)
		return r;
	r = netroot_try(b, n, t);
	return r == 2 ? choose_device(b, n, t) : r;
}

void netroot_restart(struct boot *b)
{
	struct netroot *n = b->root->net;

	netroot_forget_tries(b, n);
	if (!netroot_needs_network(&n->spec) || n->net_up)
		return;
	n->lease_ns = 0;
	net_retry(b);
	net_ask_again(b);
}
