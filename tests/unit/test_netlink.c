/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel reports of links and addresses, from this machine and made up; the DHCP client's script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <sys/socket.h>

#include "../../early-init/netlink.h"
#include "../../early-init/plan/netlease.h"
#include "../../early-init/setup.h"
#include "../../early-init/udhcpc_script.h"

struct seen {
	unsigned links, loopbacks, addresses;
};

static void count(void *arg, const struct nl_event *e)
{
	struct seen *s = arg;

	s->links += e->what == NL_LINK;
	s->loopbacks += e->what == NL_LINK && strcmp(e->ifname, "lo") == 0;
	s->addresses += e->what == NL_ADDRESS;
}

static void lists_this_machine(void **state)
{
	struct netlink nl;
	struct seen s = {0};

	(void)state;
	if (netlink_open(&nl) < 0)
		skip();
	assert_int_equal(netlink_dump(&nl, count, &s), 0);
	assert_true(s.links >= 1);
	assert_int_equal(s.loopbacks, 1);
	/* An interface that is not there: the kernel's error comes back. */
	assert_true(netlink_set_mtu(&nl, 0x7ffffff0, 1500) < 0);
	assert_int_equal(netlink_receive(&nl, count, &s), 0);
	netlink_close(&nl);
}

struct message {
	union {
		struct nlmsghdr h;
		char bytes[512];
	};
};

static void put(struct message *m, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = (void *)(m->bytes + NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + (uint32_t)RTA_ALIGN(RTA_LENGTH(len));
}

static void *start(struct message *m, unsigned short type, size_t header)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_type = type;
	m->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(header);
	return NLMSG_DATA(&m->h);
}

static void reads_an_address(void **state)
{
	static const unsigned char v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 7};
	uint32_t flags = IFA_F_TENTATIVE | IFA_F_NOPREFIXROUTE;
	struct nl_event e;
	struct message m;
	struct ifaddrmsg *a = start(&m, RTM_NEWADDR, sizeof(*a));

	(void)state;
	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_index = 3;
	a->ifa_scope = RT_SCOPE_UNIVERSE;
	put(&m, IFA_ADDRESS, v6, sizeof(v6));
	put(&m, IFA_FLAGS, &flags, sizeof(flags));
	assert_true(nl_parse(&m.h, &e));
	assert_int_equal(e.what, NL_ADDRESS);
	assert_int_equal(e.ifindex, 3);
	assert_int_equal(e.address.family, 6);
	assert_int_equal(e.address.prefix, 64);
	assert_true(e.address_flags & IFA_F_TENTATIVE);
	/* An IPv4 address is four bytes long. */
	a->ifa_family = AF_INET;
	assert_false(nl_parse(&m.h, &e));
}

static void reads_a_link_and_its_gaps(void **state)
{
	static const unsigned char mac[6] = {0x52, 0x54, 0, 1, 2, 3};
	struct nl_event e;
	struct message m;
	struct ifinfomsg *info = start(&m, RTM_NEWLINK, sizeof(*info));

	(void)state;
	info->ifi_index = 2;
	assert_false(nl_parse(&m.h, &e)); /* no name */
	put(&m, IFLA_IFNAME, "eth0", 5);
	put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	assert_true(nl_parse(&m.h, &e));
	assert_string_equal(e.ifname, "eth0");
	assert_true(e.mac.set);
	assert_string_equal(e.kind, "");
	/* A bridge's report of its port. */
	info->ifi_family = AF_BRIDGE;
	assert_false(nl_parse(&m.h, &e));
	m.h.nlmsg_len = NLMSG_LENGTH(4);
	assert_false(nl_parse(&m.h, &e));
	m.h.nlmsg_type = NLMSG_DONE;
	assert_false(nl_parse(&m.h, &e));
}

static void only_default_routes_count(void **state)
{
	static const unsigned char v6[16] = {0xfe, 0x80, [15] = 1};
	uint32_t oif = 4;
	struct nl_event e;
	struct message m;
	struct rtmsg *r = start(&m, RTM_NEWROUTE, sizeof(*r));

	(void)state;
	r->rtm_family = AF_INET6;
	r->rtm_type = RTN_UNICAST;
	put(&m, RTA_GATEWAY, v6, sizeof(v6));
	put(&m, RTA_OIF, &oif, sizeof(oif));
	assert_true(nl_parse(&m.h, &e));
	assert_int_equal(e.what, NL_ROUTE);
	assert_int_equal(e.ifindex, 4);
	r->rtm_dst_len = 64;
	assert_false(nl_parse(&m.h, &e));
}

/* ---- udhcpc-script ---- */

static char *slurp(const char *dir, const char *name)
{
	char path[300], *text = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return read_text(path, 8192, &text) < 0 ? NULL : text;
}

static void script_writes_what_it_is_told(void **state)
{
	char dir[] = "/tmp/rootward-test.XXXXXX", path[300];
	char *env[] = {(char *)"PATH=/bin",
		       (char *)"interface=eth0",
		       (char *)"ip=192.0.2.5",
		       (char *)"mask=24",
		       (char *)"rootpath=a\nip=6.6.6.6",
		       (char *)"message=go away",
		       (char *)"hostname=box",
		       NULL};
	char *odd[] = {(char *)"interface=../x", (char *)"ip=192.0.2.5", NULL};
	char *text;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(udhcpc_event(dir, "deconfig", env), 0);
	assert_int_equal(udhcpc_event(dir, "leasefail", env), 0);
	assert_int_equal(udhcpc_event(dir, "bound", odd), 0);
	assert_null(slurp(dir, "dhcp.eth0"));
	assert_int_equal(udhcpc_event(dir, "bound", env), 0);
	text = slurp(dir, "dhcp.eth0");
	assert_non_null(text);
	assert_string_equal(text, "ip=192.0.2.5\nmask=24\nhostname=box\n");
	free(text);
	assert_int_equal(udhcpc_event(dir, "nak", env), 0);
	text = slurp(dir, "dhcp.eth0.message");
	assert_string_equal(text, "the server refused: go away\n");
	free(text);
	snprintf(path, sizeof(path), "%s/dhcp.eth0", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/dhcp.eth0.message", dir);
	unlink(path);
	/* Nothing half-written is left. */
	assert_int_equal(rmdir(dir), 0);
	assert_true(udhcpc_event("/nonexistent", "bound", env) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_this_machine),
	    cmocka_unit_test(reads_an_address),
	    cmocka_unit_test(reads_a_link_and_its_gaps),
	    cmocka_unit_test(only_default_routes_count),
	    cmocka_unit_test(script_writes_what_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
