/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the command line that speak of the network. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"
#include "netspec_internal.h"
#include "text.h"

errint net_fields_split(const char *value, struct net_fields *out)
{
	size_t len = strlen(value);
	bool bracket = false;
	char *c;

	out->count = 0;
	if (len >= sizeof(out->text))
		return -EINVAL;
	memcpy(out->text, value, len + 1);
	out->at[out->count++] = out->text;
	for (c = out->text; *c; c++) {
		if (*c == '[')
			bracket = true;
		else if (*c == ']')
			bracket = false;
		if (*c != ':' || bracket)
			continue;
		if (out->count == NET_FIELDS_MAX)
			return -EINVAL;
		*c = '\0';
		out->at[out->count++] = c + 1;
	}
	return 0;
}

const char *net_field(const struct net_fields *f, unsigned i)
{
	return i < f->count ? f->at[i] : "";
}

errint net_name_copy(const char *text, char out[NET_NAME_SIZE])
{
	size_t len = strlen(text);

	/* dev_valid_name() of net/core/dev.c, and no '%', which it would number. */
	if (len == 0 || len >= NET_NAME_SIZE || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
	    strpbrk(text, "/: %\t\n\v\f\r"))
		return -EINVAL;
	memcpy(out, text, len + 1);
	return 0;
}

/* ---- one function a word: NULL, or what was expected ---- */

typedef const char *take_fn(struct netspec *spec, size_t field, const char *value);

static const char *take_ip(struct netspec *spec, size_t field, const char *value)
{
	const char *expected;
	struct net_ip ip;

	(void)field;
	if (netspec_parse_ip(value, &ip, &expected) < 0)
		return expected;
	for (unsigned i = 0; i < spec->ip_count; i++)
		if (strcmp(spec->ips[i].ifname, ip.ifname) == 0) {
			spec->ips[i] = ip;
			return NULL;
		}
	if (spec->ip_count == NET_IPS_MAX)
		return "at most 16 of these";
	spec->ips[spec->ip_count++] = ip;
	return NULL;
}

/* "01-52-54-00-12-34-56": the hardware's type stands before it (pxelinux), 01 is Ethernet. */
static const char *take_bootif(struct netspec *spec, size_t field, const char *value)
{
	(void)field;
	if (strlen(value) == 20 && (value[2] == '-' || value[2] == ':'))
		value += 3;
	return net_mac_parse(value, &spec->bootif) < 0 ? "01-52-54-00-12-34-56" : NULL;
}

static const char *take_nameserver(struct netspec *spec, size_t field, const char *value)
{
	struct net_addr a;

	(void)field;
	if (net_addr_parse(value, &a) < 0 || a.prefix)
		return "an address";
	if (spec->dns_count == NET_DNS_MAX)
		return "at most 6 of these";
	spec->dns[spec->dns_count++] = a;
	return NULL;
}

static const char *take_route(struct netspec *spec, size_t field, const char *value)
{
	static const char form[] = "NETWORK/LENGTH:[GATEWAY][:INTERFACE], IPv6 addresses in brackets";
	struct net_route r = {0};
	struct net_fields f;

	(void)field;
	if (net_fields_split(value, &f) < 0 || f.count > 3 || net_addr_parse(f.at[0], &r.to) < 0)
		return form;
	if (!strchr(f.at[0], '/'))
		r.to.prefix = r.to.family == 4 ? 32 : 128;
	if (*net_field(&f, 1) && (net_addr_parse(f.at[1], &r.gateway) < 0 || r.gateway.family != r.to.family))
		return form;
	if (*net_field(&f, 2) && net_name_copy(f.at[2], r.ifname) < 0)
		return form;
	if (!r.gateway.family && !r.ifname[0])
		return "a gateway or an interface";
	if (spec->route_count == NET_ROUTES_MAX)
		return "at most 16 of these";
	spec->routes[spec->route_count++] = r;
	return NULL;
}

static const char *take_rename(struct netspec *spec, size_t field, const char *value)
{
	const char *colon = strchr(value, ':');
	char name[NET_NAME_SIZE] = "";
	struct net_rename r;

	(void)field;
	if (colon && colon - value < NET_NAME_SIZE)
		memcpy(name, value, (size_t)(colon - value));
	if (!colon || net_name_copy(name, r.ifname) < 0 || net_mac_parse(colon + 1, &r.mac) < 0)
		return "NAME:MAC (boot0:52:54:00:12:34:56)";
	if (spec->rename_count == NET_RENAMES_MAX)
		return "at most 16 of these";
	spec->renames[spec->rename_count++] = r;
	return NULL;
}

static const char *take_vlan(struct netspec *spec, size_t field, const char *value)
{
	(void)field;
	return net_take_vlan(spec, value);
}

static const char *take_bond(struct netspec *spec, size_t field, const char *value)
{
	(void)field;
	return net_take_bond(spec, value);
}

static const char *take_bridge(struct netspec *spec, size_t field, const char *value)
{
	(void)field;
	return net_take_bridge(spec, value);
}

