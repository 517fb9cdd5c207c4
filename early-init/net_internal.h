/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the network: see net.h for which file does what. */
#ifndef ROOTWARD_NET_INTERNAL_H
#define ROOTWARD_NET_INTERNAL_H

#include "net.h"
#include "netlink.h"
#include "plan/dhcp6.h"
#include "plan/netlease.h"

#define NET_IFACES_MAX 32
#define NET_CALLBACKS_MAX 8

/* The states of an interface, in this order. */
enum iface_state {
	IFACE_IDLE,    /* not ours to touch, or not yet */
	IFACE_RISING,  /* being set up, by a child */
	IFACE_CARRIER, /* waits for a link */
	IFACE_ADDRESS, /* waits for a lease, an advertisement, the end of duplicate address detection */
	IFACE_UP,      /* has what was asked for */
	IFACE_FAILED   /* why says it; a link that comes now still makes it go on */
};

struct net_iface {
	struct net_learned known; /* name, index, addresses: filled as they come */
	enum iface_state state;
	char driver[32]; /* "" unknown */
	char kind[NET_NAME_SIZE];
	struct net_mac permanent;
	unsigned flags, master;
	bool there;		 /* false: it has gone, or only the command line speaks of it */
	bool port;		 /* of a bond or bridge: no address of its own */
	bool only_link;		 /* below a VLAN: set up, no address of its own */
	bool raised;		 /* by us */
	bool managed;		 /* a router says: DHCPv6 */
	const struct net_ip *ip; /* NULL: not configured */
	uint64_t state_ns;	 /* when this state began */
	uint64_t deadline_ns;	 /* of this state; 0 none */
	pid_t child;		 /* sets it up, or is its DHCP client; 0 none */
	unsigned runs;		 /* of the DHCP client */
	uint64_t next_run_ns;	 /* not before; 0 now */
	struct net_addr found6;	 /* a global address that may be used */
	struct {
		struct dhcp6_exchange exchange;
		int fd;
		unsigned requests; /* to the server that has advertised */
		bool open, done;   /* FD is valid; an address was given and is being checked */
	} dhcp6;
	char heard[120]; /* what the DHCP client said last */
	char why[240];	 /* IFACE_FAILED */
};

struct net_callback {
	net_up_fn *fn;
	void *arg;
};

struct net {
	struct netspec spec;
	bool started;
	const char *who;
	enum net_status status;
	struct netlink nl;
	struct net_iface ifaces[NET_IFACES_MAX];
	unsigned count;
	bool made[3 * NET_LINKS_MAX]; /* spec.links[i] has been made */
	char link_why[240];	      /* why one could not be */
	bool wants_ibft;
	struct net_ip implied;	   /* dhcp, where nothing else is said */
	struct net_ip firmware[4]; /* of ip=ibft, filled from its table */
	unsigned firmware_count;
	uint64_t start_ns;
	uint64_t iflink_deadline_ns;
	int timer;
	bool overflow; /* more interfaces than are kept; said once */
	struct net_callback callbacks[NET_CALLBACKS_MAX];
	unsigned callback_count;
	char waits_for[240], why[400];
};

/* ---- net.c ---- */
struct net_iface *net_find(struct net *n, const char *name) NONNULL(1, 2);
struct net_iface *net_find_index(struct net *n, unsigned ifindex) NONNULL(1);
/* Something has changed: take every interface as far as it goes, then say what has become of the whole. */
void net_step(struct boot *b) NONNULL(1);
/* Be called again at WHEN at the latest. */
void net_wake_at(struct boot *b, uint64_t when_ns) NONNULL(1);

/* ---- net_status.c ---- */
/* Say what has become of the whole; calls back when it is up. */
void net_evaluate(struct boot *b) NONNULL(1);
void net_call_back(struct boot *b, const struct net_iface *i) NONNULL(1, 2);

/* ---- net_iface.c ---- */
void net_iface_step(struct boot *b, struct net_iface *i) NONNULL(1, 2);
void net_iface_enter(struct net_iface *i, enum iface_state state, unsigned seconds) NONNULL(1);
void net_iface_fail(struct net_iface *i, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL(1);
bool net_iface_overdue(const struct net_iface *i) NONNULL(1);
bool net_iface_has_link(const struct net_iface *i) NONNULL(1);
/* What it waits for. */
void net_iface_describe(const struct net_iface *i, char *out, size_t size) NONNULL(1, 2);

/* ---- net_address.c ---- */
/* The link is there: begin what the ip= word says. */
void net_address_start(struct boot *b, struct net_iface *i) NONNULL(1, 2);
/* In IFACE_ADDRESS: whether it has come, or its time is over. */
void net_address_wait(struct boot *b, struct net_iface *i) NONNULL(1, 2);
/* A lease has come in. */
void net_iface_lease(struct boot *b, struct net_iface *i, const struct net_lease *lease) NONNULL(1, 2, 3);

/* The same by DHCPv6: it may be used once nobody else turned out to have the address. */
void net_iface_lease6(struct boot *b, struct net_iface *i, const struct net_lease *lease) NONNULL(1, 2, 3);

/* ---- net_event.c ---- */
nl_event_fn net_event; /* ARG is the struct boot */
/* A router, or DHCP, names SERVER. */
void net_keep_dns(struct net_learned *k, const struct net_addr *server) NONNULL(1, 2);

/* ---- net_links.c ---- */
/* Give I the name that the command line has for it. */
void net_rename(struct boot *b, struct net_iface *i) NONNULL(1, 2);
/* Make bonds, bridges and VLANs whose parts are there. */
void net_links_step(struct boot *b) NONNULL(1);
/*
 * Whether the command line makes NAME, and that has not been done yet: the driver of bonds makes a bond0 by itself,
 * which takes no mode once it is up.
 */
bool net_link_unmade(const struct net *n, const char *name) NONNULL(1, 2);
/* How many of the parts that NAME is to be made of are there. */
unsigned net_link_ports(struct net *n, const char *name) NONNULL(1, 2);
/* Load their drivers. */
void net_links_want(struct boot *b) NONNULL(1);

/* ---- net_names.c ---- */
/* Whether NAME is one that systemd's udev would give to the interface IFNAME (systemd.net-naming-scheme(7)). */
bool net_name_predicted(const char *ifname, const struct net_mac *mac, const char *name) NONNULL(1, 2, 3);

/* ---- net_dhcp.c ---- */
void net_dhcp_step(struct boot *b, struct net_iface *i) NONNULL(1, 2);
void net_dhcp_stop(struct boot *b, struct net_iface *i) NONNULL(1, 2);

/* ---- net_dhcp6.c ---- */
void net_dhcp6_step(struct boot *b, struct net_iface *i) NONNULL(1, 2);
void net_dhcp6_stop(struct boot *b, struct net_iface *i) NONNULL(1, 2);

/* ---- net_ibft.c ---- */
/* The entries of the firmware's table, as ip= words with their MAC addresses. Number, 0 none. */
unsigned net_ibft_read(const char *sys_dir, struct net_ip *out, unsigned max) NONNULL(1, 2);

/* ---- net_handover.c ---- */
/* /etc/resolv.conf of the image and RUN_DIR/net: kept up to date while interfaces come up. */
void net_write_files(struct boot *b) NONNULL(1);

#endif
