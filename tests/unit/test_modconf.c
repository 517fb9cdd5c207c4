/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe.d and the command line, line by line as libkmod-config.c reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After what it needs. */
#include <cmocka.h>

#include "../../early-init/plan/modconf.h"

/* What was parsed, as text: "KIND KEY=VALUE@LINE;" and "!LINE;" for a bad line. */
struct record {
	char text[2048];
};

static const char *const kinds[CONF_KINDS] = {"alias",	"options", "blacklist", "install",
					      "remove", "softdep", "weakdep",	"load"};

static void add(struct record *r, const char *s)
{
	assert_true(strlen(r->text) + strlen(s) < sizeof(r->text));
	memcpy(r->text + strlen(r->text), s, strlen(s) + 1);
}

static errint keep(void *arg, const struct modconf_line *line)
{
	char s[512];

	snprintf(s, sizeof(s), "%s %s=%s@%u;", kinds[line->kind], line->key, line->value ? line->value : "-",
		 line->line_no);
	add(arg, s);
	return 0;
}

static void keep_bad(void *arg, unsigned line_no, const char *why)
{
	char s[32];

	assert_true(*why != '\0');
	snprintf(s, sizeof(s), "!%u;", line_no);
	add(arg, s);
}

static void parses_to(const char *text, const char *expected)
{
	struct record r = {""};
	char *copy = strdup(text);

	assert_int_equal(modconf_parse(copy, strlen(copy), keep, keep_bad, &r), 0);
	free(copy);
	assert_string_equal(r.text, expected);
}

static void test_directives(void **state)
{
	(void)state;
	parses_to("alias foo-[a-b]* bar-baz rest\n", "alias foo_[a-b]*=bar_baz@1;");
	parses_to("options a-b x=1 y=2", "options a_b=x=1 y=2@1;");
	parses_to("blacklist a-b c\n", "blacklist a_b=-@1;");
	parses_to("install a* cmd -x\nremove b cmd\n", "install a*=cmd -x@1;remove b=cmd@2;");
	parses_to("softdep m pre: a post: b\nweakdep m a b\n", "softdep m=pre: a post: b@1;weakdep m=a b@2;");
}

static void test_bad_lines(void **state)
{
	(void)state;
	parses_to("alias a\nalias a[ b\nalias a b]\n", "!1;!2;!3;");
	parses_to("options a\noptions a \nblacklist\ninstall x\nnonsense y\ninclude z\n", "!1;!2;!3;!4;!5;!6;");
	parses_to("options m ok=1\nbogus\noptions n ok=1\n", "options m=ok=1@1;!2;options n=ok=1@3;");
	/* Only a first column makes a comment. */
	parses_to(" # x\n", "!1;");
}

static void test_blanks_and_comments(void **state)
{
	(void)state;
	parses_to("", "");
	parses_to("\n\n  \t\n# c\n#\n", "");
	parses_to("\t alias\t a \t b\n", "alias a=b@1;");
	/* One delimiter goes, the others stay; tabs in options become blanks, in commands not. */
	parses_to("options m  a=1\tb=2 \n", "options m= a=1 b=2 @1;");
	parses_to("install m \tx\ty\n", "install m=\tx\ty@1;");
}

static void test_continuation(void **state)
{
	(void)state;
	parses_to("options m a=1\\\nb=2\nblacklist x\n", "options m=a=1b=2@2;blacklist x=-@3;");
	parses_to("# c\\\nblacklist x\n", "");
	/* A backslash before anything else goes; its character stays. */
	parses_to("options m a\\b\\\\c\n", "options m=ab\\c@1;");
	parses_to("options m a\\", "options m=a\xff@1;");
	parses_to("options m a\\\n", "options m=a@2;");
}

static errint stop(void *arg, const struct modconf_line *line)
{
	(void)line;
	++*(unsigned *)arg;
	return -ENOMEM;
}

static void test_error_of_callback(void **state)
{
	char text[] = "blacklist a\nblacklist b\n";
	unsigned calls = 0;

	(void)state;
	assert_int_equal(modconf_parse(text, strlen(text), stop, NULL, &calls), -ENOMEM);
	assert_int_equal(calls, 1);
}

