/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/password.h"

/* `openssl passwd -6 -salt rootward secret`, and -5, -1: the vectors come from another implementation. */
#define SHA512_HASH "$6$rootward$QHEohlb/A3fUh1UMkOz5moagVyrwL2UYso10yD9vsKZeWicbTHKCJ7hm/gs.TX0QuSKZzROZB1RgwEuK42F.o."
#define SHA256_HASH "$5$rootward$9CCM63pdq80bVCGjs4weQMzs1smXHqJXTd.B2MPs1a9"
#define MD5_HASH "$1$rootward$LR2vRM8l6r5ahdQOucAJc1"

static void test_matches(void **state)
{
	(void)state;
	assert_true(password_matches("secret", SHA512_HASH));
	assert_true(password_matches("secret", SHA256_HASH));
	assert_true(password_matches("secret", MD5_HASH));
	assert_false(password_matches("Secret", SHA512_HASH));
	assert_false(password_matches("", SHA512_HASH));
	assert_false(password_matches("secret", "secret"));
	assert_false(password_matches("", ""));
	assert_false(password_matches("", "*"));
	assert_false(password_matches("secret", "!" SHA512_HASH));
	assert_false(password_matches("secret", "$9$nosuch$kind"));
}

/* What is typed stands ready in a socket; the answer is password_ask's. */
static errint ask(const char *typed)
{
	int ends[2];
	errint err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], typed, strlen(typed)), strlen(typed));
	assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
	err = password_ask(ends[0], SHA512_HASH);
	close(ends[0]);
	close(ends[1]);
	return err;
}

static void test_ask(void **state)
{
	(void)state;
	assert_int_equal(ask("secret\n"), 0);
	assert_int_equal(ask("secret\r"), 0);
	assert_int_equal(ask("wrong\nsecret\n"), 0);
	assert_int_equal(ask(""), -EIO);
	assert_int_equal(ask("secret"), -EIO); /* the terminal hung up before Enter */
}

/* At the prompt no key is a signal: it would end who asks, and that is no wrong answer. */
static void test_no_signals(void **state)
{
	struct termios at_prompt, after;
	char prompt[64];
	int master, slave, status;
	pid_t pid;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(password_ask(slave, SHA512_HASH) != 0);
	assert_true(read(master, prompt, sizeof(prompt)) > 0);
	assert_int_equal(tcgetattr(slave, &at_prompt), 0);
	assert_int_equal(write(master, "secret\n", 7), 7);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(tcgetattr(slave, &after), 0);
	close(master);
	close(slave);
	assert_int_equal(status, 0);
	assert_int_equal(at_prompt.c_lflag & (ECHO | ISIG), 0);
	assert_int_equal(after.c_lflag & (ECHO | ISIG), ECHO | ISIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_ask),
	    cmocka_unit_test(test_no_signals),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
