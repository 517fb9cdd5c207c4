/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DHCP client learned, as lines KEY=VALUE in the names that udhcpc
 * gives its script (busybox networking/udhcp/dhcpc.c fill_envp): ip, subnet
 * or mask, router, dns, domain, search, hostname, rootpath, siaddr, serverid,
 * lease, mtu, ntpsrv, staticroutes, boot_file, bootfile. Pure. What comes over
 * the wire is not trusted: values that do not parse are left out.
 */
#ifndef ROOTWARD_PLAN_NETLEASE_H
#define ROOTWARD_PLAN_NETLEASE_H

#include "netspec.h"

#define NET_LEASE_ROUTES_MAX 16
#define NET_LEASE_FILE_MAX 8192

struct net_lease {
	struct net_addr address; /* with prefix */
	struct net_addr gateway; /* the first router */
	struct net_addr dns[NET_DNS_MAX];
	unsigned dns_count;
	struct net_addr server, dhcp_server, ntp;
	struct {
		struct net_addr to, gateway; /* classless static routes; gateway 0.0.0.0 is family 0: on the link */
	} routes[NET_LEASE_ROUTES_MAX];
	unsigned route_count;
	unsigned mtu;
	uint64_t lease_s;
	char hostname[NET_HOST_SIZE], domain[256], root_path[512], boot_file[128];
};

/* TEXT, modified in place. 0, or -EBADMSG when there is no address in it. */
errint netlease_parse(char *text, struct net_lease *out) MUST_CHECK NONNULL(1, 2);

/* Whether KEY is one of the above: all else in the script's environment is left out. */
bool netlease_key(const char *key, size_t len) NONNULL(1);

#endif
