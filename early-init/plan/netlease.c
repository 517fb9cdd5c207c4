/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlease.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

typedef void take_fn(struct net_lease *l, size_t field, char *value);

#define FIELD(name) offsetof(struct net_lease, name)

static bool is_zero(const struct net_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

/* The first word that is an address; 0.0.0.0 says "none". */
static void take_addr(struct net_lease *l, size_t field, char *value)
{
	struct net_addr a;

	value[strcspn(value, " ")] = '\0';
	if (net_addr_parse(value, &a) == 0 && !is_zero(&a))
		memcpy((char *)l + field, &a, sizeof(a));
}

static void take_address(struct net_lease *l, size_t field, char *value)
{
	uint8_t prefix = l->address.prefix;

	take_addr(l, field, value);
	l->address.prefix = prefix;
}

static void take_prefix(struct net_lease *l, size_t field, char *value)
{
	errint n = net_prefix_parse(value, 32);

	(void)field;
	if (n > 0)
		l->address.prefix = (uint8_t)n;
}

static void take_dns(struct net_lease *l, size_t field, char *value)
{
	char *save = NULL;

	(void)field;
	for (char *w = strtok_r(value, " ", &save); w && l->dns_count < NET_DNS_MAX; w = strtok_r(NULL, " ", &save))
		if (net_addr_parse(w, &l->dns[l->dns_count]) == 0 && !is_zero(&l->dns[l->dns_count]))
			l->dns_count++;
}

/* "10.0.0.0/8 10.0.2.1 0.0.0.0/0 10.0.2.2" */
static void take_routes(struct net_lease *l, size_t field, char *value)
{
	char *save = NULL, *to = strtok_r(value, " ", &save), *by;

	(void)field;
	for (; to && (by = strtok_r(NULL, " ", &save)) && l->route_count < NET_LEASE_ROUTES_MAX;
	     to = strtok_r(NULL, " ", &save)) {
		struct net_addr *target = &l->routes[l->route_count].to;
		struct net_addr *gateway = &l->routes[l->route_count].gateway;

		if (net_addr_parse(to, target) < 0 || target->family != 4 || net_addr_parse(by, gateway) < 0)
			continue;
		if (is_zero(gateway))
			*gateway = (struct net_addr){0};
		l->route_count++;
	}
}

static void take_mtu(struct net_lease *l, size_t field, char *value)
{
	uint64_t n;

	(void)field;
	if (text_decimal(value, 65535, &n, NULL) == 0 && n >= 576)
		l->mtu = (unsigned)n;
}

static void take_seconds(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (text_decimal(value, UINT32_MAX, &l->lease_s, NULL) < 0)
		l->lease_s = 0;
}

/* Names end up in files and messages: nothing but what a name may have. */
static bool is_name(const char *s, size_t max, const char *more)
{
	size_t len = strlen(s);

	if (len == 0 || len >= max)
		return false;
	for (; *s; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') && !(*s >= '0' && *s <= '9') &&
		    !strchr("-_.", *s) && !strchr(more, *s))
			return false;
	return true;
}

static void take_hostname(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (is_name(value, sizeof(l->hostname), ""))
		snprintf(l->hostname, sizeof(l->hostname), "%s", value);
}

/* The search list says more than the domain, whichever comes first. */
static void take_domain(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (!l->domain[0] && is_name(value, sizeof(l->domain), ""))
		snprintf(l->domain, sizeof(l->domain), "%s", value);
}

static void take_search(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (is_name(value, sizeof(l->domain), " "))
		snprintf(l->domain, sizeof(l->domain), "%s", value);
}

static void take_root_path(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (strlen(value) < sizeof(l->root_path))
		snprintf(l->root_path, sizeof(l->root_path), "%s", value);
}

static void take_boot_file(struct net_lease *l, size_t field, char *value)
{
	(void)field;
	if (strlen(value) < sizeof(l->boot_file))
		snprintf(l->boot_file, sizeof(l->boot_file), "%s", value);
}

static const struct {
	const char *key;
	take_fn *take;
	size_t field;
} keys[] = {
    {"ip", take_address, FIELD(address)},
    {"subnet", take_prefix, 0},
    {"mask", take_prefix, 0},
    {"router", take_addr, FIELD(gateway)},
    {"dns", take_dns, 0},
    {"domain", take_domain, 0},
    {"search", take_search, 0},
    {"hostname", take_hostname, 0},
    {"rootpath", take_root_path, 0},
    {"siaddr", take_addr, FIELD(server)},
    {"serverid", take_addr, FIELD(dhcp_server)},
    {"ntpsrv", take_addr, FIELD(ntp)},
    {"lease", take_seconds, 0},
    {"mtu", take_mtu, 0},
    {"staticroutes", take_routes, 0},
    {"boot_file", take_boot_file, 0},
    {"bootfile", take_boot_file, 0},
};

bool netlease_key(const char *key, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == len && memcmp(keys[i].key, key, len) == 0)
			return true;
	return false;
}

static void take_line(struct net_lease *l, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals)
		return;
	*equals = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].key, line) == 0)
			keys[i].take(l, keys[i].field, equals + 1);
}

errint netlease_parse(char *text, struct net_lease *out)
{
	char *save = NULL;

	*out = (struct net_lease){0};
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(out, line);
	if (out->address.family == 0)
		return -EBADMSG;
	if (out->address.prefix == 0)
		out->address.prefix = (uint8_t)net_class_prefix(&out->address);
	/* RFC 3442: a client that gets classless routes ignores the router option. */
	if (out->route_count)
		out->gateway = (struct net_addr){0};
	for (unsigned i = 0; i < out->route_count; i++)
		if (out->routes[i].to.prefix == 0)
			out->gateway = out->routes[i].gateway;
	return 0;
}
