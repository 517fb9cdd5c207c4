/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../builder/err.h"

static void wrapping_puts_context_before(void **state)
{
	(void)state;
	struct err *e = err_new(EXIT_VERIFY, "file %s", "missing");

	e = err_wrap(e, "module %s", "nvme");
	e = err_wrap(e, "building");
	assert_string_equal(err_message(e), "building: module nvme: file missing");
	assert_int_equal(err_status(e), EXIT_VERIFY);
	err_free(e);
}

static void system_errors_name_their_cause(void **state)
{
	(void)state;
	struct err *e = err_sys(ENOENT, "/x/%d", 7);

	assert_string_equal(err_message(e), "/x/7: No such file or directory");
	assert_int_equal(err_status(e), EXIT_FAILED);
	err_free(e);
}

static void success_is_null(void **state)
{
	(void)state;
	assert_null(err_wrap(NULL, "context"));
	assert_int_equal(err_status(NULL), EXIT_OK);
	assert_int_equal(err_report(NULL), EXIT_OK);
	err_free(NULL);
}

static struct err *fails_third(int n)
{
	return n == 3 ? err_new(EXIT_USAGE, "third") : NULL;
}

static struct err *tries(int last, int *reached)
{
	for (int i = 1; i <= last; i++) {
		TRY(fails_third(i));
		*reached = i;
	}
	return NULL;
}

static void try_returns_the_first_error(void **state)
{
	(void)state;
	int reached = 0;

	assert_null(tries(2, &reached));
	assert_int_equal(reached, 2);
	struct err *e = tries(5, &reached);
	assert_non_null(e);
	assert_int_equal(reached, 2);
	assert_int_equal(err_status(e), EXIT_USAGE);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrapping_puts_context_before),
	    cmocka_unit_test(system_errors_name_their_cause),
	    cmocka_unit_test(success_is_null),
	    cmocka_unit_test(try_returns_the_first_error),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