static void softdep_is(const char *value, const char *expected)
{
	struct softdep_cursor cursor = {.at = value};
	char got[128] = "";
	const char *word;
	size_t len;

	while (softdep_next(&cursor, &word, &len)) {
		size_t n = strlen(got);
		snprintf(got + n, sizeof(got) - n, "%s:%.*s ", cursor.list == SOFTDEP_PRE ? "pre" : "post", (int)len,
			 word);
	}
	assert_string_equal(got, expected);
}

static void test_softdep_words(void **state)
{
	(void)state;
	softdep_is("pre: a b post: c", "pre:a pre:b post:c ");
	softdep_is("post: c pre: a  b ", "post:c pre:a pre:b ");
	softdep_is("a b", "");
	softdep_is("x pre: a", "pre:a ");
	softdep_is("pre:a", "");
	softdep_is("", "");
	softdep_is("  pre: a", "pre:a ");
	/* libkmod takes a single blank at the start into the first word. */
	softdep_is(" pre: a", "");
	softdep_is(" x pre: a", "pre:a ");
}

static void cmdline_is(const char *line, const char *expected)
{
	struct record r = {""};
	char *copy = strdup(line);

	assert_int_equal(modconf_parse_cmdline(copy, keep, &r), 0);
	free(copy);
	assert_string_equal(r.text, expected);
}

static void test_cmdline_options(void **state)
{
	(void)state;
	cmdline_is("root=/dev/sda quiet nvme-core.io_timeout=3 ro", "options nvme_core=io_timeout=3@0;");
	cmdline_is("mod.flag", "options mod=flag@0;");
	cmdline_is("a.b.c=1 x=a.b", "");
	cmdline_is("m.p=\"two words\" n.q=1", "options m=p=\"two words\"@0;options n=q=1@0;");
	cmdline_is("\"m.p=two words\"", "options m=p=\"two words\"@0;");
	cmdline_is("m.p=\"open quote", "");
	cmdline_is("m\"x.p=1 m.p\"x=1", "");
	cmdline_is("\tm.p=1\n", "options m=p=1@0;");
}

static void test_cmdline_lists(void **state)
{
	(void)state;
	cmdline_is("modprobe.blacklist=a-b,c module_blacklist=d rd.driver.blacklist=e",
		   "blacklist a_b=-@0;blacklist c=-@0;blacklist d=-@0;blacklist e=-@0;");
	cmdline_is("rd.driver.pre=a rd.driver.post=b modules_load=c modules-load=d,e rd.modules_load=f",
		   "load a=-@0;load b=post@0;load c=-@0;load d=-@0;load e=-@0;load f=-@0;");
	cmdline_is("modules_load=\"a,b\" modules_load=,,x modules_load=", "load a=-@0;load b=-@0;load x=-@0;");
	cmdline_is("rd.driver.pre other.modules_load=x", "options other=modules_load=x@0;");
}

static void test_from_cmdline(void **state)
{
	struct modconf conf;

	(void)state;
	assert_int_equal(modconf_from_cmdline("m.p=1 modprobe.blacklist=x", &conf), 0);
	assert_int_equal(conf.count, 2);
	assert_int_equal(conf.entries[0].kind, CONF_OPTIONS);
	assert_string_equal(conf.entries[0].key, "m");
	assert_string_equal(conf.entries[0].value, "p=1");
	assert_string_equal(conf.entries[1].key, "x");
	assert_null(conf.entries[1].value);
	modconf_free(&conf);
	assert_int_equal(conf.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_directives),		cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_blanks_and_comments), cmocka_unit_test(test_continuation),
	    cmocka_unit_test(test_error_of_callback),	cmocka_unit_test(test_softdep_words),
	    cmocka_unit_test(test_cmdline_options),	cmocka_unit_test(test_cmdline_lists),
	    cmocka_unit_test(test_from_cmdline),
	};

	return cmocka_run_group_tests_name("modconf", tests, NULL, NULL);
}
