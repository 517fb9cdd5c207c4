/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv6: what is sent, and what of a server's answers is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/dhcp6.h"

static const struct dhcp6_exchange fresh = {.mac = {true, {0x52, 0x54, 0, 1, 2, 3}}, .xid = {7, 8, 9}};

/* RFC 8415, 8 and 21: the client's identity, the address 2001:db8::10, a server's identity of three bytes. */
static const uint8_t answer[] = {
    2, 7,  8, 9,								      /* advertise */
    0, 1,  0, 10, 0,	3,   0,	  1,	0x52, 0x54, 0, 1, 2, 3,			      /* client */
    0, 2,  0, 3,  'a',	'b', 'c',						      /* server */
    0, 3,  0, 40, 0,	1,   2,	  3,	0,    0,    0, 0, 0, 0, 0, 0,		      /* association */
    0, 5,  0, 24, 0x20, 1,   0xd, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,  /* address */
    0, 0,  0, 60, 0,	0,   0,	  120,						      /* its lifetimes */
    0, 23, 0, 16, 0x20, 1,   0xd, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53}; /* names */

static errint read_answer(struct dhcp6_exchange *x, const uint8_t *data, size_t len, struct net_lease *l)
{
	char why[100] = "";

	return dhcp6_read(x, data, len, l, why, sizeof(why));
}

static void asks_and_is_answered(void **state)
{
	struct dhcp6_exchange x = fresh;
	uint8_t out[DHCP6_MESSAGE_MAX], reply[sizeof(answer)];
	char text[NET_ADDR_TEXT];
	struct net_lease l;
	size_t len;

	(void)state;
	len = dhcp6_build(&x, out);
	assert_true(len > 4 && len <= sizeof(out));
	assert_int_equal(out[0], DHCP6_SOLICIT);
	assert_memory_equal(out + 1, fresh.xid, 3);
	assert_memory_equal(out + 4, answer + 4, 14);
	assert_int_equal(read_answer(&x, answer, sizeof(answer), &l), DHCP6_ADVERTISE);
	assert_int_equal(x.server_len, 3);
	/* A second server comes too late. */
	assert_int_equal(read_answer(&x, answer, sizeof(answer), &l), -EBADMSG);
	len = dhcp6_build(&x, out);
	assert_int_equal(out[0], DHCP6_REQUEST);
	assert_non_null(memmem(out, len, "abc", 3));
	assert_non_null(memmem(out, len, x.offered.bytes, 16));
	memcpy(reply, answer, sizeof(reply));
	reply[0] = DHCP6_REPLY;
	assert_int_equal(read_answer(&x, reply, sizeof(reply), &l), DHCP6_REPLY);
	assert_string_equal(net_addr_text(&l.address, true, text), "2001:db8::10/128");
	assert_int_equal(l.lease_s, 120);
	assert_int_equal(l.dns_count, 1);
}

static void largest_message_fits(void **state)
{
	struct dhcp6_exchange x = fresh;
	uint8_t out[DHCP6_MESSAGE_MAX];

	(void)state;
	x.server_len = sizeof(x.server);
	x.offered.family = 6;
	assert_true(dhcp6_build(&x, out) <= sizeof(out));
}

/* Cut anywhere, and with every byte changed that says whose it is: never taken for an offer of another kind. */
static void what_is_not_for_us_is_left(void **state)
{
	uint8_t data[sizeof(answer)];
	struct dhcp6_exchange x;
	struct net_lease l;

	(void)state;
	for (size_t len = 0; len < 62; len++) {
		x = fresh;
		assert_true(read_answer(&x, answer, len, &l) < 0);
		assert_int_equal(x.server_len, 0);
	}
	for (size_t at = 0; at < 18; at++) {
		x = fresh;
		memcpy(data, answer, sizeof(data));
		data[at] ^= 0x40;
		assert_true(read_answer(&x, data, sizeof(data), &l) < 0);
	}
}

static void says_why_there_is_no_address(void **state)
{
	static const uint8_t none[] = {2, 7, 8, 9, 0, 1, 0,   10, 0,  3, 0,  1, 0x52, 0x54, 0,	 1,
				       2, 3, 0, 2, 0, 1, 'a', 0,  3,  0, 20, 0, 1,    2,    3,	 0,
				       0, 0, 0, 0, 0, 0, 0,   0,  13, 0, 4,  0, 2,    'n',  '\n'};
	struct dhcp6_exchange x = fresh;
	struct net_lease l;
	char why[100] = "";

	(void)state;
	assert_int_equal(dhcp6_read(&x, none, sizeof(none), &l, why, sizeof(why)), -ENOENT);
	assert_string_equal(why, "n?");
	assert_int_equal(x.server_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(asks_and_is_answered),
	    cmocka_unit_test(largest_message_fits),
	    cmocka_unit_test(what_is_not_for_us_is_left),
	    cmocka_unit_test(says_why_there_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
