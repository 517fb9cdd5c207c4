/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel command line says of the network: ip= and its relatives.
 * Forms: Documentation/admin-guide/nfs/nfsroot.rst (the kernel's), and
 * dracut.cmdline(7) (the short ones, vlan=, bond=, bridge=, ifname=, rd.*).
 * Pure; every table is bounded, strings are copied: nothing points into the
 * parsed line.
 */
#ifndef ROOTWARD_PLAN_NETSPEC_H
#define ROOTWARD_PLAN_NETSPEC_H

#include "netaddr.h"

#define NET_NAME_SIZE 16 /* IFNAMSIZ: the longest interface name and its NUL */
#define NET_HOST_SIZE 64
#define NET_IPS_MAX 16
#define NET_ROUTES_MAX 16
#define NET_DNS_MAX 6
#define NET_LINKS_MAX 8 /* of vlan=, bond=, bridge= each */
#define NET_PORTS_MAX 8
#define NET_RENAMES_MAX 16
#define NET_OPTIONS_SIZE 256
#define NET_BAD_MAX 8

/* How an interface gets its addresses. */
enum net_method {
	NET_STATIC, /* what the word itself says; with no address: the link is brought up, no more */
	NET_DHCP,
	NET_DHCP6,
	NET_AUTO6,	/* IPv6 by router advertisement */
	NET_EITHER6,	/* the advertisement, DHCPv6 if it says so */
	NET_LINK6,	/* IPv6 link-local only */
	NET_LINK_LOCAL, /* IPv4 link-local (169.254) only */
	NET_IBFT,	/* as the firmware's iSCSI boot table says */
	NET_OFF		/* the interface is left alone */
};

/* One ip= word. Empty strings and addresses of family 0 where it says nothing. */
struct net_ip {
	char ifname[NET_NAME_SIZE]; /* "": whichever interface, or BOOTIF's */
	enum net_method method;
	struct net_addr client; /* with its prefix length; for NET_DHCP the address to ask for */
	struct net_addr server; /* of the kernel's form: where the root is (dracut: the peer) */
	struct net_addr gateway;
	char hostname[NET_HOST_SIZE];
	struct net_addr dns[2];
	struct net_addr ntp;
	unsigned mtu; /* 0: as the driver or DHCP says */
	struct net_mac mac;
};

/* rd.route=: destination (with prefix) by gateway (family 0: on the link). */
struct net_route {
	struct net_addr to, gateway;
	char ifname[NET_NAME_SIZE];
};

/* ifname=NAME:MAC */
struct net_rename {
	char ifname[NET_NAME_SIZE];
	struct net_mac mac;
};

enum net_link_kind { NET_VLAN, NET_BOND, NET_BRIDGE };

/* An interface made of others. */
struct net_link {
	enum net_link_kind kind;
	char ifname[NET_NAME_SIZE];
	char ports[NET_PORTS_MAX][NET_NAME_SIZE]; /* vlan: the one below it */
	unsigned port_count;
	unsigned vlan_id;		/* NET_VLAN: 1 to 4094 */
	char options[NET_OPTIONS_SIZE]; /* NET_BOND: "mode=active-backup,miimon=100" */
	unsigned mtu;			/* NET_BOND: 0 none */
};

/* In seconds. */
struct net_timeouts {
	unsigned iflink;   /* until an interface is there [20] */
	unsigned carrier;  /* until it has a link [20] */
	unsigned dhcp;	   /* until there is a lease, all tries together [60] */
	unsigned ifup;	   /* until it is set up [20] */
	unsigned route;	   /* taken for dracut's sake: nothing waits for a route [20] */
	unsigned ipv6dad;  /* until duplicate address detection is done [20] */
	unsigned ipv6auto; /* until an advertisement has brought an address [40] */
};

struct net_bad {
	char word[96];	      /* as it was written, cut off when longer */
	const char *expected; /* the form, or the reason; a constant */
};

struct netspec {
	struct net_ip ips[NET_IPS_MAX]; /* one for each name, one without */
	unsigned ip_count;
	struct net_route routes[NET_ROUTES_MAX];
	unsigned route_count;
	struct net_addr dns[NET_DNS_MAX]; /* nameserver= */
	unsigned dns_count;
	struct net_rename renames[NET_RENAMES_MAX];
	unsigned rename_count;
	struct net_link links[3 * NET_LINKS_MAX]; /* bonds, then bridges, then VLANs: each may be made of the former */
	unsigned link_count;
	bool has_bootif;
	struct net_mac bootif;	     /* BOOTIF=, unless rd.bootif=0 */
	char bootdev[NET_NAME_SIZE]; /* bootdev=: the interface that root is reached by */
	bool asked;		     /* some word asks for a configured network: an ip= that is not off, rd.neednet=1 */
	bool neednet;		     /* rd.neednet=1 */
	bool peerdns;		     /* rd.peerdns=0 clears it: name servers of DHCP are not used */
	unsigned dhcp_retry;	     /* rd.net.dhcp.retry: runs of the DHCP client, 0: until the deadline */
	char vendor_class[NET_HOST_SIZE];
	struct net_timeouts timeout;
	struct net_bad bad[NET_BAD_MAX];
	unsigned bad_count; /* may be more than are kept */
};

/* Defaults, then every word of LINE (split in place, not needed afterwards). Later words win where there is only one.
 */
void netspec_parse(char *line, struct netspec *out) NONNULL(1, 2);

/*
 * The same of a boot: OWN, the setting network= of the image (NULL: none), stands in where CMDLINE (NULL: empty) has no
 * ip=. 0 or -ENOMEM.
 */
errint netspec_parse_boot(const char *cmdline, const char *own, struct netspec *out) MUST_CHECK NONNULL(3);

/* One ip= value, as above. 0, or -EINVAL with *EXPECTED saying the form. */
errint netspec_parse_ip(const char *value, struct net_ip *out, const char **expected) MUST_CHECK NONNULL(1, 2, 3);

/* The ip= word for interface NAME (with address MAC, may be NULL): its own, else the first without a name. NULL none.
 */
const struct net_ip *netspec_ip_for(const struct netspec *spec, const char *name, const struct net_mac *mac)
    NONNULL(1, 2);

/* Whether no ip= word asks for anything: none is there, or all are "off". */
bool netspec_all_off(const struct netspec *spec) NONNULL(1);

/* The vlan=, bond= or bridge= that has NAME among its ports, from link START on; NULL none. */
const struct net_link *netspec_link_over(const struct netspec *spec, const char *name, unsigned start) NONNULL(1, 2);

/* The one that makes NAME; NULL none. */
const struct net_link *netspec_link(const struct netspec *spec, const char *name) NONNULL(1, 2);

/* "dhcp", "auto6", ... */
const char *net_method_name(enum net_method method) __attribute__((returns_nonnull));

/* I-th thing that the command line asks for, in words, for `rootward simulate` and messages; false past the last. */
bool netspec_describe(const struct netspec *spec, unsigned i, char *out, size_t size) NONNULL(1, 3);

#endif
