/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network as the firmware set it up to boot over iSCSI (Documentation/ABI/testing/sysfs-ibft). */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "net_internal.h"
#include "textfile.h"

#define ENTRIES_MAX 8

static void read_addr(const char *dir, const char *name, struct net_addr *out)
{
	static const uint8_t zero[16];
	char text[64];

	if (text_read_in(dir, name, text, sizeof(text)) <= 0 || net_addr_parse(text, out) < 0 ||
	    memcmp(out->bytes, zero, sizeof(zero)) == 0)
		*out = (struct net_addr){0};
}

static unsigned read_prefix(const char *dir, unsigned family)
{
	char text[64];
	errint n = -EINVAL;

	if (text_read_in(dir, "prefix-len", text, sizeof(text)) > 0)
		n = net_prefix_parse(text, family == 6 ? 128 : 32);
	if (n <= 0 && text_read_in(dir, "subnet-mask", text, sizeof(text)) > 0)
		n = net_prefix_parse(text, 32);
	return n > 0 ? (unsigned)n : family == 6 ? 64 : 24;
}

static bool read_entry(const char *dir, struct net_ip *out)
{
	struct net_addr dhcp;
	char text[64];

	*out = (struct net_ip){.method = NET_STATIC};
	/* The first bit says that the entry is valid. */
	if (text_read_in(dir, "flags", text, sizeof(text)) <= 0 || !(text[0] % 2))
		return false;
	if (text_read_in(dir, "mac", text, sizeof(text)) <= 0 || net_mac_parse(text, &out->mac) < 0)
		return false;
	if (text_read_in(dir, "vlan", text, sizeof(text)) > 0 && strcmp(text, "0") != 0)
		log_warn("ip=ibft: the firmware used VLAN %s: say vlan= to do so here", text);
	read_addr(dir, "dhcp", &dhcp);
	read_addr(dir, "ip-addr", &out->client);
	if (dhcp.family)
		out->method = NET_DHCP;
	if (out->client.family)
		out->client.prefix = (uint8_t)read_prefix(dir, out->client.family);
	read_addr(dir, "gateway", &out->gateway);
	read_addr(dir, "primary-dns", &out->dns[0]);
	read_addr(dir, "secondary-dns", &out->dns[1]);
	if (text_read_in(dir, "hostname", text, sizeof(text)) > 0)
		snprintf(out->hostname, sizeof(out->hostname), "%.63s", text);
	return out->method == NET_DHCP || out->client.family;
}

unsigned net_ibft_read(const char *sys_dir, struct net_ip *out, unsigned max)
{
	char dir[PATH_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < ENTRIES_MAX && count < max; i++)
		if (path_format(dir, sizeof(dir), "%s/firmware/ibft/ethernet%u", sys_dir, i) == 0 &&
		    read_entry(dir, &out[count]))
			count++;
	return count;
}
