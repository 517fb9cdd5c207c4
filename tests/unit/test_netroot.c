/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line and DHCP say of roots over the network; and names to addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/dns.h"
#include "../../early-init/plan/netroot.h"

static struct netroot_spec spec;

static errint parse(const char *text)
{
	char line[1024], why[300];
	errint r;

	snprintf(line, sizeof(line), "%s", text);
	r = netroot_parse(line, &spec, why, sizeof(why));
	/* An error is said, and nothing else is. */
	assert_int_equal(why[0] != '\0', r < 0);
	return r;
}

static void check(const char *line, enum netroot_kind kind, const char *server, const char *path, const char *options)
{
	if (parse(line) != 0)
		fail_msg("%s is refused", line);
	assert_int_equal(spec.kind, kind);
	assert_string_equal(spec.server, server);
	assert_string_equal(spec.path, path);
	assert_string_equal(spec.options, options);
}

static void local_roots(void **state)
{
	(void)state;
	check("root=UUID=1-2 rootfstype=ext4 quiet", NETROOT_NONE, "", "", "");
	check("", NETROOT_NONE, "", "", "");
	check("root=/dev/nfs0 nfsroot=", NETROOT_NONE, "", "", "");
}

static void nfs(void **state)
{
	(void)state;
	check("root=/dev/nfs nfsroot=10.0.0.1:/srv/root,vers=3,tcp", NETROOT_NFS, "10.0.0.1", "/srv/root",
	      "vers=3,tcp");
	check("root=/dev/nfs nfsroot=/srv/root", NETROOT_NFS, "", "/srv/root", "");
	check("root=/dev/nfs", NETROOT_NFS, "", "", "");
	check("root=nfs:server:/srv:ro,hard", NETROOT_NFS, "server", "/srv", "ro,hard");
	check("root=nfs:/srv", NETROOT_NFS, "", "/srv", "");
	check("root=nfs:[2001:db8::1]:/srv,ro", NETROOT_NFS, "2001:db8::1", "/srv", "ro");
	check("root=nfs4:server:/srv", NETROOT_NFS, "server", "/srv", "");
	assert_int_equal(spec.nfs_version, 4);
	check("root=nfs:server:/srv rootflags=vers=4.1", NETROOT_NFS, "server", "/srv", "vers=4.1");
	assert_int_equal(parse("root=nfs:[::1:/srv"), -EINVAL);
	assert_true(netroot_needs_network(&spec));
}

static void shared_directories(void **state)
{
	(void)state;
	check("root=fsroot rootfstype=9p rootflags=trans=virtio", NETROOT_9P, "", "fsroot", "trans=virtio");
	assert_false(netroot_needs_network(&spec));
	check("root=/dev/root rootfstype=9p", NETROOT_9P, "", "/dev/root", "");
	check("root=10.0.0.1 rootfstype=9p rootflags=trans=tcp", NETROOT_9P, "", "10.0.0.1", "trans=tcp");
	assert_true(netroot_needs_network(&spec));
	check("root=virtiofs:tag", NETROOT_VIRTIOFS, "", "tag", "");
	check("root=tag rootfstype=virtiofs", NETROOT_VIRTIOFS, "", "tag", "");
	assert_false(netroot_needs_network(&spec));
	assert_int_equal(parse("root=9p:"), -EINVAL);
}

static void nbd(void **state)
{
	(void)state;
	check("root=nbd:10.0.0.1:2000", NETROOT_NBD, "10.0.0.1", "", "");
	assert_int_equal(spec.port, 2000);
	assert_false(spec.device_only);
	check("root=nbd:10.0.0.1:exp:ext4:noatime:port=99,timeout=5", NETROOT_NBD, "10.0.0.1", "exp",
	      "port=99,timeout=5");
	assert_string_equal(spec.fstype, "ext4");
	assert_string_equal(spec.flags, "noatime");
	assert_int_equal(spec.port, 99);
	check("root=LABEL=x netroot=nbd:[fe80::1]:exp", NETROOT_NBD, "fe80::1", "exp", "");
	assert_true(spec.device_only);
	check("root=/dev/nbd0 nbdroot=10.0.0.1,exp,nbd0", NETROOT_NBD, "10.0.0.1", "exp", "");
	assert_true(spec.device_only);
	check("root=/dev/nbd0 nbdroot=10.0.0.1:2000", NETROOT_NBD, "10.0.0.1", "", "");
	assert_int_equal(parse("root=nbd:10.0.0.1"), -EINVAL);
	assert_int_equal(parse("root=nbd:10.0.0.1:99999"), -EINVAL);
}

