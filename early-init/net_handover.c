/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was learned, for clients in this image, for hooks, and for the real root
 * (docs/rootward-init.7.scd, NETWORK): resolv.conf; a file a interface in the
 * form of klibc's ipconfig, which Debian's tools and cloud-init read; a file
 * for systemd-networkd so that it keeps the link and the addresses.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_internal.h"
#include "textfile.h"

#define NETWORKD_DIR "/run/systemd/network"

/* A new file by rename; says what went wrong. */
static FILE *begin(const char *path, char *temporary, size_t size)
{
	FILE *f = path_format(temporary, size, "%s.new", path) < 0 ? NULL : fopen(temporary, "we");

	if (!f)
		log_warn("cannot write %s: %s", path, strerror(errno));
	return f;
}

static void end(FILE *f, const char *path, const char *temporary)
{
	bool failed = ferror(f) != 0;

	if (fclose(f) != 0 || failed || rename(temporary, path) < 0)
		log_warn("cannot write %s: %s", path, strerror(errno));
}

/* ---- resolv.conf ---- */

/* IFNAME: where link-local ones are; NULL unknown. */
static void put_servers(FILE *f, const struct net_addr *dns, unsigned count, const char *ifname)
{
	char text[NET_ADDR_TEXT];

	for (unsigned d = 0; d < count; d++) {
		bool scoped = ifname && net_addr_is_link_local(&dns[d]);

		fprintf(f, "nameserver %s%s%s\n", net_addr_text(&dns[d], false, text), scoped ? "%" : "",
			scoped ? ifname : "");
	}
}

static void put_resolv_conf(struct boot *b, const char *path)
{
	const struct netspec *spec = net_spec(b);
	const struct net_learned *k;
	char temporary[64];
	FILE *f = begin(path, temporary, sizeof(temporary));

	if (!f)
		return;
	for (unsigned i = 0; (k = net_learned_at(b, i)); i++)
		if (k->domain[0])
			fprintf(f, "search %s\n", k->domain);
	/* Those of the command line come first: a resolver asks three at most. */
	put_servers(f, spec->dns, spec->dns_count, NULL);
	for (unsigned i = 0; (k = net_learned_at(b, i)); i++)
		put_servers(f, k->dns, k->dns_count, k->ifname);
	end(f, path, temporary);
}

/* ---- /run/net-IF.conf ---- */

/* Shells read these files: what a server sent is quoted, and left out when it has a quote itself. */
static void put_text(FILE *f, const char *key, const char *value)
{
	bool plain = true;

	for (const char *c = value; *c; c++)
		plain = plain && *c != '\'' && (unsigned char)*c >= ' ';
	fprintf(f, "%s='%s'\n", key, plain ? value : "");
}

static void put_addr(FILE *f, const char *key, const struct net_addr *a)
{
	char text[NET_ADDR_TEXT];

	put_text(f, key, net_addr_text(a, false, text));
}

static struct net_addr mask_of(const struct net_addr *a, bool broadcast)
{
	struct net_addr out = *a;

	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (!broadcast && bit < a->prefix)
			out.bytes[bit / 8] |= mask;
		else if (!broadcast)
			out.bytes[bit / 8] &= (uint8_t)~mask;
		else if (bit >= a->prefix)
			out.bytes[bit / 8] |= mask;
	}
	return out;
}

static void put_dns(FILE *f, const struct net_learned *k)
{
	static const char *const keys[2][2] = {{"IPV4DNS0", "IPV6DNS0"}, {"IPV4DNS1", "IPV6DNS1"}};
	unsigned four = 0, six = 0;

	for (unsigned d = 0; d < k->dns_count; d++) {
		bool v6 = k->dns[d].family == 6;
		unsigned *n = v6 ? &six : &four;

		if (*n < 2)
			put_addr(f, keys[(*n)++][v6], &k->dns[d]);
	}
}

static void put_ipconfig(FILE *f, const struct net_learned *k)
{
	const struct net_addr mask = mask_of(&k->address, false), broadcast = mask_of(&k->address, true);
	char mac[NET_MAC_TEXT], text[NET_ADDR_TEXT];

	put_text(f, "DEVICE", k->ifname);
	put_text(f, "HWADDR", net_mac_text(&k->mac, mac));
	put_text(f, "PROTO", k->method == NET_STATIC ? "none" : net_method_name(k->method));
	if (k->address.family) {
		put_addr(f, "IPV4ADDR", &k->address);
		put_addr(f, "IPV4NETMASK", &mask);
		put_addr(f, "IPV4BROADCAST", &broadcast);
		put_addr(f, "IPV4GATEWAY", &k->gateway);
	}
	if (k->address6.family) {
		put_text(f, "IPV6PROTO", k->method == NET_STATIC ? "none" : "auto");
		put_text(f, "IPV6ADDR", net_addr_text(&k->address6, true, text));
		put_addr(f, "IPV6GATEWAY", &k->gateway6);
	}
	put_dns(f, k);
	put_text(f, "HOSTNAME", k->hostname);
	put_text(f, "DNSDOMAIN", k->domain);
	put_text(f, "DOMAINSEARCH", k->domain);
	put_addr(f, "ROOTSERVER", &k->server);
	put_text(f, "ROOTPATH", k->root_path);
	put_text(f, "filename", k->boot_file);
	put_addr(f, "DHCPSERVER", &k->dhcp_server);
	put_addr(f, "NTPSERVER", &k->ntp);
	fprintf(f, "DHCPLEASETIME='%llu'\n", (unsigned long long)k->lease_s);
}

