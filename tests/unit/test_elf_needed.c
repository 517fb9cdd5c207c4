/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Libraries are found as the loader of a sysroot finds them: against this machine's own programs and a made sysroot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/elf_needed.h"
#include "../../builder/payload.h"
#include "../../builder/sysroot.h"

/*
 * A note in this very program, as libraries carry it (https://systemd.io/ELF_DLOPEN_METADATA/): sizes of name and text,
 * type, name, text. The libraries are of libc6 and none that this program is linked with.
 */
__asm__(".pushsection .note.dlopen, \"a\", %note\n"
	".balign 4\n"
	".long 4, 2f - 1f, 0x407c0c0a\n"
	".asciz \"FDO\"\n"
	"1: .asciz \"[{\\\"feature\\\":\\\"test\\\",\\\"soname\\\":[\\\"libnothere.so.9\\\",\\\"libanl.so.1\\\"]},"
	"{\\\"priority\\\":\\\"suggested\\\",\\\"soname\\\":[\\\"libthread_db.so.1\\\"]},"
	"{\\\"priority\\\":\\\"required\\\",\\\"soname\\\":[\\\"libutil.so.1\\\"]},"
	"{\\\"soname\\\":[]}, 7]\"\n"
	"2: .balign 4\n"
	".popsection\n");

static void test_dlopen_hints(void **state)
{
	CLEANUP(elf_needed_free) struct elf_needed n = {0};
	CLEANUP(file_unmap) struct file_map map = {0};
	const struct elf_dlopen *hints;

	(void)state;
	assert_null(file_map("/proc/self/exe", &map));
	assert_null(elf_needed_read("self", map.data, map.size, &n));
	assert_int_equal(n.dlopens.count, 2);
	hints = n.dlopens.items;
	assert_int_equal(hints[0].count, 2);
	assert_string_equal(hints[0].sonames[0], "libnothere.so.9");
	assert_string_equal(hints[0].sonames[1], "libanl.so.1");
	assert_string_equal(hints[0].feature, "test");
	assert_false(hints[0].required);
	assert_string_equal(hints[1].sonames[0], "libutil.so.1");
	assert_true(hints[1].required);
}

/* The image gets the alternative that is installed, what is required, and nothing that is only suggested. */
static void test_dlopen_payload(void **state)
{
	CLEANUP(manifest_free) struct manifest m = {0};
	CLEANUP(payload_close) struct payload p = {0};
	const struct payload_cause cause = {"feature:test", "a test", NULL};
	AUTOFREE char *self = realpath("/proc/self/exe", NULL);
	bool alternative = false, required = false, suggested = false;

	(void)state;
	assert_null(payload_open(&m, "", &p));
	assert_null(payload_program(&p, self, &cause));
	for (size_t i = 0; i < m.entries.count; i++) {
		const struct entry *e = m.entries.items[i];
		alternative |= strcmp(e->reason, "library libanl.so.1") == 0;
		required |= strcmp(e->reason, "library libutil.so.1") == 0;
		suggested |= strcmp(e->reason, "library libthread_db.so.1") == 0;
	}
	assert_true(alternative && required);
	assert_false(suggested);
}

static bool has_reason(const struct manifest *m, const char *reason)
{
	for (size_t i = 0; i < m->entries.count; i++)
		if (strcmp(m->entries.items[i]->reason, reason) == 0)
			return true;
	return false;
}

/* This program imports pthread_cancel, for which glibc opens a library that no DT_NEEDED names; cat does not. */
static void test_unwinding(void **state)
{
	CLEANUP(manifest_free) struct manifest with = {0}, without = {0};
	CLEANUP(payload_close) struct payload p = {0}, q = {0};
	const struct payload_cause cause = {"feature:test", "a test", NULL};
	AUTOFREE char *self = realpath("/proc/self/exe", NULL);

	/* Never: only the import counts. */
	if (*state)
		pthread_cancel(pthread_self());
	assert_null(payload_open(&with, "", &p));
	assert_null(payload_program(&p, self, &cause));
	assert_true(has_reason(&with, "library " LIBRARY_OF_UNWINDING));
	assert_null(payload_open(&without, "", &q));
	assert_null(payload_program(&q, "cat", &cause));
	assert_false(has_reason(&without, "library " LIBRARY_OF_UNWINDING));
}

/* What ldd's loader found for this very program is what we find. */
static void test_own_libraries(void **state)
{
	CLEANUP(elf_needed_free) struct elf_needed n = {0};
	CLEANUP(ld_paths_close) struct ld_paths ld = {0};
	CLEANUP(file_unmap) struct file_map map = {0};
	struct arena arena = {0};
	CLEANUP(buf_free) struct buf tried = {0};

	(void)state;
	assert_null(file_map("/proc/self/exe", &map));
	assert_null(elf_needed_read("self", map.data, map.size, &n));
	assert_true(n.is_elf);
	assert_false(n.is_static);
	assert_non_null(n.interp);
	assert_true(n.needed.count > 1);
	assert_null(ld_paths_open("", &ld));
	for (size_t i = 0; i < n.needed.count; i++) {
		const char *path = elf_find_library(&ld, &n, "/usr/bin/self", NULL, n.needed.items[i], &arena, NULL);
		assert_non_null(path);
		assert_true(path_exists(path));
	}
	assert_null(elf_find_library(&ld, &n, "/usr/bin/self", NULL, "libnothere.so.9", &arena, &tried));
	assert_non_null(strstr(tried.data, "/etc/ld.so.cache"));
	assert_non_null(strstr(tried.data, "/usr/lib"));
	arena_free(&arena);
}

