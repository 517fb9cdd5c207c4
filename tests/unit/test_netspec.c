/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network's words on the command line, and what a DHCP client learned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/netlease.h"
#include "../../early-init/plan/netspec.h"

static struct netspec spec;

static void parse(const char *line)
{
	char buf[2048];

	snprintf(buf, sizeof(buf), "%s", line);
	netspec_parse(buf, &spec);
}

static void assert_addr(const struct net_addr *a, const char *expected)
{
	char text[NET_ADDR_TEXT];

	assert_string_equal(net_addr_text(a, a->prefix != 0, text), expected);
}

static void assert_no_bad(void)
{
	if (spec.bad_count)
		print_error("%s: expected %s\n", spec.bad[0].word, spec.bad[0].expected);
	assert_int_equal(spec.bad_count, 0);
}

/* Documentation/admin-guide/nfs/nfsroot.rst */
static void takes_the_kernels_form(void **state)
{
	const struct net_ip *ip = &spec.ips[0];

	(void)state;
	parse("ip=192.0.2.10:192.0.2.1:192.0.2.254:255.255.255.0:diskless:eth0:off:192.0.2.53:192.0.2.54:192.0.2.123");
	assert_no_bad();
	assert_int_equal(spec.ip_count, 1);
	assert_addr(&ip->client, "192.0.2.10/24");
	assert_addr(&ip->server, "192.0.2.1");
	assert_addr(&ip->gateway, "192.0.2.254");
	assert_string_equal(ip->hostname, "diskless");
	assert_string_equal(ip->ifname, "eth0");
	assert_int_equal(ip->method, NET_STATIC); /* "off" asks nobody */
	assert_addr(&ip->dns[0], "192.0.2.53");
	assert_addr(&ip->dns[1], "192.0.2.54");
	assert_addr(&ip->ntp, "192.0.2.123");
}

/* net/ipv4/ipconfig.c takes it as nothing, and PXELINUX writes it where there is none. */
static void zeros_say_nothing(void **state)
{
	const struct net_ip *ip = &spec.ips[0];

	(void)state;
	parse("ip=0.0.0.0:0.0.0.0:0.0.0.0:0.0.0.0::eth0:dhcp");
	assert_no_bad();
	assert_int_equal(ip->method, NET_DHCP);
	assert_int_equal(ip->client.family, 0);
	assert_int_equal(ip->server.family, 0);
	assert_int_equal(ip->gateway.family, 0);
	parse("ip=192.0.2.10:192.0.2.1:0.0.0.0:255.255.255.0");
	assert_addr(&ip->client, "192.0.2.10/24");
	assert_int_equal(ip->gateway.family, 0);
}

static void no_method_with_an_address_is_static(void **state)
{
	static const char *const lines[] = {"ip=192.0.2.10::::::none", "ip=192.0.2.10",
					    "ip=192.0.2.10:::::eth0",  "ip=192.0.2.10::::::on",
					    "ip=192.0.2.10::::::any",  "ip=192.0.2.10::::::static"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		parse(lines[i]);
		assert_no_bad();
		assert_int_equal(spec.ips[0].method, NET_STATIC);
		assert_addr(&spec.ips[0].client, "192.0.2.10/24"); /* by its class */
		assert_true(spec.asked);
	}
	parse("ip=10.1.2.3");
	assert_int_equal(spec.ips[0].client.prefix, 8);
	parse("ip=172.16.2.3");
	assert_int_equal(spec.ips[0].client.prefix, 16);
	parse("ip=10.1.2.3:::::eth0:dhcp");
	assert_int_equal(spec.ips[0].method, NET_DHCP);
	assert_addr(&spec.ips[0].client, "10.1.2.3/8");
	parse("ip=::::box::dhcp");
	assert_int_equal(spec.ips[0].method, NET_DHCP);
	assert_string_equal(spec.ips[0].hostname, "box");
}