static const char *take_team(struct netspec *spec, size_t field, const char *value)
{
	(void)spec;
	(void)field;
	(void)value;
	return "bond=: team interfaces need a daemon that is not in this image";
}

static const char *take_name(struct netspec *spec, size_t field, const char *value)
{
	return net_name_copy(value, (char *)spec + field) < 0 ? "the name of an interface" : NULL;
}

static const char *take_flag(struct netspec *spec, size_t field, const char *value)
{
	errint r = parse_bool(*value ? value : NULL);

	if (r < 0)
		return "0 or 1";
	*((bool *)((char *)spec + field)) = r > 0;
	return NULL;
}

static const char *take_number(struct netspec *spec, size_t field, const char *value)
{
	uint64_t n;
	const char *rest;

	if (text_decimal(value, 86400, &n, &rest) < 0 || (*rest && strcmp(rest, "s") != 0))
		return "a number up to 86400";
	*(unsigned *)(void *)((char *)spec + field) = (unsigned)n;
	return NULL;
}

static const char *take_text(struct netspec *spec, size_t field, const char *value)
{
	if (strlen(value) >= NET_HOST_SIZE)
		return "at most 63 characters";
	snprintf((char *)spec + field, NET_HOST_SIZE, "%s", value);
	return NULL;
}

#define FIELD(name) offsetof(struct netspec, name)

static const struct word {
	const char *key;
	take_fn *take;
	size_t field;
} words[] = {
    {"ip", take_ip, 0},
    {"BOOTIF", take_bootif, 0},
    {"rd.bootif", take_flag, FIELD(has_bootif)},
    {"bootdev", take_name, FIELD(bootdev)},
    {"nameserver", take_nameserver, 0},
    {"rd.route", take_route, 0},
    {"ifname", take_rename, 0},
    {"vlan", take_vlan, 0},
    {"bond", take_bond, 0},
    {"bridge", take_bridge, 0},
    {"team", take_team, 0},
    {"rd.neednet", take_flag, FIELD(neednet)},
    {"rd.peerdns", take_flag, FIELD(peerdns)},
    {"rd.net.dhcp.retry", take_number, FIELD(dhcp_retry)},
    {"rd.net.dhcp.vendor-class", take_text, FIELD(vendor_class)},
    {"rd.net.timeout.iflink", take_number, FIELD(timeout.iflink)},
    {"rd.net.timeout.carrier", take_number, FIELD(timeout.carrier)},
    {"rd.net.timeout.dhcp", take_number, FIELD(timeout.dhcp)},
    {"rd.net.timeout.ifup", take_number, FIELD(timeout.ifup)},
    {"rd.net.timeout.route", take_number, FIELD(timeout.route)},
    {"rd.net.timeout.ipv6dad", take_number, FIELD(timeout.ipv6dad)},
    {"rd.net.timeout.ipv6auto", take_number, FIELD(timeout.ipv6auto)},
};

/* Words that may stand alone, without a value. */
static bool may_be_bare(take_fn *take)
{
	return take == take_flag || take == take_bond || take == take_bridge;
}

static void take_word(struct netspec *spec, const struct word *w, const char *value)
{
	const char *expected = "a value";

	if (value || may_be_bare(w->take))
		expected = w->take(spec, w->field, value ? value : "");
	if (!expected)
		return;
	if (spec->bad_count < NET_BAD_MAX) {
		struct net_bad *bad = &spec->bad[spec->bad_count];

		snprintf(bad->word, sizeof(bad->word), "%s%s%s", w->key, value ? "=" : "", value ? value : "");
		bad->expected = expected;
	}
	spec->bad_count++;
}

void netspec_parse(char *line, struct netspec *out)
{
	char *key, *value;

	*out = (struct netspec){
	    .has_bootif = true,
	    .peerdns = true,
	    .timeout =
		{.iflink = 20, .carrier = 20, .dhcp = 60, .ifup = 20, .route = 20, .ipv6dad = 20, .ipv6auto = 40},
	};
	while (cmdline_next(&line, &key, &value))
		for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(words[i].key, key) == 0)
				take_word(out, &words[i], value);
	/* rd.bootif=0 wins wherever it stands. */
	out->has_bootif = out->has_bootif && out->bootif.set;
	out->asked = out->neednet;
	for (unsigned i = 0; i < out->ip_count; i++)
		out->asked = out->asked || out->ips[i].method != NET_OFF;
}

/* The longest network= of an image that is taken. */
#define OWN_MAX 256

errint netspec_parse_boot(const char *cmdline, const char *own, struct netspec *out)
{
	const char *said = cmdline ? cmdline : "";
	size_t size = OWN_MAX + strlen(said) + 8;
	char *line = malloc(size);

	*out = (struct netspec){0};
	if (!line)
		return -ENOMEM;
	snprintf(line, size, "%s", said);
	netspec_parse(line, out);
	/* In front, so that the command line wins. */
	if (own && out->ip_count == 0 && strlen(own) < OWN_MAX) {
		snprintf(line, size, "ip=%s %s", own, said);
		netspec_parse(line, out);
	}
	free(line);
	return 0;
}