static void put_lease(const struct net_learned *k)
{
	static const char *const starts[] = {NET_RUN_DIR "/", "/run/net-"};
	char path[80], temporary[96];

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s%s.conf", starts[i], k->ifname);
		f = begin(path, temporary, sizeof(temporary));
		if (!f)
			continue;
		put_ipconfig(f, k);
		end(f, path, temporary);
	}
}

void net_write_files(struct boot *b)
{
	const struct net_learned *k;

	put_resolv_conf(b, NET_RUN_DIR "/resolv.conf");
	put_resolv_conf(b, "/etc/resolv.conf");
	for (unsigned i = 0; (k = net_learned_at(b, i)); i++)
		put_lease(k);
}

/* ---- systemd-networkd ---- */

/*
 * udev may give a card another name; what is made of cards has one's address and keeps its name. The address may have
 * been changed for this boot, and the real root finds the card by its own, if it has one.
 */
static void put_match(FILE *f, const struct boot *b, const struct net_learned *k)
{
	const struct net_iface *i = net_find_index(b->net, k->ifindex);
	char mac[NET_MAC_TEXT];

	fputs("[Match]\n", f);
	if (i && i->kind[0])
		fprintf(f, "Name=%s\n", k->ifname);
	else if (i && i->permanent.set)
		fprintf(f, "PermanentMACAddress=%s\n", net_mac_text(&i->permanent, mac));
	else
		fprintf(f, "MACAddress=%s\n", net_mac_text(&k->mac, mac));
}

static void put_static(FILE *f, const struct net_learned *k)
{
	const struct net_addr *const addresses[] = {&k->address, &k->address6};
	const struct net_addr *const gateways[] = {&k->gateway, &k->gateway6};
	char text[NET_ADDR_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (addresses[i]->family)
			fprintf(f, "Address=%s\n", net_addr_text(addresses[i], true, text));
	for (size_t i = 0; i < ARRAY_SIZE(gateways); i++)
		if (gateways[i]->family)
			fprintf(f, "Gateway=%s\n", net_addr_text(gateways[i], false, text));
}

static void put_networkd(const struct boot *b, const struct net_learned *k)
{
	char path[96], temporary[112], text[NET_ADDR_TEXT];
	FILE *f;

	snprintf(path, sizeof(path), NETWORKD_DIR "/70-rootward-%s.network", k->ifname);
	f = begin(path, temporary, sizeof(temporary));
	if (!f)
		return;
	put_match(f, b, k);
	fprintf(f, "\n[Network]\nKeepConfiguration=yes\n");
	if (k->method == NET_DHCP)
		/* udhcpc identified itself by the address: with another identity the server gives another lease. */
		fprintf(f, "DHCP=ipv4\n");
	else if (k->method == NET_DHCP6)
		fprintf(f, "DHCP=ipv6\n");
	else if (k->method == NET_STATIC)
		put_static(f, k);
	for (unsigned d = 0; d < k->dns_count; d++)
		fprintf(f, "DNS=%s\n", net_addr_text(&k->dns[d], false, text));
	if (k->domain[0])
		fprintf(f, "Domains=%s\n", k->domain);
	if (k->method == NET_DHCP)
		fprintf(f, "\n[DHCPv4]\nClientIdentifier=mac\n");
	if (k->method == NET_DHCP6)
		fprintf(f, "\n[DHCPv6]\nDUIDType=link-layer\nIAID=%u\n", dhcp6_iaid(&k->mac));
	end(f, path, temporary);
}

/* A card that was brought up for nothing is left as it was found: udev names no card that is up. */
static void put_down_unused(struct boot *b)
{
	struct net *n = b->net;

	for (unsigned i = 0; i < n->count; i++) {
		struct net_iface *c = &n->ifaces[i];

		/* What is below another one carries it, whatever is known of its own link. */
		if (!c->there || !c->raised || c->state == IFACE_UP || c->port || c->only_link)
			continue;
		net_dhcp_stop(b, c);
		net_dhcp6_stop(b, c);
		if (netlink_set_up(&n->nl, c->known.ifindex, false) < 0)
			log_debug("%s stays set up", c->known.ifname);
	}
}

void net_handover(struct boot *b)
{
	const struct net_learned *k;

	if (!b->net || !b->net->started)
		return;
	put_down_unused(b);
	if (!net_learned_at(b, 0))
		return;
	net_write_files(b);
	if ((mkdir("/run/systemd", 0755) < 0 && errno != EEXIST) || (mkdir(NETWORKD_DIR, 0755) < 0 && errno != EEXIST))
		log_warn("cannot make %s: %s", NETWORKD_DIR, strerror(errno));
	for (unsigned i = 0; (k = net_learned_at(b, i)); i++)
		put_networkd(b, k);
}
