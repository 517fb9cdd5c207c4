// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel command line: splitting as the kernel splits, and the words of early-init. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/cmdline.h"

/* LINE split, as "[key]" and "[key|value]" one after the other. */
static void assert_split(const char *line, const char *expected)
{
	char buf[256], out[512] = "";
	char *cursor = buf, *key, *value;

	snprintf(buf, sizeof(buf), "%s", line);
	while (cmdline_next(&cursor, &key, &value)) {
		size_t n = strlen(out);

		snprintf(out + n, sizeof(out) - n, value ? "[%s|%s]" : "[%s]", key, value ? value : "");
	}
	assert_string_equal(out, expected);
	assert_false(cmdline_next(&cursor, &key, &value));
}

/* Expectations follow from Documentation/admin-guide/kernel-parameters.rst and next_arg of the kernel. */
static void splits_as_the_kernel(void **state)
{
	(void)state;
	assert_split("", "");
	assert_split(" \t\n", "");
	assert_split("quiet  ro\troot=/dev/sda1 \n", "[quiet][ro][root|/dev/sda1]");
	assert_split("root=LABEL=a=b", "[root|LABEL=a=b]");
	assert_split("x=", "[x|]");
	assert_split("=x", "[=x]");
	assert_split("=a=b", "[=a|b]");
	assert_split("a\xa0"
		     "b",
		     "[a][b]");
}

static void quotes(void **state)
{
	(void)state;
	assert_split("a=\"b c\" d", "[a|b c][d]");
	assert_split("\"a=b c\" d", "[a|b c][d]");
	assert_split("\"a b\"", "[a b]");
	/* A quote in the middle protects blanks and stays. */
	assert_split("root=LABEL=\"my root\" ro", "[root|LABEL=\"my root\"][ro]");
	assert_split("a\"b c\"d", "[a\"b c\"d]");
	/* Only one closing quote goes. */
	assert_split("\"a=\"b\"\"", "[a|b\"]");
	/* Not closed: the rest of the line is the word. */
	assert_split("a=\"b c", "[a|b c]");
	assert_split("\"", "[]");
	assert_split("a=\"", "[a|]");
	assert_split("a=\"\"", "[a|]");
}

static void ends_at_two_dashes(void **state)
{
	(void)state;
	assert_split("ro -- single root=/dev/x", "[ro]");
	assert_split("-- a", "");
	assert_split("--=1 a", "[--|1][a]");
	assert_split("--x a", "[--x][a]");
}

static struct boot_options parse(char *buf, size_t size, const char *line)
{
	struct boot_options o;

	snprintf(buf, size, "%s", line);
	cmdline_parse(buf, &o);
	return o;
}

#define PARSE(line) \
	char buf_[512]; \
	struct boot_options o = parse(buf_, sizeof(buf_), line)

static void defaults(void **state)
{
	(void)state;
	PARSE("BOOT_IMAGE=/vmlinuz something.else=1");
	assert_null(o.root);
	assert_false(o.read_write);
	assert_int_equal(o.timeout_s, 30);
	assert_int_equal(o.panic, INT32_MIN);
	assert_true(o.shell);
	assert_false(o.emergency_given);
	assert_int_equal(o.break_at, STAGE_NONE);
	assert_int_equal(o.bad_words, 0);
	assert_null(o.first_bad);
}

static void later_words_win(void **state)
{
	(void)state;
	PARSE("root=/dev/a rw ro root=UUID=x rw rootflags=a rootflags=subvol=b rd.timeout=5 rd.timeout=7s");
	assert_string_equal(o.root, "UUID=x");
	assert_true(o.read_write);
	assert_string_equal(o.rootflags, "subvol=b");
	assert_int_equal(o.timeout_s, 7);
}

