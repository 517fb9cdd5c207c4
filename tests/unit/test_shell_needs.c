// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs and modules that the text of a shell command tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../builder/shell_needs.h"

static void add_all(struct buf *out, const char *lead, const char *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s%s", i ? " " : lead, i ? "" : " ", items[i]);
}

/* "PROGRAM... | MODULE... ?", the '?' where something is unknown. */
static void expect(const char *command, const char *wanted)
{
	CLEANUP(shell_needs_free) struct shell_needs n = {0};
	CLEANUP(buf_free) struct buf text = {0};

	shell_needs_read(command, &n);
	buf_puts(&text, "");
	add_all(&text, "", n.programs.items, n.programs.count);
	add_all(&text, " |", n.modules.items, n.modules.count);
	buf_puts(&text, n.unknown ? " ?" : "");
	assert_string_equal(text.data, wanted);
}

static void lists(void **state)
{
	(void)state;
	expect("/bin/true", " /bin/true");
	expect("", "");
	expect("/sbin/modprobe --ignore-install a $CMDLINE_OPTS && logger -t x b", " /sbin/modprobe logger | a");
	expect("one; two | three & four || five", " one two three four five");
	expect("! one && { two; } ; (three; four)", " one two three four");
	expect("one;one;  # two", " one");
	expect("true; : ; cd /x; test -e /y || exit 1; [ a = b ]", "");
}

static void words(void **state)
{
	(void)state;
	expect("'a b'/c \"d;e\" 'f|g'", " a b/c");
	expect("on\\e 'it''s'", " one");
	expect("X=1 Y=\"a b\" one Z=3", " one");
	expect("one 'unclosed; two", " one");
	expect("one \\", " one");
}

static void redirections(void **state)
{
	(void)state;
	expect("one >/dev/null 2>&1 </etc/x; two >>log", " one two");
	expect(">out one; 2>err two", " one two");
}

static void substitutions(void **state)
{
	(void)state;
	expect("echo $(one a; two) `three \"x\"` \"$(four)\" ${X:-five} $((1 + 2)) '$(six)'", " one two three four");
	expect("echo $(one $(two))", " one two");
	expect("$TOOL x; one", " one ?");
	expect("$(which one) x", " which ?");
	expect("cost$ x", " cost$");
}

static void compounds(void **state)
{
	(void)state;
	expect("if one; then two; elif three; then four; else five; fi; six", " one two three four five six");
	expect("for i in a b one; do two $i; done", " two");
	expect("while one; do two; done >log", " one two");
	expect("case $1 in a|b) one ;; *) two x;; esac; three", " one two three");
	expect("'if' one", " if");
}

static void prefixes(void **state)
{
	(void)state;
	expect("exec nice -n 10 one x", " nice one");
	expect("env A=b one", " env one");
	expect("sh -c 'one; two' x; /bin/sh -ec \"three\"", " sh one two /bin/sh three");
	expect("sh -c \"$X\"", " sh ?");
	expect("sh script", " sh");
	expect("sh -c 'sh -c \"sh -c one\"'", " sh one");
}

static void modules(void **state)
{
	(void)state;
	expect("modprobe a x=1", " modprobe | a");
	expect("modprobe -qa a b-c d", " modprobe | a b-c d");
	expect("modprobe --all -C /etc/x a; /sbin/modprobe -i -S 1.2 b p=1", " modprobe /sbin/modprobe | a b");
	expect("modprobe -r a; modprobe --remove b; rmmod c", " modprobe rmmod");
	expect("modprobe $X; modprobe \"a\"", " modprobe | a");
	expect("insmod /lib/a.ko x=1", " insmod | a.ko");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists),	     cmocka_unit_test(words),	  cmocka_unit_test(redirections),
	    cmocka_unit_test(substitutions), cmocka_unit_test(compounds), cmocka_unit_test(prefixes),
	    cmocka_unit_test(modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