static void takes_short_forms(void **state)
{
	static const struct {
		const char *word;
		enum net_method method;
	} forms[] = {{"dhcp", NET_DHCP},   {"on", NET_DHCP},
		     {"any", NET_DHCP},	   {"dhcp6", NET_DHCP6},
		     {"auto6", NET_AUTO6}, {"either6", NET_EITHER6},
		     {"link6", NET_LINK6}, {"ibft", NET_IBFT},
		     {"off", NET_OFF},	   {"link-local", NET_LINK_LOCAL},
		     {"none", NET_STATIC}, {"auto", NET_DHCP}};
	char line[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
		snprintf(line, sizeof(line), "ip=%s ip=eth7:%s", forms[i].word, forms[i].word);
		parse(line);
		assert_no_bad();
		assert_int_equal(spec.ip_count, 2);
		assert_int_equal(spec.ips[0].method, forms[i].method);
		assert_string_equal(spec.ips[0].ifname, "");
		assert_int_equal(spec.ips[1].method, forms[i].method);
		assert_string_equal(spec.ips[1].ifname, "eth7");
		assert_int_equal(spec.asked, forms[i].method != NET_OFF);
	}
	parse("ip=eth0:dhcp:1400:52:54:00:12:34:56");
	assert_no_bad();
	assert_int_equal(spec.ips[0].mtu, 1400);
	assert_true(spec.ips[0].mac.set);
	assert_int_equal(spec.ips[0].mac.bytes[5], 0x56);
	parse("ip=192.0.2.10::192.0.2.1:24:h:eth0:none:9000:52:54:00:12:34:56");
	assert_no_bad();
	assert_int_equal(spec.ips[0].mtu, 9000);
	assert_int_equal(spec.ips[0].mac.bytes[0], 0x52);
}

static void takes_ipv6_in_brackets(void **state)
{
	(void)state;
	parse("ip=[2001:db8::10]::[2001:db8::1]:64:host:eth0:none:[2001:db8::53]");
	assert_no_bad();
	assert_addr(&spec.ips[0].client, "2001:db8::10/64");
	assert_addr(&spec.ips[0].gateway, "2001:db8::1");
	assert_addr(&spec.ips[0].dns[0], "2001:db8::53");
	assert_int_equal(spec.ips[0].method, NET_STATIC);
	parse("ip=[2001:db8::10]:::::eth0:none nameserver=2001:db8::53 nameserver=[2001:db8::54]");
	assert_no_bad();
	assert_int_equal(spec.ips[0].client.prefix, 64);
	assert_int_equal(spec.dns_count, 2);
}