/* Documentation/admin-guide/kernel-parameters.txt: hibernate=, nohibernate. */
static void words_against_resuming(void **state)
{
	static const struct {
		char line[32];
		bool noresume;
	} lines[] = {{"hibernate=noresume", true},
		     {"hibernate=no", true},
		     {"nohibernate", true},
		     {"hibernate=nocompress", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct boot_options o;
		char line[32];
		memcpy(line, lines[i].line, sizeof(line));
		cmdline_parse(line, &o);
		assert_int_equal(o.noresume, lines[i].noresume);
		assert_int_equal(o.bad_words, 0);
	}
}

static void every_word(void **state)
{
	(void)state;
	PARSE("root=/dev/vda1 rootfstype=ext4,xfs rootwait rootdelay=3 init=/bin/sh resume=UUID=s resume_offset=34816 "
	      "quiet rd.debug panic=-1 rd.shell=0 rd.emergency=poweroff rd.break=mount rd.neednet=1 mount.usr=LABEL=u "
	      "mount.usrfstype=btrfs mount.usrflags=ro fsck.mode=skip noresume");
	assert_string_equal(o.rootfstype, "ext4,xfs");
	assert_true(o.rootwait);
	assert_int_equal(o.rootwait_s, 0);
	assert_int_equal(o.rootdelay_s, 3);
	assert_string_equal(o.init, "/bin/sh");
	assert_string_equal(o.resume, "UUID=s");
	assert_int_equal(o.resume_offset, 34816);
	assert_true(o.noresume);
	assert_true(o.quiet);
	assert_true(o.debug);
	assert_int_equal(o.panic, -1);
	assert_false(o.shell);
	assert_true(o.emergency_given);
	assert_int_equal(o.emergency, EMERGENCY_POWEROFF);
	assert_int_equal(o.break_at, STAGE_MOUNT);
	assert_true(o.neednet);
	assert_string_equal(o.mount_usr, "LABEL=u");
	assert_string_equal(o.mount_usrfstype, "btrfs");
	assert_string_equal(o.mount_usrflags, "ro");
	assert_int_equal(o.bad_words, 0); /* fsck.mode= is the real root's */
}

static void bad_values_are_counted_and_ignored(void **state)
{
	(void)state;
	PARSE("rd.timeout=soon rootdelay=99999999999999999999 panic=1x rd.emergency=dance rd.break=nowhere "
	      "rd.shell=maybe "
	      "resume_offset=18446744073709551616 root");
	assert_int_equal(o.bad_words, 8);
	assert_string_equal(o.first_bad, "rd.timeout");
	assert_int_equal(o.timeout_s, 30);
	assert_int_equal(o.rootdelay_s, 0);
	assert_int_equal(o.panic, INT32_MIN);
	assert_false(o.emergency_given);
	assert_true(o.shell);
	assert_int_equal(o.break_at, STAGE_NONE);
	assert_int_equal(o.resume_offset, 0);
}

static void waits(void **state)
{
	(void)state;
	{
		PARSE("rootwait rootwait=12");
		assert_false(o.rootwait);
		assert_int_equal(o.rootwait_s, 12);
		assert_int_equal(cmdline_root_limit(&o), 12);
	}
	{
		PARSE("rootwait=12 rootwait rd.timeout=infinity");
		assert_true(o.rootwait);
		assert_int_equal(o.rootwait_s, 0);
		assert_int_equal(o.timeout_s, 0);
		assert_int_equal(cmdline_root_limit(&o), 0);
	}
}

static void timeout_of_the_image(void **state)
{
	(void)state;
	{
		PARSE("quiet");
		cmdline_default_timeout(&o, NULL);
		assert_int_equal(cmdline_root_limit(&o), 30);
		cmdline_default_timeout(&o, "damaged");
		assert_int_equal(cmdline_root_limit(&o), 30);
		cmdline_default_timeout(&o, "7");
		assert_int_equal(cmdline_root_limit(&o), 7);
	}
	{
		PARSE("rd.timeout=0");
		cmdline_default_timeout(&o, "7");
		assert_int_equal(cmdline_root_limit(&o), 0);
	}
}

static void break_without_stage_is_before_the_switch(void **state)
{
	(void)state;
	PARSE("rd.break");
	assert_int_equal(o.break_at, STAGE_PRE_SWITCH);
}

static void dash_and_underscore_are_the_same(void **state)
{
	(void)state;
	PARSE("resume-offset=7");
	assert_int_equal(o.resume_offset, 7);
}

static void empty_root_is_none(void **state)
{
	(void)state;
	PARSE("root=/dev/x root=");
	assert_null(o.root);
	assert_int_equal(o.bad_words, 0);
}

static void network_roots_need_the_network(void **state)
{
	static const char *const net[] = {"root=/dev/nfs", "root=nfs:10.0.0.1:/x", "root=http://h/r.squashfs",
					  "netroot=iscsi:x", "rd.neednet"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(net); i++) {
		PARSE(net[i]);
		assert_true(o.neednet);
	}
	PARSE("root=/dev/nfs0 rd.neednet=0");
	assert_false(o.neednet);
}

static void directories_of_the_host_need_none(void **state)
{
	static const char *const shared[] = {"root=9p:tag", "root=virtiofs:tag", "root=tag rootfstype=9p"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(shared); i++) {
		PARSE(shared[i]);
		assert_false(o.neednet);
	}
}

static void booleans(void **state)
{
	(void)state;
	assert_int_equal(parse_bool(NULL), 1);
	assert_int_equal(parse_bool("on"), 1);
	assert_int_equal(parse_bool("true"), 1);
	assert_int_equal(parse_bool("no"), 0);
	assert_int_equal(parse_bool("0"), 0);
	assert_int_equal(parse_bool(""), -EINVAL);
	assert_int_equal(parse_bool("2"), -EINVAL);
}

static void overlays(void **state)
{
	struct boot_options o;
	char memory[] = "rd.overlay systemd.volatile=state", device[] = "rd.overlay=LABEL=x systemd.volatile=1";
	char off[] = "rd.overlay=1 rd.overlay=0 systemd.volatile=overlay systemd.volatile=no",
	     bad[] = "rd.overlay= "
		     "systemd.volatile=some";

	(void)state;
	cmdline_parse(memory, &o);
	assert_string_equal(o.overlay, "");
	assert_int_equal(o.volatile_mode, VOLATILE_STATE);
	cmdline_parse(device, &o);
	assert_string_equal(o.overlay, "LABEL=x");
	assert_int_equal(o.volatile_mode, VOLATILE_YES);
	cmdline_parse(off, &o);
	assert_null(o.overlay);
	assert_true(o.no_overlay);
	assert_int_equal(o.volatile_mode, VOLATILE_NO);
	cmdline_parse(bad, &o);
	assert_int_equal(o.bad_words, 2);
	assert_null(o.overlay);
	assert_int_equal(o.volatile_mode, VOLATILE_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(splits_as_the_kernel),
	    cmocka_unit_test(quotes),
	    cmocka_unit_test(words_against_resuming),
	    cmocka_unit_test(overlays),
	    cmocka_unit_test(ends_at_two_dashes),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(later_words_win),
	    cmocka_unit_test(every_word),
	    cmocka_unit_test(bad_values_are_counted_and_ignored),
	    cmocka_unit_test(waits),
	    cmocka_unit_test(timeout_of_the_image),
	    cmocka_unit_test(break_without_stage_is_before_the_switch),
	    cmocka_unit_test(dash_and_underscore_are_the_same),
	    cmocka_unit_test(empty_root_is_none),
	    cmocka_unit_test(network_roots_need_the_network),
	    cmocka_unit_test(directories_of_the_host_need_none),
	    cmocka_unit_test(booleans),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
