// SPDX-License-Identifier: GPL-2.0-or-later
/* Uevents: netlink messages and sysfs files, whole, cut off and strange. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/uevent.h"

/* Parse the literal MSG with its last NUL, from a heap copy of exactly that size so that ASan sees every overrun. */
#define PARSE(msg, out) parse_copy(msg, sizeof(msg), out)

static char *copy;

static errint parse_copy(const char *msg, size_t len, struct uevent *out)
{
	free(copy);
	copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, msg, len);
	return uevent_parse(copy, len, out);
}

static int teardown(void **state)
{
	(void)state;
	free(copy);
	copy = NULL;
	return 0;
}

static void block_device(void **state)
{
	struct uevent u;

	(void)state;
	assert_int_equal(
	    PARSE("add@/devices/virtual/block/vda/vda1\0ACTION=add\0DEVPATH=/devices/virtual/block/vda/vda1\0"
		  "SUBSYSTEM=block\0MAJOR=254\0MINOR=1\0DEVNAME=vda1\0DEVTYPE=partition\0DISKSEQ=9\0"
		  "PARTN=1\0PARTNAME=root\0SEQNUM=18446744073709551615",
		  &u),
	    0);
	assert_int_equal(u.action, UEVENT_ADD);
	assert_string_equal(u.devpath, "/devices/virtual/block/vda/vda1");
	assert_string_equal(u.subsystem, "block");
	assert_string_equal(u.devname, "vda1");
	assert_string_equal(u.devtype, "partition");
	assert_string_equal(u.diskseq, "9");
	assert_string_equal(u.partn, "1");
	assert_string_equal(u.partname, "root");
	assert_true(u.has_devno);
	assert_int_equal(u.major, 254);
	assert_int_equal(u.minor, 1);
	assert_true(u.seqnum == UINT64_MAX);
	assert_null(u.modalias);
}

static void actions(void **state)
{
	struct uevent u;

	(void)state;
	assert_int_equal(PARSE("remove@/d", &u), 0);
	assert_int_equal(u.action, UEVENT_REMOVE);
	assert_int_equal(PARSE("offline@/d", &u), 0);
	assert_int_equal(u.action, UEVENT_OFFLINE);
	assert_int_equal(PARSE("on@/d", &u), 0);
	assert_int_equal(u.action, UEVENT_OTHER);
	assert_int_equal(PARSE("addx@/d", &u), 0);
	assert_int_equal(u.action, UEVENT_OTHER);
}

static void refused(void **state)
{
	struct uevent u;

	(void)state;
	assert_int_equal(parse_copy("", 0, &u), -EBADMSG);
	assert_int_equal(PARSE("", &u), -EBADMSG);
	assert_int_equal(PARSE("libudev\0\xfe\xed", &u), -EBADMSG);
	assert_int_equal(PARSE("@/devices", &u), -EBADMSG);
	assert_int_equal(PARSE("add@", &u), -EBADMSG);
	assert_int_equal(PARSE("add@devices", &u), -EBADMSG);
	/* no NUL at the end: cut off */
	assert_int_equal(parse_copy("add@/d\0SUBSYSTEM=bl", 19, &u), -EBADMSG);
}

static void too_long(void **state)
{
	char *big = calloc(1, UEVENT_MAX + 1);
	struct uevent u;

	(void)state;
	assert_non_null(big);
	memcpy(big, "add@/d", 7);
	assert_int_equal(uevent_parse(big, UEVENT_MAX, &u), 0);
	assert_int_equal(uevent_parse(big, UEVENT_MAX + 1, &u), -EBADMSG);
	free(big);
}

static void numbers_that_make_no_sense(void **state)
{
	struct uevent u;

	(void)state;
	assert_int_equal(PARSE("add@/d\0MAJOR=8\0MINOR=-1", &u), 0);
	assert_false(u.has_devno);
	assert_int_equal(PARSE("add@/d\0MAJOR=8", &u), 0);
	assert_false(u.has_devno);
	assert_int_equal(PARSE("add@/d\0MAJOR=4294967296\0MINOR=1", &u), 0);
	assert_false(u.has_devno);
	assert_int_equal(PARSE("add@/d\0MAJOR=8x\0MINOR=1\0SEQNUM=", &u), 0);
	assert_false(u.has_devno);
}

static void odd_pairs_are_skipped(void **state)
{
	struct uevent u;

	(void)state;
	assert_int_equal(PARSE("add@/d\0\0nothing\0=x\0MODALIAS=pci:v=1\0DEVNAMES=no\0DEVNAM=no", &u), 0);
	assert_string_equal(u.modalias, "pci:v=1");
	assert_null(u.devname);
}

static void file(void **state)
{
	char text[] = "MAJOR=8\nMINOR=16\nDEVNAME=sdb\nDEVTYPE=disk\nMODALIAS=\n";
	char cut[] = "MAJOR=8\nMINOR=1", nothing[] = "";
	struct uevent u;

	(void)state;
	assert_int_equal(uevent_parse_file(text, strlen(text), &u), 0);
	assert_true(u.has_devno);
	assert_int_equal(u.minor, 16);
	assert_string_equal(u.devname, "sdb");
	assert_string_equal(u.modalias, "");
	assert_null(u.devpath);
	assert_int_equal(u.action, UEVENT_ADD);
	assert_int_equal(uevent_parse_file(cut, strlen(cut), &u), -EBADMSG);
	assert_int_equal(uevent_parse_file(nothing, 0, &u), 0);
	assert_null(u.devname);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(block_device),
	    cmocka_unit_test(actions),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(too_long),
	    cmocka_unit_test(numbers_that_make_no_sense),
	    cmocka_unit_test(odd_pairs_are_skipped),
	    cmocka_unit_test(file),
	};

	return cmocka_run_group_tests_name("uevent", tests, NULL, teardown);
}
