/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip=, in the kernel's form and in dracut's short ones, and which of them is for an interface. */
#include <stdio.h>
#include <string.h>

#include "netspec_internal.h"
#include "text.h"

#define FORM \
	"CLIENT:SERVER:GATEWAY:MASK:HOST:INTERFACE:METHOD[:DNS[:DNS[:NTP]]], METHOD or INTERFACE:METHOD[:MTU[:MAC]]"
#define METHODS \
	"a method (dhcp, on, any, dhcp6, auto6, either6, link6, link-local, ibft, none, off) where another word " \
	"stands"
/* The kernel takes bootp, rarp and both as well; nothing here speaks them. */
#define OLD_METHODS "dhcp: bootp, rarp and both are not spoken any more"

enum field { FIELD_CLIENT, FIELD_SERVER, FIELD_GATEWAY, FIELD_MASK, FIELD_HOST, FIELD_IF, FIELD_METHOD, FIELD_REST };

static const struct method_word {
	const char *word;
	errint method;
} methods[] = {
    /* The first of each method is its name. */
    {"dhcp", NET_DHCP},		{"dhcp6", NET_DHCP6},	    {"auto6", NET_AUTO6},
    {"either6", NET_EITHER6},	{"link6", NET_LINK6},	    {"link-local", NET_LINK_LOCAL},
    {"ibft", NET_IBFT},		{"static", NET_STATIC},	    {"off", NET_OFF},
    {"on", NET_DHCP},		{"any", NET_DHCP},	    {"dhcp4", NET_DHCP},
    {"auto", NET_DHCP},		{"single-dhcp", NET_DHCP},  {"none", NET_STATIC},
    {"ra", NET_AUTO6},		{"disabled", NET_OFF},	    {"bootp", -EPROTONOSUPPORT},
    {"rarp", -EPROTONOSUPPORT}, {"both", -EPROTONOSUPPORT},
};

static errint find_method(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].word, word) == 0)
			return methods[i].method;
	return -EINVAL;
}

const char *net_method_name(enum net_method method)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == (errint)method)
			return methods[i].word;
	return "?";
}

/* A word that must be a method. NULL or what was expected. */
static const char *take_method(const char *word, enum net_method *out)
{
	errint m = find_method(word);

	if (m < 0)
		return m == -EPROTONOSUPPORT ? OLD_METHODS : METHODS;
	*out = (enum net_method)m;
	return NULL;
}

/* 0.0.0.0 says nothing, as in the kernel's own ip= and in what PXELINUX writes. */
static const char *take_addr(const char *text, struct net_addr *out, const char *expected)
{
	static const uint8_t zero[16];

	if (*text && net_addr_parse(text, out) < 0)
		return expected;
	if (memcmp(out->bytes, zero, sizeof(zero)) == 0)
		*out = (struct net_addr){0};
	return NULL;
}

static const char *take_mtu(const char *text, unsigned *out)
{
	uint64_t n;

	/* The smallest that IPv4 allows, the largest a device may have. */
	if (!*text)
		return NULL;
	if (text_decimal(text, 65535, &n, NULL) < 0 || n < 68)
		return "an MTU of 68 to 65535";
	*out = (unsigned)n;
	return NULL;
}

/* Fields FROM to the last are the bytes of a MAC address, or one field is all of it. */
static const char *take_mac(const struct net_fields *f, unsigned from, struct net_mac *out)
{
	char text[NET_VALUE_SIZE] = "";
	size_t len = 0;

	if (from >= f->count || (from + 1 == f->count && !*net_field(f, from)))
		return NULL;
	for (unsigned i = from; i < f->count && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > from ? ":" : "", f->at[i]);
	return net_mac_parse(text, out) < 0 ? "a MAC address (52:54:00:12:34:56)" : NULL;
}

/* INTERFACE:METHOD[:MTU[:MAC]] */
static const char *short_form(const struct net_fields *f, struct net_ip *out)
{
	const char *wrong = take_method(net_field(f, 1), &out->method);

	if (!wrong && net_name_copy(net_field(f, 0), out->ifname) < 0)
		wrong = FORM;
	if (!wrong)
		wrong = take_mtu(net_field(f, 2), &out->mtu);
	return wrong ? wrong : take_mac(f, 3, &out->mac);
}

static const char *take_mask(const char *text, struct net_addr *client)
{
	errint n;

	if (*text && client->family) {
		n = net_prefix_parse(text, client->family == 4 ? 32 : 128);
		if (n < 0)
			return "a mask (255.255.255.0) or the length of a prefix (24) as fourth field";
		client->prefix = (uint8_t)n;
	}
	if (client->family && client->prefix == 0)
		client->prefix = (uint8_t)(client->family == 6 ? 64 : net_class_prefix(client));
	return NULL;
}

