// SPDX-License-Identifier: GPL-2.0-or-later
/* How a chroot and a container are told from a machine, on a /proc and a /run made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../builder/confined.h"
#include "../../builder/util.h"

static char dir[] = "/tmp/rootward-confined-XXXXXX";

static void shell(const char *command)
{
	AUTOFREE char *line = xasprintf("cd %s && %s", dir, command);

	assert_int_equal(system(line), 0);
}

static int setup(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	shell("mkdir -p proc/1 proc/self/ns run/systemd other && ln -s ../.. proc/1/root && "
	      "ln -s 'pid:[4026531836]' proc/self/ns/pid && ln -s 'user:[4026531837]' proc/self/ns/user && "
	      "printf 'HOME=/\\0container=\\0TERM=linux\\0' >proc/1/environ");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shell("rm -rf \"$PWD\"");
	return 0;
}

static void a_machine(void **state)
{
	(void)state;
	assert_null(confined_in(dir));
	/* A process without rights sees nothing of the first one. */
	shell("rm proc/1/root proc/1/environ");
	assert_null(confined_in(dir));
	shell("rm -r proc");
	assert_null(confined_in(dir));
}

static void a_chroot(void **state)
{
	(void)state;
	shell("ln -sfn ../../other proc/1/root");
	assert_string_equal(confined_in(dir), "a chroot");
	/* The first process cannot be seen, but the one before the last is outside. */
	AUTOFREE char *line =
	    xasprintf("rm proc/1/root && mkdir proc/%ld proc/77 proc/78 && ln -s ../.. proc/77/root && "
		      "ln -s ../../other proc/78/root && echo '9 (a) b) S 77 9' >proc/%ld/stat && "
		      "echo '77 (sh) S 78 9' >proc/77/stat && echo '78 (sh) S 1 9' >proc/78/stat",
		      (long)getpid(), (long)getpid());
	shell(line);
	assert_string_equal(confined_in(dir), "a chroot");
	shell("ln -sfn ../.. proc/78/root");
	assert_null(confined_in(dir));
}

static void containers(void **state)
{
	static const char *const made[] = {
	    "echo systemd-nspawn >run/systemd/container",
	    "touch .dockerenv",
	    "touch run/.containerenv",
	    "printf 'HOME=/\\0container=lxc\\0' >proc/1/environ",
	    "printf 'container=podman\\0' >proc/self/environ",
	    "ln -sfn 'pid:[4026532201]' proc/self/ns/pid",
	    "ln -sfn 'user:[4026532200]' proc/self/ns/user",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(made); i++) {
		shell(made[i]);
		assert_string_equal(confined_in(dir), "a container");
		teardown(state);
		setup(state);
	}
}

static void a_bound_tree(void **state)
{
	static const struct {
		const char *line;
		bool below;
	} lines[] = {
	    {"29 1 254:0 / / rw - ext4 /dev/vda1 rw", false},
	    {"29 1 254:0 /srv/chroot/sid / rw - ext4 /dev/vda1 rw", true},
	    {"29 1 0:26 /@ / rw shared:1 - btrfs /dev/vda1 rw,subvol=/@", false},
	    {"29 1 254:0 /srv/chroot/sid /mnt rw - ext4 /dev/vda1 rw", false},
	    {"odd", false},
	};

	(void)state;
	assert_false(confined_below(dir));
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTOFREE char *line = xasprintf("echo '%s' >proc/self/mountinfo", lines[i].line);

		shell(line);
		assert_int_equal(confined_below(dir), lines[i].below);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_machine), T(a_chroot), T(containers), T(a_bound_tree)};

	return cmocka_run_group_tests_name("confined", tests, NULL, NULL);
}
