// SPDX-License-Identifier: GPL-2.0-or-later
/* Each way a load fails is told in one line with its cause and the way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/explain.h"

struct expected {
	enum load_state state;
	int error;
	const char *log;
	const char *has[3]; /* all of them stand in the line */
};

static const struct expected failures[] = {
    {LOAD_FAILED, -ENOENT, "foo: Unknown symbol bar (err -2)", {"bar", "depmod -a"}},
    {LOAD_FAILED, -EINVAL, "foo: disagrees about version of symbol bar", {"bar", "rebuild"}},
    {LOAD_FAILED, -ENOEXEC, "foo: version magic '5.10 SMP ' should be '6.1 SMP '", {"5.10 SMP", "6.1 SMP", "rebuild"}},
    {LOAD_FAILED, -ENOENT, "foo: unknown parameter 'x' ignored", {"'x'", "modinfo -p"}},
    {LOAD_FAILED, -ENOKEY, "Loading of module with unavailable key is rejected", {"key", "mokutil"}},
    {LOAD_FAILED, -EKEYREJECTED, "Loading of unsigned module is rejected", {"not signed", "sig_enforce"}},
    {LOAD_FAILED, -EPERM, "Lockdown: load:foo: unsigned module loading is restricted", {"Secure Boot", "sign"}},
    {LOAD_FAILED,
     -ENOENT,
     "foo 0000:00:01.0: Direct firmware load for foo.bin failed with error -2",
     {"foo.bin", "/lib/firmware"}},
    {LOAD_FAILED, -EPERM, "", {"not permitted", "modules_disabled"}},
    {LOAD_FAILED, -EBUSY, "", {"in use", "blacklist"}},
    {LOAD_FAILED, -EBUSY, "foo: unknown parameter 'x' ignored", {"in use", "blacklist"}},
    {LOAD_FAILED, -ENODEV, "", {"no device"}},
    {LOAD_FAILED, -ENOMEM, "", {"out of memory", "more memory"}},
    {LOAD_FAILED, -EBADMSG, "", {"damaged", "rebuild"}},
    {LOAD_FAILED, -EPROTONOSUPPORT, "", {"compression", "repacks"}},
    {LOAD_FAILED, -EOPNOTSUPP, "kvm: no hardware support", {"no hardware support", "firmware"}},
    {LOAD_FAILED, -ELOOP, "", {"back to itself"}},
    {LOAD_FAILED, -12345, "", {"the load failed", "kernel log"}},
};

static void test_failures(void **state)
{
	char line[600];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct expected *e = &failures[i];
		struct explain_facts facts = {.name = "foo", .log = e->log, .state = e->state, .error = e->error};

		explain_module(&facts, line, sizeof(line));
		assert_memory_equal(line, "module foo", strlen("module foo"));
		for (size_t k = 0; k < ARRAY_SIZE(e->has) && e->has[k]; k++) {
			if (!strstr(line, e->has[k]))
				fail_msg("\"%s\" lacks \"%s\"", line, e->has[k]);
		}
		assert_null(strchr(line, '\n'));
	}
}

static void expect(const struct explain_facts *facts, const char *text)
{
	char line[600];

	explain_module(facts, line, sizeof(line));
	assert_non_null(strstr(line, text));
}

static void test_not_loaded_at_all(void **state)
{
	(void)state;
	expect(&(struct explain_facts){.name = "a", .log = "", .state = LOAD_DEP_FAILED, .cause = "b"}, "needs b");
	expect(&(struct explain_facts){.name = "a", .log = "", .state = LOAD_BLACKLISTED}, "rd.driver.pre=a");
	expect(&(struct explain_facts){.name = "a", .log = "", .state = LOAD_UNWANTED, .absent_reason = "host mode"},
	       "host mode");
	expect(
	    &(struct explain_facts){
		.name = "a", .log = "Unknown symbol x", .state = LOAD_FAILED, .error = -ENOENT, .exporter = "b"},
	    "symbol of module b, which was not loaded before it: No such file or directory (kernel: Unknown symbol x)");
	expect(&(struct explain_facts){.name = "a",
				       .log = "Unknown symbol x",
				       .state = LOAD_FAILED,
				       .error = -ENOENT,
				       .exporter = "b",
				       .exporter_absent = "host mode"},
	       "(host mode): No such file or directory (kernel: Unknown symbol x): add it with --add-module b");
	expect(&(struct explain_facts){.name = "a", .log = "", .state = LOAD_LOADING}, "modprobe.blacklist=a");
	expect(
	    &(struct explain_facts){
		.name = "a", .log = "", .state = LOAD_FAILED, .error = -ENOENT, .absent_reason = "host mode"},
	    "--add-module a");
	expect(
	    &(struct explain_facts){
		.name = "a", .log = "", .state = LOAD_FAILED, .error = -EIO, .command = "/bin/false"},
	    "/bin/false");
}

/* Nobody is led to take away the driver of the network that root is on. */
static void test_slow(void **state)
{
	static const struct explain_facts facts = {
	    .name = "foo", .log = "", .state = LOAD_LOADING, .network_asked = true};
	char line[600];

	(void)state;
	explain_slow("foo", false, line, sizeof(line));
	assert_non_null(strstr(line, "modprobe.blacklist=foo"));
	explain_slow("foo", true, line, sizeof(line));
	assert_null(strstr(line, "modprobe.blacklist"));
	assert_non_null(strstr(line, "do not blacklist it"));
	explain_module(&facts, line, sizeof(line));
	assert_null(strstr(line, "modprobe.blacklist"));
}

static void test_truncated(void **state)
{
	char line[24];

	(void)state;
	explain_module(&(struct explain_facts){.name = "a", .log = "", .state = LOAD_BLACKLISTED}, line, sizeof(line));
	assert_int_equal(strlen(line), sizeof(line) - 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_not_loaded_at_all),
	    cmocka_unit_test(test_slow),
	    cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