/* What may follow METHOD: name servers and a time server, or dracut's MTU and MAC address. */
static const char *take_rest(const struct net_fields *f, struct net_ip *out)
{
	const char *first = net_field(f, FIELD_REST);
	const char *wrong;

	if (*first && !strpbrk(first, ".[:")) {
		wrong = take_mtu(first, &out->mtu);
		return wrong ? wrong : take_mac(f, FIELD_REST + 1, &out->mac);
	}
	if (f->count > FIELD_REST + 3)
		return *first ? FORM : take_mac(f, FIELD_REST + 1, &out->mac);
	wrong = take_addr(first, &out->dns[0], "the address of a name server as eighth field");
	if (!wrong)
		wrong = take_addr(net_field(f, FIELD_REST + 1), &out->dns[1],
				  "the address of a name server as ninth field");
	return wrong
		   ? wrong
		   : take_addr(net_field(f, FIELD_REST + 2), &out->ntp, "the address of a time server as tenth field");
}

/* With an address of its own "any" asks nobody (the kernel's ip_auto_config); "dhcp" asks for that address. */
static const char *full_method(const char *word, struct net_ip *out)
{
	if (*word && strcmp(word, "on") != 0 && strcmp(word, "any") != 0)
		return take_method(word, &out->method);
	out->method = out->client.family ? NET_STATIC : NET_DHCP;
	return NULL;
}

static const char *full_form(const struct net_fields *f, struct net_ip *out)
{
	const char *wrong =
	    take_addr(net_field(f, FIELD_CLIENT), &out->client, "an address as first field (IPv6 in brackets)");
	const char *host = net_field(f, FIELD_HOST), *name = net_field(f, FIELD_IF);

	if (!wrong)
		wrong = take_addr(net_field(f, FIELD_SERVER), &out->server, "the server's address as second field");
	if (!wrong)
		wrong = take_addr(net_field(f, FIELD_GATEWAY), &out->gateway, "the gateway's address as third field");
	if (!wrong)
		wrong = take_mask(net_field(f, FIELD_MASK), &out->client);
	if (!wrong && strlen(host) >= sizeof(out->hostname))
		wrong = "a host name of at most 63 characters as fifth field";
	if (!wrong && *name && net_name_copy(name, out->ifname) < 0)
		wrong = "an interface name of at most 15 characters as sixth field";
	if (!wrong)
		wrong = full_method(net_field(f, FIELD_METHOD), out);
	if (wrong)
		return wrong;
	snprintf(out->hostname, sizeof(out->hostname), "%s", host);
	return take_rest(f, out);
}

static const char *parse(const char *value, struct net_ip *out)
{
	struct net_fields f;

	if (!*value || net_fields_split(value, &f) < 0)
		return FORM;
	if (f.count == 1 && find_method(f.at[0]) != -EINVAL)
		return take_method(f.at[0], &out->method);
	if (f.count >= 2 && *f.at[0] && find_method(f.at[1]) != -EINVAL)
		return short_form(&f, out);
	return full_form(&f, out);
}

errint netspec_parse_ip(const char *value, struct net_ip *out, const char **expected)
{
	*out = (struct net_ip){0};
	*expected = parse(value, out);
	/* The kernel's "off" is "none": no asking, the address that is said is set (nfsroot.rst, <autoconf>). */
	if (!*expected && out->method == NET_OFF && out->client.family)
		out->method = NET_STATIC;
	return *expected ? -EINVAL : 0;
}

/* systemd's name of an interface by its address: "enx525400123456". */
static bool names_mac(const char *name, const struct net_mac *mac)
{
	char text[NET_NAME_SIZE];
	const uint8_t *m = mac->bytes;

	snprintf(text, sizeof(text), "enx%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return mac->set && strcmp(name, text) == 0;
}

const struct net_ip *netspec_ip_for(const struct netspec *spec, const char *name, const struct net_mac *mac)
{
	const struct net_ip *any = NULL;

	for (unsigned i = 0; i < spec->ip_count; i++) {
		const struct net_ip *ip = &spec->ips[i];

		if (strcmp(ip->ifname, name) == 0 || (mac && names_mac(ip->ifname, mac)))
			return ip;
		if (!ip->ifname[0] && !any)
			any = ip;
	}
	return any;
}

bool netspec_all_off(const struct netspec *spec)
{
	for (unsigned i = 0; i < spec->ip_count; i++)
		if (spec->ips[i].method != NET_OFF)
			return false;
	return true;
}