/* Each of them is named, with the form that was expected. */
static void names_what_is_wrong(void **state)
{
	static const struct {
		const char *word, *expected;
	} wrong[] = {
	    {"ip=", "CLIENT:SERVER"},
	    {"ip", "a value"},
	    {"ip=dhcpp", "an address as first field"},
	    {"ip=eth0:dhcp:40", "MTU"},
	    {"ip=eth0:dhcp:1500:52:54", "MAC"},
	    {"ip=eth0:bootp", "not spoken"},
	    {"ip=192.0.2.1::x:24::eth0:none", "third field"},
	    {"ip=192.0.2.1:y::24::eth0:none", "second field"},
	    {"ip=192.0.2.1:::255.0.255.0::eth0:none", "mask"},
	    {"ip=192.0.2.1:::33::eth0:none", "mask"},
	    {"ip=192.0.2.1:::24::aninterfacenamethatislong:none", "interface name"},
	    {"ip=192.0.2.1:::24::eth0:maybe", "a method"},
	    {"ip=192.0.2.1:::24::eth0:none:1.2.3", "eighth field"},
	    {"nameserver=ns1", "an address"},
	    {"nameserver=192.0.2.0/24", "an address"},
	    {"BOOTIF=01-52-54", "01-52-54-00"},
	    {"rd.route=192.0.2.0/24", "a gateway or an interface"},
	    {"rd.route=192.0.2.0/24:[2001:db8::1]", "NETWORK/LENGTH"},
	    {"rd.route=192.0.2.0/240:192.0.2.1", "NETWORK/LENGTH"},
	    {"ifname=lan", "NAME:MAC"},
	    {"ifname=:52:54:00:12:34:56", "NAME:MAC"},
	    {"vlan=lan:eth0", "ends in the number"},
	    {"vlan=v4095:eth0", "ends in the number"},
	    {"bond=bond0:bond0", "NAME[:"},
	    {"bond=bond0:eth0,", "NAME[:"},
	    {"bridge=br0", "NAME:INTERFACE"},
	    {"team=team0:eth0", "bond="},
	    {"rd.neednet=perhaps", "0 or 1"},
	    {"rd.net.timeout.dhcp=soon", "a number"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		parse(wrong[i].word);
		if (spec.bad_count != 1 || !strstr(spec.bad[0].expected, wrong[i].expected))
			print_error("%s: %s\n", wrong[i].word, spec.bad_count ? spec.bad[0].expected : "taken");
		assert_int_equal(spec.bad_count, 1);
		assert_string_equal(spec.bad[0].word, wrong[i].word);
		assert_non_null(strstr(spec.bad[0].expected, wrong[i].expected));
		assert_int_equal(spec.ip_count + spec.dns_count + spec.route_count + spec.link_count, 0);
	}
}

static void takes_the_other_words(void **state)
{
	char mac[NET_MAC_TEXT];

	(void)state;
	parse(
	    "BOOTIF=01-AA-bb-cc-dd-ee-0f rd.route=192.0.2.0/24:192.0.2.1:eth0 rd.route=[2001:db8::/32]:[fe80::1]:eth1 "
	    "ifname=lan0:52:54:00:12:34:56 rd.neednet rd.net.timeout.carrier=3 rd.net.timeout.dhcp=7s "
	    "rd.net.dhcp.retry=2 rd.peerdns=0 bootdev=lan0 rd.net.dhcp.vendor-class=Rack");
	assert_no_bad();
	assert_true(spec.has_bootif && spec.neednet && spec.asked && !spec.peerdns);
	assert_string_equal(net_mac_text(&spec.bootif, mac), "aa:bb:cc:dd:ee:0f");
	assert_addr(&spec.routes[0].to, "192.0.2.0/24");
	assert_addr(&spec.routes[1].to, "2001:db8::/32");
	assert_string_equal(spec.routes[1].ifname, "eth1");
	assert_string_equal(spec.renames[0].ifname, "lan0");
	assert_int_equal(spec.timeout.carrier, 3);
	assert_int_equal(spec.timeout.dhcp, 7);
	assert_int_equal(spec.timeout.iflink, 20);
	assert_int_equal(spec.dhcp_retry, 2);
	assert_string_equal(spec.bootdev, "lan0");
	assert_string_equal(spec.vendor_class, "Rack");
	parse("rd.bootif=0 BOOTIF=01-aa-bb-cc-dd-ee-0f");
	assert_no_bad();
	assert_false(spec.has_bootif);
	assert_false(spec.asked);
}

/* A VLAN on a bridge on a bond, said in the wrong order, is made in the right one. */
static void orders_interfaces_made_of_others(void **state)
{
	(void)state;
	parse("vlan=br7.5:br7 bridge=br7:bond1 bond=bond1:eth0,eth1:mode=active-backup,miimon=100:1400 vlan=eth3.12");
	assert_no_bad();
	assert_int_equal(spec.link_count, 4);
	assert_int_equal(spec.links[0].kind, NET_BOND);
	assert_string_equal(spec.links[0].options, "mode=active-backup,miimon=100");
	assert_int_equal(spec.links[0].mtu, 1400);
	assert_int_equal(spec.links[0].port_count, 2);
	assert_int_equal(spec.links[1].kind, NET_BRIDGE);
	assert_string_equal(spec.links[2].ifname, "br7.5");
	assert_int_equal(spec.links[2].vlan_id, 5);
	assert_string_equal(spec.links[3].ports[0], "eth3");
	assert_ptr_equal(netspec_link_over(&spec, "bond1", 0), &spec.links[1]);
	assert_null(netspec_link_over(&spec, "eth9", 0));
	parse("bond bridge");
	assert_no_bad();
	assert_string_equal(spec.links[0].options, "mode=balance-rr");
	assert_string_equal(spec.links[1].ports[0], "eth0");
	parse("bond=x:eth0 bridge=x:eth1");
	assert_int_equal(spec.bad_count, 1);
}

static void finds_the_word_of_an_interface(void **state)
{
	struct net_mac mac;

	(void)state;
	assert_int_equal(net_mac_parse("52:54:00:12:34:56", &mac), 0);
	parse("ip=eth1:auto6 ip=dhcp ip=enx525400123456:link6");
	assert_int_equal(netspec_ip_for(&spec, "eth1", NULL)->method, NET_AUTO6);
	assert_int_equal(netspec_ip_for(&spec, "eth0", NULL)->method, NET_DHCP);
	assert_int_equal(netspec_ip_for(&spec, "eth0", &mac)->method, NET_LINK6);
	parse("ip=eth1:auto6 ip=off ip=eth1:dhcp ip=dhcp");
	assert_int_equal(spec.ip_count, 2);
	assert_int_equal(netspec_ip_for(&spec, "eth1", NULL)->method, NET_DHCP);
	assert_int_equal(netspec_ip_for(&spec, "eth2", NULL)->method, NET_DHCP);
	parse("ip=eth1:auto6");
	assert_null(netspec_ip_for(&spec, "eth0", NULL));
	assert_false(netspec_all_off(&spec));
	parse("ip=eth0:off ip=eth1:dhcp");
	assert_false(netspec_all_off(&spec));
	parse("ip=eth0:off ip=eth1:off");
	assert_true(netspec_all_off(&spec));
	parse("quiet");
	assert_true(netspec_all_off(&spec));
}

/* network= of an image, which the boot and `rootward simulate` take alike. */
static void an_images_own_setting_stands_in(void **state)
{
	(void)state;
	assert_int_equal(netspec_parse_boot("quiet", "eth0:dhcp", &spec), 0);
	assert_int_equal(spec.ip_count, 1);
	assert_string_equal(spec.ips[0].ifname, "eth0");
	assert_int_equal(netspec_parse_boot("ip=eth1:dhcp", "eth0:dhcp", &spec), 0);
	assert_int_equal(spec.ip_count, 1);
	assert_string_equal(spec.ips[0].ifname, "eth1");
	assert_int_equal(netspec_parse_boot(NULL, NULL, &spec), 0);
	assert_int_equal(spec.ip_count, 0);
}

static void keeps_its_bounds(void **state)
{
	char line[4096] = "";
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "ip=eth%u:dhcp nameserver=192.0.2.%u vlan=v%u:e ", i, i + 1, i + 1);
	netspec_parse(line, &spec);
	assert_int_equal(spec.ip_count, NET_IPS_MAX);
	assert_int_equal(spec.dns_count, NET_DNS_MAX);
	assert_int_equal(spec.link_count, NET_LINKS_MAX);
	assert_int_equal(spec.bad_count, 120 - NET_IPS_MAX - NET_DNS_MAX - NET_LINKS_MAX);
}