static void iscsi(void **state)
{
	(void)state;
	check("root=LABEL=x netroot=iscsi:10.0.0.1::::iqn.2026-01.a:b", NETROOT_ISCSI, "10.0.0.1", "iqn.2026-01.a:b",
	      "");
	assert_true(spec.device_only);
	check("root=iscsi:u:p:iu:ip@[2001:db8::1]:6:3261:2:iqn.x:y:z", NETROOT_ISCSI, "2001:db8::1", "iqn.x:y:z", "");
	assert_string_equal(spec.iscsi.user, "u");
	assert_string_equal(spec.iscsi.password, "p");
	assert_string_equal(spec.iscsi.in_user, "iu");
	assert_string_equal(spec.iscsi.in_password, "ip");
	assert_string_equal(spec.iscsi.lun, "2");
	assert_int_equal(spec.port, 3261);
	assert_false(spec.device_only);
	check("netroot=iscsi:10.0.0.1:::iface:eth0:0:iqn.x", NETROOT_ISCSI, "10.0.0.1", "iqn.x", "");
	check("root=LABEL=x rd.iscsi.target.name=iqn.x rd.iscsi.target.ip=10.0.0.1 rd.iscsi.username=u", NETROOT_ISCSI,
	      "10.0.0.1", "iqn.x", "");
	assert_true(spec.device_only);
	check("root=LABEL=x rd.iscsi.firmware=1", NETROOT_ISCSI, "", "", "");
	assert_true(spec.iscsi.firmware);
	assert_int_equal(parse("netroot=iscsi:10.0.0.1::::disk"), -EINVAL);
	assert_int_equal(parse("netroot=iscsi:10.0.0.1:17:::iqn.x"), -EPROTONOSUPPORT);
	assert_int_equal(parse("netroot=iscsi:u@10.0.0.1::::iqn.x"), -EINVAL);
	assert_int_equal(parse("rd.iscsi.initiator="), -EINVAL);
}

/* A label may hold a colon, and MAJOR:MINOR does. */
static void device_beside_what_is_attached(void **state)
{
	(void)state;
	check("root=LABEL=a:b netroot=iscsi:10.0.0.1::::iqn.x", NETROOT_ISCSI, "10.0.0.1", "iqn.x", "");
	assert_true(spec.device_only);
	check("root=8:1 netroot=iscsi:10.0.0.1::::iqn.x", NETROOT_ISCSI, "10.0.0.1", "iqn.x", "");
	assert_true(spec.device_only);
	check("root=iscsi:10.0.0.1::::iqn.x netroot=iscsi:10.0.0.1::::iqn.x", NETROOT_ISCSI, "10.0.0.1", "iqn.x", "");
	assert_false(spec.device_only);
	check("root=dhcp netroot=iscsi:10.0.0.1::::iqn.x", NETROOT_ISCSI, "10.0.0.1", "iqn.x", "");
	assert_false(spec.device_only);
}

static void rootflags_beside_dhcp(void **state)
{
	(void)state;
	assert_int_equal(parse("root=dhcp rootflags=vers=3,nolock"), 0);
	assert_int_equal(netroot_from_root_path("10.0.0.1:/srv", &spec), 0);
	assert_string_equal(spec.options, "vers=3,nolock");
	assert_int_equal(parse("root=dhcp rootflags=vers=3"), 0);
	assert_int_equal(netroot_from_root_path("10.0.0.1:/srv,vers=4", &spec), 0);
	assert_string_equal(spec.options, "vers=4");
}

/* Somebody may correct it on the server, and it is asked for again. */
static void malformed_root_path_changes_nothing(void **state)
{
	static const char *const paths[] = {"nbd:10.0.0.1", "iscsi:bad", "http:///", "nvme-tcp:", "word", "nfs:[:/x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct netroot_spec before;

		assert_int_equal(parse("root=dhcp rootflags=vers=3"), 0);
		before = spec;
		assert_true(netroot_from_root_path(paths[i], &spec) < 0);
		assert_memory_equal(&spec, &before, sizeof(spec));
	}
}

