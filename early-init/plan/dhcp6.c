/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dhcp6.h"

#include <stdio.h>
#include <string.h>

/* RFC 8415, 21; RFC 3646; RFC 5970 */
enum option {
	OPTION_CLIENTID = 1,
	OPTION_SERVERID = 2,
	OPTION_IA_NA = 3,
	OPTION_IAADDR = 5,
	OPTION_ORO = 6,
	OPTION_ELAPSED_TIME = 8,
	OPTION_STATUS_CODE = 13,
	OPTION_RAPID_COMMIT = 14,
	OPTION_DNS_SERVERS = 23,
	OPTION_BOOTFILE_URL = 59
};

#define DUID_SIZE 10
#define IA_NA_HEADER 12
#define IAADDR_SIZE 24

struct option_view {
	unsigned code;
	const uint8_t *data;
	size_t len;
};

/* The option at *AT of LEN bytes, *AT moved behind it. False: none that is whole. */
static bool next_option(const uint8_t *data, size_t len, size_t *at, struct option_view *out)
{
	if (len - *at < 4)
		return false;
	*out =
	    (struct option_view){.code = get_be16(data + *at), .data = data + *at + 4, .len = get_be16(data + *at + 2)};
	if (out->len > len - *at - 4)
		return false;
	*at += 4 + out->len;
	return true;
}

/* ---- ours ---- */

struct writer {
	uint8_t *out;
	size_t used;
};

static void put16(struct writer *w, unsigned value)
{
	w->out[w->used++] = (uint8_t)(value >> 8);
	w->out[w->used++] = (uint8_t)value;
}

static void put_bytes(struct writer *w, const void *data, size_t len)
{
	memcpy(w->out + w->used, data, len);
	w->used += len;
}

static void put_header(struct writer *w, unsigned code, size_t len)
{
	put16(w, code);
	put16(w, (unsigned)len);
}

/* DUID-LL of an Ethernet card. */
static void make_duid(const struct net_mac *mac, uint8_t out[DUID_SIZE])
{
	static const uint8_t head[] = {0, 3, 0, 1};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), mac->bytes, sizeof(mac->bytes));
}

uint32_t dhcp6_iaid(const struct net_mac *mac)
{
	return get_be32(mac->bytes + 2);
}

static void put_address(struct writer *w, const struct dhcp6_exchange *x)
{
	static const uint8_t no_times[8];
	bool request = x->server_len && x->offered.family == 6;

	put_header(w, OPTION_IA_NA, IA_NA_HEADER + (request ? 4 + IAADDR_SIZE : 0));
	put_bytes(w, x->mac.bytes + 2, 4);
	put_bytes(w, no_times, sizeof(no_times));
	if (!request)
		return;
	put_header(w, OPTION_IAADDR, IAADDR_SIZE);
	put_bytes(w, x->offered.bytes, 16);
	put_bytes(w, no_times, sizeof(no_times));
}

/* At most 4 + 14 + 134 + 44 + 6 + 8 + 4 bytes. */
size_t dhcp6_build(const struct dhcp6_exchange *x, uint8_t out[DHCP6_MESSAGE_MAX])
{
	struct writer w = {out, 0};
	uint8_t duid[DUID_SIZE];

	make_duid(&x->mac, duid);
	out[w.used++] = x->server_len ? DHCP6_REQUEST : DHCP6_SOLICIT;
	put_bytes(&w, x->xid, sizeof(x->xid));
	put_header(&w, OPTION_CLIENTID, sizeof(duid));
	put_bytes(&w, duid, sizeof(duid));
	if (x->server_len) {
		put_header(&w, OPTION_SERVERID, x->server_len);
		put_bytes(&w, x->server, x->server_len);
	} else {
		put_header(&w, OPTION_RAPID_COMMIT, 0);
	}
	put_address(&w, x);
	put_header(&w, OPTION_ELAPSED_TIME, 2);
	put16(&w, 0);
	put_header(&w, OPTION_ORO, 4);
	put16(&w, OPTION_DNS_SERVERS);
	put16(&w, OPTION_BOOTFILE_URL);
	return w.used;
}