static void test_tokens(void **state)
{
	const struct elf_needed nobody = {.elf_class = 2};
	const struct ld_paths none = {.sysroot = "/nonexistent"};
	AUTOFREE char *list =
	    elf_expand(&none, &nobody, "/opt/x/bin/prog", "$ORIGIN/../lib:${ORIGIN}:/usr/$LIB/y:$OTHER");
	CLEANUP(elf_needed_free) struct elf_needed self = {0};
	CLEANUP(ld_paths_close) struct ld_paths ld = {0};
	CLEANUP(file_unmap) struct file_map map = {0};
	struct arena arena = {0};

	(void)state;
	assert_string_equal(list, "/opt/x/bin/../lib:/opt/x/bin:/usr/lib64/y:/usr/lib/y:$OTHER");
	/* On this machine, the directory of its C library comes first. */
	assert_null(file_map("/proc/self/exe", &map));
	assert_null(elf_needed_read("self", map.data, map.size, &self));
	assert_null(ld_paths_open("", &ld));
	const char *libc = elf_find_library(&ld, &self, "/usr/bin/self", NULL, "libc.so.6", &arena, NULL);
	assert_non_null(libc);
	AUTOFREE char *first = elf_expand(&ld, &self, "/x", "/opt/${LIB}");
	AUTOFREE char *dir =
	    xasprintf("/opt/%.*s", (int)(strrchr(libc, '/') - strstr(libc, "/lib") - 1), strstr(libc, "/lib") + 1);
	first[strcspn(first, ":")] = '\0';
	assert_string_equal(first, dir);
	arena_free(&arena);
}

static void test_not_elf(void **state)
{
	struct elf_needed n;

	(void)state;
	assert_null(elf_needed_read("script", "#!/bin/sh\n", 10, &n));
	assert_false(n.is_elf);
	struct err *e = elf_needed_read("cut", "\177ELF\2\1\1", 7, &n);
	assert_non_null(strstr(err_message(e), "cut: ELF file damaged"));
	err_free(e);
}

/* Absolute links and ".." stay below the sysroot, as in a chroot. */
static void test_sysroot(void **state)
{
	char dir[] = "/tmp/rootward-sysroot-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	AUTOFREE char *usr = path_join(dir, "usr");
	AUTOFREE char *file = path_join(dir, "usr/file");
	AUTOFREE char *link = path_join(dir, "link");
	AUTOFREE char *loop = path_join(dir, "loop");
	assert_int_equal(mkdir(usr, 0755), 0);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(symlink("/../../usr", link), 0);
	assert_int_equal(symlink("loop", loop), 0);
	AUTOFREE char *found = sysroot_resolve(dir, "/link/../link/./file");
	assert_non_null(found);
	assert_string_equal(found, file);
	assert_null(sysroot_resolve(dir, "/loop/x"));
	assert_int_equal(errno, ELOOP);
	assert_null(sysroot_resolve(dir, "/etc/passwd"));
	assert_int_equal(errno, ENOENT);
	unlink(loop);
	unlink(link);
	unlink(file);
	rmdir(usr);
	rmdir(dir);
}

static void test_damaged_cache(void **state)
{
	unsigned char data[96] = "glibc-ld.so.cache1.1";
	struct ldcache c;
	struct ldcache_entry e;

	(void)state;
	data[20] = 2;
	assert_int_equal(ldcache_open(&c, data, 48 + 24), -EBADMSG);
	assert_int_equal(ldcache_open(&c, data, 96), 0);
	/* Entry 0 names strings far outside, entry 1 the header's own magic. */
	memset(data + 48 + 4, 0xff, 8);
	assert_int_equal(ldcache_at(&c, 0, &e), -EBADMSG);
	assert_int_equal(ldcache_at(&c, 1, &e), 0);
	assert_int_equal(ldcache_at(&c, 2, &e), -ENOENT);
	assert_int_equal(ldcache_open(&c, "x", 1), -EBADMSG);
}

/* This machine's mount replaces busybox's applet and brings its libraries and the ELF interpreter along. */
static void test_program_replaces_applet(void **state)
{
	CLEANUP(manifest_free) struct manifest m = {0};
	CLEANUP(payload_close) struct payload p = {0};
	const struct payload_cause cause = {"feature:test", "a test", NULL};

	(void)state;
	assert_null(payload_open(&m, "", &p));
	assert_null(payload_busybox(&p));
	assert_int_equal(manifest_find(&m, "/bin/mount")->type, ENTRY_SYMLINK);
	assert_null(manifest_find(&m, "/bin/modprobe"));
	assert_null(payload_program(&p, "mount", &cause));
	const struct entry *e = manifest_find(&m, "/bin/mount");
	assert_int_equal(e->type, ENTRY_FILE);
	assert_string_equal(e->owner, "feature:test");
	unsigned libraries = 0;
	for (size_t i = 0; i < m.entries.count; i++)
		libraries += strncmp(m.entries.items[i]->reason, "library ", 8) == 0;
	assert_true(libraries >= 2);
	/* A script's interpreter is busybox's sh where there is one. */
	assert_null(payload_program(&p, "/usr/bin/ldd", &cause));
	struct err *err = payload_program(&p, "nosuchprogram", &cause);
	assert_non_null(strstr(err_message(err), "program nosuchprogram: not found"));
	err_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dlopen_hints),  cmocka_unit_test(test_dlopen_payload),
	    cmocka_unit_test(test_own_libraries), cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_not_elf),	  cmocka_unit_test(test_sysroot),
	    cmocka_unit_test(test_damaged_cache), cmocka_unit_test(test_program_replaces_applet),
	    cmocka_unit_test(test_unwinding),
	};

	return cmocka_run_group_tests_name("elf_needed", tests, NULL, NULL);
}