static void nvme(void **state)
{
	(void)state;
	check("root=LABEL=x netroot=nvme-tcp:10.0.0.1:4421:nqn.2026-01.a:b", NETROOT_NVME, "10.0.0.1",
	      "nqn.2026-01.a:b", "");
	assert_int_equal(spec.port, 4421);
	check("root=nvme-tcp:10.0.0.1:nqn.a rd.nvmf.hostnqn=nqn.h", NETROOT_NVME, "10.0.0.1", "nqn.a", "");
	assert_string_equal(spec.host_nqn, "nqn.h");
	check("root=LABEL=x rd.nvmf.discover=tcp,10.0.0.1,,8009", NETROOT_NVME, "10.0.0.1", "", "");
	assert_int_equal(spec.port, 8009);
	assert_true(spec.device_only);
	assert_int_equal(parse("rd.nvmf.discover=rdma,10.0.0.1"), -EPROTONOSUPPORT);
	assert_int_equal(parse("root=nvme-tcp:"), -EINVAL);
}

#define SUM "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
#define LOWER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void http(void **state)
{
	(void)state;
	check("root=http://host:8080/a/r.squashfs sha256=" SUM, NETROOT_HTTP, "host", "http://host:8080/a/r.squashfs",
	      "");
	assert_string_equal(spec.sha256, LOWER);
	check("root=live:https://u:p@host/r#sha256=" SUM, NETROOT_HTTP, "host", "https://u:p@host/r", "");
	assert_string_equal(spec.sha256, LOWER);
	check("root=http://[2001:db8::1]/r", NETROOT_HTTP, "2001:db8::1", "http://[2001:db8::1]/r", "");
	assert_int_equal(parse("root=http://"), -EINVAL);
	assert_int_equal(parse("root=http://h/r sha256=12"), -EINVAL);
}

static void root_path(void **state)
{
	char text[200];

	(void)state;
	check("root=dhcp", NETROOT_DHCP, "", "", "");
	assert_int_equal(netroot_from_root_path("10.0.0.1:/srv/root,vers=3", &spec), 0);
	netroot_describe(&spec, text, sizeof(text));
	assert_string_equal(text, "NFS export /srv/root of 10.0.0.1");
	assert_int_equal(parse("root=dhcp"), 0);
	assert_int_equal(netroot_from_root_path("iscsi:10.0.0.1::::iqn.x", &spec), 0);
	assert_int_equal(spec.kind, NETROOT_ISCSI);
	assert_int_equal(parse("root=dhcp"), 0);
	assert_int_equal(netroot_from_root_path("/srv", &spec), 0);
	assert_string_equal(spec.path, "/srv");
	assert_int_equal(netroot_from_root_path("nonsense", &spec), -EINVAL);
}

static void unknown_netroot(void **state)
{
	(void)state;
	assert_int_equal(parse("root=LABEL=x netroot=fcoe:eth0"), -EPROTONOSUPPORT);
}

/* No message has the password, whatever is wrong with the line. */
static void passwords_are_not_told(void **state)
{
	static const struct {
		const char *text, *expected;
	} values[] = {
	    {"iscsi:anna:secret@10.0.0.1::::iqn.x", "iscsi:anna:***@10.0.0.1::::iqn.x"},
	    {"iscsi:anna:secret:bert:secret2@10.0.0.1::::iqn.x", "iscsi:anna:***@10.0.0.1::::iqn.x"},
	    {"iscsi:anna:se/cr@et@10.0.0.1", "iscsi:anna:***@10.0.0.1"},
	    {"iscsi:anna:sec://ret@10.0.0.1", "iscsi:anna:***@10.0.0.1"},
	    {"iscsi:10.0.0.1::::iqn.x", "iscsi:10.0.0.1::::iqn.x"},
	    {"https://anna:secret@host/root.squashfs", "https://anna:***@host/root.squashfs"},
	    {"https://host:8080/a@b", "https://host:8080/a@b"},
	    {"cifs://anna:secret@host/share", "cifs://anna:***@host/share"},
	    {"cifs:anna:secret@//host/share", "cifs:anna:***@//host/share"},
	    {"nfs:host:/srv/a@b", "nfs:host:/srv/a@b"},
	    {"LABEL=a:b@c", "LABEL=a:b@c"},
	    {"", ""},
	};
	static const char *const lines[] = {
	    "root=iscsi:anna:secret@10.0.0.1",
	    "root=LABEL=x netroot=iscsi:anna:secret@10.0.0.1",
	    "root=LABEL=x netroot=cifs://anna:secret@host/share",
	    "root=https://anna:secret@[::1/root",
	};
	char shown[NETROOT_MASKED_MAX], line[1024], why[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_string_equal(netroot_masked(values[i].text, shown, sizeof(shown)), values[i].expected);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		if (netroot_parse(line, &spec, why, sizeof(why)) == 0 || strstr(why, "secret") || !strstr(why, "anna"))
			fail_msg("%s: %s", lines[i], why);
	}
	snprintf(line, sizeof(line), "rd.iscsi.password=secret%0200d", 0);
	assert_int_equal(netroot_parse(line, &spec, why, sizeof(why)), -ENAMETOOLONG);
	assert_null(strstr(why, "secret"));
	assert_non_null(strstr(why, "rd.iscsi.password="));
	assert_int_equal(parse("root=https://anna:secret@host/root.squashfs"), 0);
	netroot_describe(&spec, why, sizeof(why));
	assert_string_equal(why, "image https://anna:***@host/root.squashfs");
}

