/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns.h"

#include <string.h>

#define HEADER 12
#define LABEL_MAX 63
#define NAME_MAX_BYTES 253
#define CLASS_IN 1
/* Compressed names point backwards; more steps than this are a loop. */
#define LABELS_MAX 128
#define FLAG_RESPONSE 0x80
#define CODE_MASK 0x0f
#define CODE_NO_NAME 3

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

errint dns_question(const char *name, unsigned type, uint16_t id, uint8_t out[DNS_MESSAGE_MAX])
{
	size_t at = HEADER, len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	if (len == 0 || len > NAME_MAX_BYTES)
		return -EINVAL;
	memset(out, 0, HEADER);
	put16(out, id);
	out[2] = 1; /* recursion desired */
	put16(out + 4, 1);
	for (size_t i = 0; i < len;) {
		size_t part = 0;
		while (i + part < len && name[i + part] != '.')
			part++;
		if (part == 0 || part > LABEL_MAX)
			return -EINVAL;
		out[at++] = (uint8_t)part;
		memcpy(out + at, name + i, part);
		at += part;
		i += part + 1;
	}
	out[at++] = 0;
	put16(out + at, type);
	put16(out + at + 2, CLASS_IN);
	return (errint)(at + 4);
}

/* Move *AT past a name; false when it runs out of the message. */
static bool skip_name(const uint8_t *m, size_t len, size_t *at)
{
	for (unsigned i = 0; i < LABELS_MAX && *at < len; i++) {
		unsigned part = m[*at];

		if (part >= 0xc0) {
			*at += 2;
			return *at <= len;
		}
		*at += 1 + (size_t)part;
		if (part == 0)
			return *at <= len;
	}
	return false;
}

static void take_address(const uint8_t *data, unsigned type, struct net_addr *out)
{
	*out = (struct net_addr){.family = type == DNS_TYPE_A ? 4 : 6};
	memcpy(out->bytes, data, type == DNS_TYPE_A ? 4 : 16);
}

errint dns_answer(const uint8_t *message, size_t len, unsigned type, uint16_t id, struct net_addr *out, unsigned max)
{
	size_t at = HEADER, want = type == DNS_TYPE_A ? 4 : 16;
	unsigned questions, answers, found = 0;

	if (len < HEADER || get_be16(message) != id || !(message[2] & FLAG_RESPONSE))
		return -EAGAIN;
	if ((message[3] & CODE_MASK) != 0)
		return (message[3] & CODE_MASK) == CODE_NO_NAME ? -ENOENT : -EREMOTEIO;
	questions = get_be16(message + 4);
	answers = get_be16(message + 6);
	for (; questions; questions--, at += 4)
		if (!skip_name(message, len, &at) || at + 4 > len)
			return -EBADMSG;
	for (; answers && found < max; answers--) {
		unsigned size;

		if (!skip_name(message, len, &at) || at + 10 > len)
			return -EBADMSG;
		size = get_be16(message + at + 8);
		if (at + 10 + size > len)
			return -EBADMSG;
		if (get_be16(message + at) == type && get_be16(message + at + 2) == CLASS_IN && size == want)
			take_address(message + at + 10, type, &out[found++]);
		at += 10 + size;
	}
	return (errint)found;
}