static void describes_everything(void **state)
{
	char text[300];
	unsigned n = 0;

	(void)state;
	parse("ip=192.0.2.1:::24::eth0:none vlan=v5:eth0 rd.route=10.0.0.0/8:192.0.2.9 nameserver=192.0.2.53 team=x");
	while (netspec_describe(&spec, n, text, sizeof(text)))
		n++;
	assert_int_equal(n, 5);
	assert_true(netspec_describe(&spec, 0, text, sizeof(text)));
	assert_string_equal(text, "interface eth0: static 192.0.2.1/24");
	assert_true(netspec_describe(&spec, 1, text, sizeof(text)));
	assert_string_equal(text, "VLAN v5 of eth0, number 5");
}

/* ---- leases ---- */

static errint lease(const char *text, struct net_lease *out)
{
	char buf[2048];

	snprintf(buf, sizeof(buf), "%s", text);
	return netlease_parse(buf, out);
}

static void reads_a_lease(void **state)
{
	struct net_lease l;

	(void)state;
	assert_int_equal(
	    lease("ip=192.0.2.10\nsubnet=255.255.255.128\nrouter=192.0.2.1 192.0.2.2\n"
		  "dns=192.0.2.53 x 192.0.2.54\ndomain=example.org\nhostname=box\nrootpath=192.0.2.9:/srv,vers=3\n"
		  "siaddr=192.0.2.8\nserverid=192.0.2.7\nlease=3600\nmtu=1400\nbootfile=pxe.0\n",
		  &l),
	    0);
	assert_addr(&l.address, "192.0.2.10/25");
	assert_addr(&l.gateway, "192.0.2.1");
	assert_int_equal(l.dns_count, 2);
	assert_addr(&l.server, "192.0.2.8");
	assert_addr(&l.dhcp_server, "192.0.2.7");
	assert_string_equal(l.root_path, "192.0.2.9:/srv,vers=3");
	assert_string_equal(l.hostname, "box");
	assert_string_equal(l.domain, "example.org");
	assert_int_equal(l.mtu, 1400);
	assert_int_equal(l.lease_s, 3600);
}

