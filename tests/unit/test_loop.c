// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop of PID 1, in a process that is not PID 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/boot.h"

static char seen[32];
static struct boot boot;

static void note(char c)
{
	size_t n = strlen(seen);

	assert_true(n + 1 < sizeof(seen));
	seen[n] = c;
	seen[n + 1] = '\0';
}

static void on_timer(struct boot *b, void *arg)
{
	(void)b;
	note(*(const char *)arg);
}

static void on_child(struct boot *b, pid_t pid, int status, void *arg)
{
	(void)b;
	(void)pid;
	(void)arg;
	assert_true(WIFEXITED(status));
	note((char)('0' + WEXITSTATUS(status)));
}

/* The first of two that are ready removes the other, whose event is in the same batch. */
static void on_pipe(struct boot *b, int fd, uint32_t events, void *arg)
{
	const int *other = arg;

	(void)events;
	note('p');
	loop_remove_fd(b, fd);
	loop_remove_fd(b, *other);
}

static void run_until(const char *expected)
{
	for (unsigned i = 0; i < 50 && strcmp(seen, expected) != 0; i++)
		assert_int_equal(loop_run_once(&boot), 0);
	assert_string_equal(seen, expected);
}

static void test_timers_in_time_order(void **state)
{
	int cancelled;

	(void)state;
	assert_true(loop_add_timer(&boot, 900, on_timer, "c") > 0);
	assert_true(loop_add_timer(&boot, 50, on_timer, "a") > 0);
	cancelled = loop_add_timer(&boot, 200, on_timer, "x");
	assert_true(loop_add_timer(&boot, 400, on_timer, "b") > 0);
	loop_cancel_timer(&boot, cancelled);
	run_until("abc");
}

static void test_children(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		assert_int_equal(loop_watch_child(&boot, pid, on_child, NULL), 0);
		run_until(i == 1 ? "1" : i == 2 ? "12" : "123");
	}
}

static void test_removed_while_ready(void **state)
{
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(loop_add_fd(&boot, a[0], EPOLLIN, on_pipe, &b[0]), 0);
	assert_int_equal(loop_add_fd(&boot, b[0], EPOLLIN, on_pipe, &a[0]), 0);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	assert_true(loop_add_timer(&boot, 20, on_timer, "t") > 0);
	run_until("pt");
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void test_full(void **state)
{
	int id = 0, last = 0, n = 0;

	(void)state;
	while ((id = loop_add_timer(&boot, 100000, on_timer, "f")) > 0) {
		last = id;
		n++;
	}
	assert_int_equal(id, -ENOSPC);
	assert_true(n > 10 && last > 0);
}

static int set_up(void **state)
{
	(void)state;
	seen[0] = '\0';
	return loop_init(&boot);
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(&boot);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_timers_in_time_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_children, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_removed_while_ready, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
