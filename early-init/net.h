/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network before the root: cards, links, addresses, routes, names. All of
 * it goes on in the loop; nothing here blocks.
 *
 *   net.c          whether it is wanted, its turns  net_status.c  what "up" means, and failed
 *   net_event.c    what the kernel reports       net_iface.c  one interface: set up, link
 *   net_address.c  its addresses and routes
 *   net_links.c    ifname=, vlan=, bond=, bridge=  net_names.c  names that udev would give
 *   net_dhcp.c     udhcpc                        udhcpc_script.c  its script, plan/netlease.c what it said
 *   net_dhcp6.c    DHCPv6, plan/dhcp6.c its messages
 *   net_ibft.c     the firmware's iSCSI table    net_handover.c  files for the real root
 *   net_diagnose.c what is said when it failed
 *   netlink.c, netlink_request.c, netlink_parse.c  rtnetlink
 *
 * A root type that needs the network calls net_need() when its search begins,
 * then asks net_status() in each of its steps (the loop's turn that changes it
 * is followed by a root_step()), or is called by net_on_up(). Roots that need
 * none though they are ROOT_NET (9p, virtiofs) do not call it.
 */
#ifndef ROOTWARD_NET_H
#define ROOTWARD_NET_H

#include <stdio.h>

#include "boot.h"
#include "plan/netspec.h"

#define NET_RUN_DIR RUN_DIR "/net"
#define NET_ROOT_PATH_SIZE 512

/* What is known of an interface that is up: said by ip=, learned by DHCP or from a router. */
struct net_learned {
	char ifname[NET_NAME_SIZE];
	unsigned ifindex;
	struct net_mac mac;
	enum net_method method;
	struct net_addr address, address6; /* with prefix; family 0: none */
	struct net_addr gateway, gateway6;
	struct net_addr dns[NET_DNS_MAX]; /* of this interface; nameserver= stands in the spec */
	unsigned dns_count;
	struct net_addr server;	     /* where the root is: ip='s SERVER, else DHCP's siaddr; family 0: unknown */
	struct net_addr dhcp_server; /* who gave the lease */
	struct net_addr ntp;
	unsigned mtu;	  /* 0 the driver's */
	uint64_t lease_s; /* 0 none */
	char hostname[NET_HOST_SIZE];
	char domain[256];
	char root_path[NET_ROOT_PATH_SIZE]; /* DHCP option 17 */
	char boot_file[128];		    /* DHCP's file or option 67 */
};

enum net_status {
	NET_STATUS_IDLE,  /* nobody has asked for it */
	NET_STATUS_WAIT,  /* net_waits_for() says for what */
	NET_STATUS_UP,	  /* what the command line names has come up, or else one interface */
	NET_STATUS_FAILED /* net_why() says it; a card that comes later still makes it UP */
};

/* Parse the command line and the configuration; start when they ask (ip=, rd.neednet=1, a root on the network). */
errint net_init(struct boot *b) MUST_CHECK NONNULL(1);
/*
 * WHO ("root=nfs:...", kept as a constant or static string) needs the network:
 * network modules are released and the cards brought up, by DHCP where no ip=
 * says otherwise. The first call counts; cheap to repeat. -errno: no netlink.
 */
errint net_need(struct boot *b, const char *who) MUST_CHECK NONNULL(1, 2);
enum net_status net_status(const struct boot *b) NONNULL(1);
/* What it waits for, or why it failed, in one line; "" else. Valid until the next turn of the loop. */
const char *net_waits_for(const struct boot *b) __attribute__((returns_nonnull)) NONNULL(1);
const char *net_why(const struct boot *b) __attribute__((returns_nonnull)) NONNULL(1);
/* Whether an interface that is to be configured is still on its way; a moment later net_learned_at() may know more. */
bool net_pending(const struct boot *b) NONNULL(1);
/* The shell was left: what failed is tried anew. */
void net_retry(struct boot *b) NONNULL(1);
/* What DHCP said did not do: interfaces with a lease ask for one again, and the network waits for them. */
void net_ask_again(struct boot *b) NONNULL(1);
/* Whether the switch has to wait for it: rd.neednet=1 and neither up nor failed yet. */
bool net_holds_switch(const struct boot *b) NONNULL(1);

/* I-th interface that is up, the one that root should be reached by first; NULL past the last. */
const struct net_learned *net_learned_at(const struct boot *b, unsigned i) NONNULL(1);
/* The parsed command line. */
const struct netspec *net_spec(const struct boot *b) NONNULL(1);

/* FN is called when the network becomes UP, at once when it is; also again when a further interface comes up. */
typedef void net_up_fn(struct boot *b, const struct net_learned *what, void *arg);
errint net_on_up(struct boot *b, net_up_fn *fn, void *arg) MUST_CHECK NONNULL(1, 2);

/* Lines of the report of a failed boot: cards, links, leases; nothing when the network was not asked for. */
typedef void net_say_fn(void *arg, const char *line);
void net_diagnose(struct boot *b, net_say_fn *say, void *arg) NONNULL(1, 2);

/* Whether MODALIAS, for which the image has no driver, is a card that net_diagnose() speaks of. */
bool net_is_card(struct boot *b, const char *modalias) NONNULL(1, 2);

/* Before the switch: files for the real root (docs/rootward-init.7.scd, NETWORK). */
void net_handover(struct boot *b) NONNULL(1);

/* The DHCP client's script, by argv[0]: writes what the client says for PID 1. Exit status. */
int udhcpc_script_main(int argc, char **argv);

#endif
