/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

errint net_addr_parse(const char *text, struct net_addr *out)
{
	char host[INET6_ADDRSTRLEN];
	bool bracket = *text == '[';
	const char *end = bracket ? strchr(++text, ']') : NULL;
	size_t len = end ? (size_t)(end - text) : strcspn(text, "/");
	const char *rest;
	errint prefix;

	*out = (struct net_addr){0};
	if ((bracket && !end) || len == 0)
		return -EINVAL;
	rest = end ? end + 1 : text + len;
	/* dracut's documentation writes the length inside the brackets: "[2001:db8::/32]". */
	if (end && memchr(text, '/', len)) {
		if (*rest)
			return -EINVAL;
		rest = memchr(text, '/', len);
		len = (size_t)(rest - text);
	}
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, out->bytes) == 1 && !bracket)
		out->family = 4;
	else if (inet_pton(AF_INET6, host, out->bytes) == 1)
		out->family = 6;
	else
		return -EINVAL;
	if (*rest == '\0' || strcmp(rest, "]") == 0)
		return 0;
	if (*rest != '/')
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(rest + 1, "]"), rest + 1);
	prefix = net_prefix_parse(host, out->family == 4 ? 32 : 128);
	if (prefix < 0)
		return prefix;
	out->prefix = (uint8_t)prefix;
	return 0;
}

errint net_prefix_parse(const char *text, unsigned max)
{
	uint8_t mask[4];
	uint64_t n;
	uint32_t bits;

	if (text_decimal(text, max, &n, NULL) == 0)
		return (errint)n;
	if (max != 32 || inet_pton(AF_INET, text, mask) != 1)
		return -EINVAL;
	bits = get_be32(mask);
	/* Ones, then zeros: the complement and one more than it share no bit. */
	if (~bits & (~bits + 1u))
		return -EINVAL;
	return __builtin_popcount(bits);
}

unsigned net_class_prefix(const struct net_addr *a)
{
	return a->bytes[0] < 128 ? 8 : a->bytes[0] < 192 ? 16 : 24;
}

const char *net_addr_text(const struct net_addr *a, bool prefix, char out[NET_ADDR_TEXT])
{
	out[0] = '\0';
	if (a->family == 0 || !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, out, INET6_ADDRSTRLEN))
		return out;
	if (prefix)
		snprintf(out + strlen(out), NET_ADDR_TEXT - strlen(out), "/%u", a->prefix);
	return out;
}

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 6 ? 16 : 4) == 0;
}

bool net_addr_in(const struct net_addr *addr, const struct net_addr *net)
{
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;

	if (addr->family != net->family || net->prefix > (net->family == 6 ? 128 : 32))
		return false;
	if (memcmp(addr->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 0 || (addr->bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

void net_addr_mask(struct net_addr *a)
{
	unsigned bits = a->family == 6 ? 128 : 32;

	for (unsigned bit = a->prefix; a->family && bit < bits; bit++)
		a->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

errint net_mac_parse(const char *text, struct net_mac *out)
{
	*out = (struct net_mac){0};
	for (unsigned i = 0; i < 6; i++, text += 3) {
		errint high = text_hex_digit(text[0]), low = high < 0 ? high : text_hex_digit(text[1]);
		char end = low < 0 ? '\0' : text[2];

		if (low < 0 || (i < 5 ? end != ':' && end != '-' : end != '\0'))
			return -EINVAL;
		out->bytes[i] = (uint8_t)(high * 16 + low);
	}
	out->set = true;
	return 0;
}

const char *net_mac_text(const struct net_mac *mac, char out[NET_MAC_TEXT])
{
	const uint8_t *m = mac->bytes;

	snprintf(out, NET_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return out;
}

bool net_mac_equal(const struct net_mac *a, const struct net_mac *b)
{
	return a->set && b->set && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool net_addr_is_link_local(const struct net_addr *a)
{
	return a->family == 6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}
