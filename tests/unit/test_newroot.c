/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks before the point of no return, on small trees. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/newroot.h"

static char root[64];
/* This very program: a dynamic one. (/proc would name valgrind, when that runs it.) */
static char self[PATH_MAX];

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/rootward-root-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static void run(const char *script)
{
	char command[PATH_MAX + 256];

	snprintf(command, sizeof(command), "set -e; cd %s; %s", root, script);
	assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
	(void)state;
	run("cd /; rm -rf \"$OLDPWD\"");
	return 0;
}

static void check(const char *init, int expected, const char *words)
{
	char why[400] = "";
	errint err = newroot_check_init(root, init, why, sizeof(why));

	assert_int_equal(err, expected);
	if (words && !strstr(why, words))
		fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void test_init(void **state)
{
	(void)state;
	run("mkdir -p sbin bin; touch bin/sh; chmod +x bin/sh; printf '#!/bin/sh\\n' >sbin/init");
	check("/sbin/init", -EACCES, "not executable");
	run("chmod +x sbin/init");
	check("/sbin/init", 0, NULL);
	run("printf '#! /bin/dash -e\\n' >sbin/init");
	check("/sbin/init", -ENOENT, "/bin/dash");
	run("printf '#!\\n' >sbin/init");
	check("/sbin/init", -ENOEXEC, "without an interpreter");
	run("echo hello >sbin/init");
	check("/sbin/init", -ENOEXEC, "neither an ELF program nor a script");
	run(": >sbin/init");
	check("/sbin/init", -ENOEXEC, "neither");
	check("/sbin/none", -ENOENT, "/sbin/none");
	check("/sbin", -EACCES, "not a file");
	run("mkfifo sbin/fifo; chmod +x sbin/fifo");
	check("/sbin/fifo", -EACCES, "not a file");
}

/* An absolute link in the root is the root's own, whatever the host has there. */
static void test_links_stay_inside(void **state)
{
	(void)state;
	run("mkdir -p sbin usr/lib bin; ln -s /usr/lib/init sbin/init; ln -s /bin/true sbin/outside; ln -s /sbin/loop "
	    "sbin/loop");
	check("/sbin/init", -ENOENT, NULL);
	check("/sbin/outside", -ENOENT, NULL);
	check("/sbin/loop", -ELOOP, NULL);
	run("touch bin/sh; printf '#!/bin/sh\\n' >usr/lib/init; chmod +x usr/lib/init");
	check("/sbin/init", 0, NULL);
	run("rm sbin/init; ln -s ../../../../../../usr/lib/init sbin/init");
	check("/sbin/init", 0, NULL);
	run("rm sbin/init; ln -s lib usr/lib64; ln -s /usr/lib64/. lib; ln -s ../lib/../lib64/init sbin/init");
	/* ".." is where the link leads, /usr: the root itself has no lib64. */
	check("//sbin/./init", 0, NULL);
	check("/sbin/init/below", -ENOTDIR, NULL);
}

static void test_program(void **state)
{
	char command[PATH_MAX + 64];

	snprintf(command, sizeof(command), "mkdir sbin; cp '%s' sbin/init", self);
	(void)state;
	run(command);
	check("/sbin/init", -ENOENT, "needs /lib");
	run("interp=$(LC_ALL=C readelf -l sbin/init | sed -n 's/.*interpreter: \\(.*\\)]/\\1/p');"
	    "mkdir -p .$(dirname $interp); touch .$interp");
	check("/sbin/init", 0, NULL);
	run("printf '\\363\\000' | dd of=sbin/init bs=1 seek=18 conv=notrunc status=none");
	check("/sbin/init", -ENOEXEC, "another kind of machine (ELF machine 243)");
	run("printf '\\001\\000' | dd of=sbin/init bs=1 seek=16 conv=notrunc status=none");
	check("/sbin/init", -ENOEXEC, "no program");
	snprintf(command, sizeof(command), "head -c 100 '%s' >sbin/init", self);
	run(command);
	check("/sbin/init", -ENOEXEC, "damaged");
}

static void test_mount_points(void **state)
{
	char why[400];

	(void)state;
	assert_int_equal(newroot_check_mount_points(root, why, sizeof(why)), 0);
	run("test -d dev -a -d proc -a -d sys -a -d run");
	assert_int_equal(newroot_check_mount_points(root, why, sizeof(why)), 0);
	run("rmdir run; ln -s /tmp run");
	assert_int_equal(newroot_check_mount_points(root, why, sizeof(why)), -ENOTDIR);
	assert_non_null(strstr(why, "/run"));
	assert_int_equal(newroot_check_mount_points("/nonexistent", why, sizeof(why)), -ENOENT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_init, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_links_stay_inside, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_program, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mount_points, setup, teardown),
	};

	if (argc < 1 || !realpath(argv[0], self))
		return 1;
	return cmocka_run_group_tests_name("newroot", tests, NULL, NULL);
}