/* ---- the server's ---- */

struct answer {
	const uint8_t *server;
	size_t server_len;
	bool for_us;
	unsigned status;
};

static void take_status(const struct option_view *o, struct answer *a, char *why, size_t size)
{
	if (o->len < 2 || get_be16(o->data) == 0)
		return;
	a->status = get_be16(o->data);
	snprintf(why, size, "%.*s", (int)(o->len - 2 < 100 ? o->len - 2 : 100), (const char *)o->data + 2);
	/* It ends up on a console. */
	for (char *c = why; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void take_ia(const struct option_view *ia, struct answer *a, struct net_lease *l, char *why, size_t size)
{
	struct option_view o;
	size_t at = IA_NA_HEADER;

	while (ia->len >= IA_NA_HEADER && next_option(ia->data, ia->len, &at, &o)) {
		if (o.code == OPTION_STATUS_CODE)
			take_status(&o, a, why, size);
		/* A valid lifetime of 0 takes the address back. */
		if (o.code != OPTION_IAADDR || o.len < IAADDR_SIZE || l->address.family || get_be32(o.data + 20) == 0)
			continue;
		l->address = (struct net_addr){.family = 6, .prefix = 128};
		memcpy(l->address.bytes, o.data, 16);
		l->lease_s = get_be32(o.data + 20);
	}
}

static void take_dns(const struct option_view *o, struct net_lease *l)
{
	for (size_t at = 0; at + 16 <= o->len && l->dns_count < NET_DNS_MAX; at += 16) {
		l->dns[l->dns_count] = (struct net_addr){.family = 6};
		memcpy(l->dns[l->dns_count++].bytes, o->data + at, 16);
	}
}

static void take_option(const struct dhcp6_exchange *x, const struct option_view *o, struct answer *a,
			struct net_lease *l, char *why, size_t size)
{
	uint8_t duid[DUID_SIZE];

	switch (o->code) {
	case OPTION_CLIENTID:
		make_duid(&x->mac, duid);
		a->for_us = o->len == sizeof(duid) && memcmp(o->data, duid, sizeof(duid)) == 0;
		break;
	case OPTION_SERVERID:
		a->server = o->data;
		a->server_len = o->len;
		break;
	case OPTION_IA_NA:
		take_ia(o, a, l, why, size);
		break;
	case OPTION_STATUS_CODE:
		take_status(o, a, why, size);
		break;
	case OPTION_DNS_SERVERS:
		take_dns(o, l);
		break;
	case OPTION_BOOTFILE_URL:
		if (o->len < sizeof(l->boot_file) && !memchr(o->data, '\0', o->len))
			snprintf(l->boot_file, sizeof(l->boot_file), "%.*s", (int)o->len, (const char *)o->data);
		break;
	default:
		break;
	}
}

errint dhcp6_read(struct dhcp6_exchange *x, const void *data, size_t len, struct net_lease *lease, char *why,
		  size_t size)
{
	const uint8_t *bytes = data;
	struct answer a = {0};
	struct option_view o;
	size_t at = 4;

	*lease = (struct net_lease){0};
	if (len < at || (bytes[0] != DHCP6_ADVERTISE && bytes[0] != DHCP6_REPLY) || memcmp(bytes + 1, x->xid, 3) != 0)
		return -EBADMSG;
	while (next_option(bytes, len, &at, &o))
		take_option(x, &o, &a, lease, why, size);
	if (!a.for_us || a.server_len == 0 || a.server_len > DHCP6_DUID_MAX)
		return -EBADMSG;
	if (a.status || lease->address.family == 0)
		return -ENOENT;
	if (bytes[0] == DHCP6_REPLY)
		return DHCP6_REPLY;
	/* The first who advertises is asked. */
	if (x->server_len)
		return -EBADMSG;
	memcpy(x->server, a.server, a.server_len);
	x->server_len = a.server_len;
	x->offered = lease->address;
	return DHCP6_ADVERTISE;
}