/* RFC 3442 */
static void classless_routes_replace_the_router(void **state)
{
	struct net_lease l;

	(void)state;
	assert_int_equal(lease("ip=192.0.2.10\nmask=24\nrouter=192.0.2.1\n"
			       "staticroutes=10.0.0.0/8 192.0.2.3 0.0.0.0/0 192.0.2.4 198.51.100.0/24 0.0.0.0 odd\n",
			       &l),
			 0);
	assert_int_equal(l.route_count, 3);
	assert_addr(&l.routes[0].to, "10.0.0.0/8");
	assert_addr(&l.gateway, "192.0.2.4");
	assert_int_equal(l.routes[2].gateway.family, 0);
	/* Also without a default among them. */
	assert_int_equal(lease("ip=10.0.0.2\nmask=24\nrouter=10.0.0.254\nstaticroutes=10.1.0.0/16 10.0.0.1\n", &l), 0);
	assert_int_equal(l.gateway.family, 0);
}

/* The example of RFC 3442: 129.210.177.132/25 is the network 129.210.177.128. */
static void a_network_has_no_host(void **state)
{
	struct net_addr a;

	(void)state;
	assert_int_equal(net_addr_parse("129.210.177.132/25", &a), 0);
	net_addr_mask(&a);
	assert_addr(&a, "129.210.177.128/25");
	assert_int_equal(net_addr_parse("2001:db8::ffff/97", &a), 0);
	net_addr_mask(&a);
	assert_addr(&a, "2001:db8::/97");
	assert_int_equal(net_addr_parse("192.0.2.1/32", &a), 0);
	net_addr_mask(&a);
	assert_addr(&a, "192.0.2.1/32");
}

static void distrusts_what_a_server_sends(void **state)
{
	struct net_lease l;

	(void)state;
	assert_int_equal(lease("router=192.0.2.1\n", &l), -EBADMSG);
	assert_int_equal(lease("ip=0.0.0.0\n", &l), -EBADMSG);
	assert_int_equal(lease("", &l), -EBADMSG);
	assert_int_equal(lease("ip=192.0.2.10\nhostname=a;reboot\ndomain=x'y\nmtu=1\nsiaddr=0.0.0.0\nlease=-1\n", &l),
			 0);
	assert_string_equal(l.hostname, "");
	assert_string_equal(l.domain, "");
	assert_int_equal(l.mtu, 0);
	assert_int_equal(l.server.family, 0);
	assert_int_equal(l.lease_s, 0);
	assert_true(netlease_key("rootpath", 8));
	assert_false(netlease_key("PATH", 4));
	assert_false(netlease_key("rootpathx", 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_the_kernels_form),
	    cmocka_unit_test(zeros_say_nothing),
	    cmocka_unit_test(no_method_with_an_address_is_static),
	    cmocka_unit_test(takes_short_forms),
	    cmocka_unit_test(takes_ipv6_in_brackets),
	    cmocka_unit_test(names_what_is_wrong),
	    cmocka_unit_test(takes_the_other_words),
	    cmocka_unit_test(orders_interfaces_made_of_others),
	    cmocka_unit_test(finds_the_word_of_an_interface),
	    cmocka_unit_test(an_images_own_setting_stands_in),
	    cmocka_unit_test(keeps_its_bounds),
	    cmocka_unit_test(describes_everything),
	    cmocka_unit_test(reads_a_lease),
	    cmocka_unit_test(classless_routes_replace_the_router),
	    cmocka_unit_test(a_network_has_no_host),
	    cmocka_unit_test(distrusts_what_a_server_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