static void long_words_are_refused(void **state)
{
	char line[900] = "root=nfs:h:/";

	(void)state;
	memset(line + strlen(line), 'x', 700);
	assert_int_equal(parse(line), -ENAMETOOLONG);
}

/* ---- names ---- */

static void dns_asks(void **state)
{
	static const uint8_t expected[] = {0x12, 0x34, 1,   0, 0,   1,	 0, 0, 0, 0, 0,
					   0,	 1,    'a', 2, 'b', 'c', 0, 0, 1, 0, 1};
	uint8_t out[DNS_MESSAGE_MAX];

	(void)state;
	assert_int_equal(dns_question("a.bc.", DNS_TYPE_A, 0x1234, out), sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(dns_question("a..b", DNS_TYPE_A, 1, out), -EINVAL);
	assert_int_equal(dns_question("", DNS_TYPE_A, 1, out), -EINVAL);
}

static void dns_understands(void **state)
{
	/* An alias, then an address; the names are compressed. */
	static const uint8_t answer[] = {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 1,   'a', 0, 0,   1,
					 0,    1,    0xc0, 12,	 0, 5, 0, 1, 0, 0, 0, 9, 0,   3,   1, 'b', 0,
					 0xc0, 12,   0,	   1,	 0, 1, 0, 0, 0, 9, 0, 4, 192, 0,   2, 7};
	uint8_t changed[sizeof(answer)];
	struct net_addr found[2];

	(void)state;
	assert_int_equal(dns_answer(answer, sizeof(answer), DNS_TYPE_A, 0x1234, found, 2), 1);
	assert_int_equal(found[0].family, 4);
	assert_int_equal(found[0].bytes[3], 7);
	assert_int_equal(dns_answer(answer, sizeof(answer), DNS_TYPE_AAAA, 0x1234, found, 2), 0);
	assert_int_equal(dns_answer(answer, sizeof(answer), DNS_TYPE_A, 0x1235, found, 2), -EAGAIN);
	for (size_t len = 12; len < sizeof(answer); len++)
		assert_int_equal(dns_answer(answer, len, DNS_TYPE_A, 0x1234, found, 2), -EBADMSG);
	memcpy(changed, answer, sizeof(answer));
	changed[3] = 0x83;
	assert_int_equal(dns_answer(changed, sizeof(changed), DNS_TYPE_A, 0x1234, found, 2), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_roots),
	    cmocka_unit_test(nfs),
	    cmocka_unit_test(shared_directories),
	    cmocka_unit_test(nbd),
	    cmocka_unit_test(iscsi),
	    cmocka_unit_test(device_beside_what_is_attached),
	    cmocka_unit_test(rootflags_beside_dhcp),
	    cmocka_unit_test(malformed_root_path_changes_nothing),
	    cmocka_unit_test(nvme),
	    cmocka_unit_test(http),
	    cmocka_unit_test(root_path),
	    cmocka_unit_test(unknown_netroot),
	    cmocka_unit_test(passwords_are_not_told),
	    cmocka_unit_test(long_words_are_refused),
	    cmocka_unit_test(dns_asks),
	    cmocka_unit_test(dns_understands),
	};

	return cmocka_run_group_tests_name("netroot", tests, NULL, NULL);
}
