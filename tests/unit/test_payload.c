/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files of a made sysroot become in the image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/payload.h"
#include "../../builder/sysroot.h"

static const struct payload_cause cause = {"feature:test", "a test", NULL};

struct fixture {
	char root[64];
	struct manifest manifest;
	struct payload payload;
};

static char *place(const struct fixture *f, const char *name)
{
	char *path = path_join(f->root, name);

	for (char *slash = strchr(path + strlen(f->root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	return path;
}

static void put(const struct fixture *f, const char *name, const char *text)
{
	AUTOFREE char *path = place(f, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
	assert_int_equal(chmod(path, 0755), 0);
}

static void put_link(const struct fixture *f, const char *name, const char *target)
{
	AUTOFREE char *path = place(f, name);

	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/rootward-test-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	assert_null(payload_open(&f->manifest, f->root, &f->payload));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *cleanup = xasprintf("rm -r %s", f->root);

	assert_int_equal(system(cleanup), 0);
	payload_close(&f->payload);
	manifest_free(&f->manifest);
	free(f);
	return 0;
}

static void assert_link(const struct fixture *f, const char *path, const char *target)
{
	const struct entry *e = manifest_find(&f->manifest, path);

	assert_non_null(e);
	assert_int_equal(e->type, ENTRY_SYMLINK);
	assert_string_equal(e->target, target);
}

static void assert_file(const struct fixture *f, const char *path)
{
	const struct entry *e = manifest_find(&f->manifest, path);

	assert_non_null(e);
	assert_int_equal(e->type, ENTRY_FILE);
}

/* /bin of the sysroot is /usr/bin of the image: "../usr" of a link in it would be /usr/usr there. */
static void test_moved_links(void **state)
{
	struct fixture *f = *state;

	put(f, "usr/lib/real/tool", "x");
	put_link(f, "etc/alternatives/tool", "/usr/lib/real/tool");
	put_link(f, "bin/tool", "../etc/alternatives/tool");
	put(f, "lib/T/libh.so.1.2", "x");
	put_link(f, "lib/T/libh.so.1", "libh.so.1.2");
	put_link(f, "lib/T/libi.so.1", "../../usr/lib/real/tool");
	put(f, "usr/sbin/deep", "x");
	put_link(f, "usr/bin/deep", "../sbin/deep");
	assert_null(payload_program(&f->payload, "tool", &cause));
	assert_link(f, "/usr/bin/tool", "/etc/alternatives/tool");
	assert_link(f, "/etc/alternatives/tool", "/usr/lib/real/tool");
	assert_file(f, "/usr/lib/real/tool");
	assert_null(payload_file(&f->payload, "/lib/T", &cause));
	assert_link(f, "/usr/lib/T/libh.so.1", "libh.so.1.2");
	assert_link(f, "/usr/lib/T/libi.so.1", "/usr/lib/real/tool");
	/* Nothing moved. */
	assert_null(payload_program(&f->payload, "/usr/bin/deep", &cause));
	assert_link(f, "/usr/bin/deep", "../sbin/deep");
}

/* /bin/x to /usr/bin/x: one file of the image. */
static void test_link_to_itself(void **state)
{
	struct fixture *f = *state;

	put(f, "usr/bin/x-1", "x");
	put_link(f, "usr/bin/x", "x-1");
	put_link(f, "bin/x", "../usr/bin/x");
	put(f, "usr/bin/y", "y");
	put_link(f, "bin/y", "/usr/bin/y");
	assert_null(payload_program(&f->payload, "/bin/x", &cause));
	assert_link(f, "/usr/bin/x", "x-1");
	assert_file(f, "/usr/bin/x-1");
	assert_null(payload_program(&f->payload, "/bin/y", &cause));
	assert_file(f, "/usr/bin/y");
}

/* What ldconfig writes for one library and its variant, format of ldcache.h. */
static void put_cache(const struct fixture *f, const char *soname, const char *plain, const char *variant)
{
	struct {
		char magic[20];
		uint32_t count, strings, unused[5];
		struct {
			int32_t flags;
			uint32_t key, value, osversion;
			uint64_t hwcap;
		} entries[2];
		char text[3][128];
	} cache = {
	    .magic = {'g', 'l', 'i', 'b', 'c', '-', 'l', 'd', '.', 's',
		      'o', '.', 'c', 'a', 'c', 'h', 'e', '1', '.', '1'},
	    .count = 2,
	    .strings = sizeof(cache.text),
	};
	const uint32_t text = offsetof(__typeof__(cache), text), size = sizeof(cache.text[0]);
	AUTOFREE char *path = place(f, "etc/ld.so.cache");
	FILE *out = fopen(path, "w");

	snprintf(cache.text[0], size, "%s", soname);
	snprintf(cache.text[1], size, "%s", variant);
	snprintf(cache.text[2], size, "%s", plain);
	for (uint32_t i = 0; i < 2; i++) {
		cache.entries[i].key = text;
		cache.entries[i].value = text + size * (i + 1);
	}
	cache.entries[0].hwcap = (uint64_t)1 << 62;
	assert_non_null(out);
	assert_int_equal(fwrite(&cache, sizeof(cache), 1, out), 1);
	fclose(out);
}

static void put_copy(const struct fixture *f, const char *name, const char *from)
{
	AUTOFREE char *path = place(f, name);
	AUTOFREE char *copy = xasprintf("cp -L %s %s", from, path);

	assert_int_equal(system(copy), 0);
}

/* The image's ld.so.cache names the variants: what it names must lead to the library. */
static void test_variants(void **state)
{
	struct fixture *f = *state;
	static const char plain[] = "/opt/lib/libc.so.6", variant[] = "/opt/lib/glibc-hwcaps/x86-64-v2/libc.so.6";
	CLEANUP(elf_needed_free) struct elf_needed self = {0};
	CLEANUP(ld_paths_close) struct ld_paths ld = {0};
	CLEANUP(file_unmap) struct file_map map = {0};
	struct arena arena = {0};

	assert_null(file_map("/proc/self/exe", &map));
	assert_null(elf_needed_read("self", map.data, map.size, &self));
	assert_null(ld_paths_open("", &ld));
	put_copy(f, plain + 1, elf_find_library(&ld, &self, "/x", NULL, "libc.so.6", &arena, NULL));
	AUTOFREE char *same = xasprintf("%s%s", f->root, plain);
	put_copy(f, variant + 1, same);
	AUTOFREE char *interp = sysroot_resolve("", self.interp);
	put_copy(f, self.interp + 1, interp);
	put_copy(f, "bin/cat", "/bin/cat");
	put_cache(f, "libc.so.6", plain, variant);
	payload_close(&f->payload);
	assert_null(payload_open(&f->manifest, f->root, &f->payload));
	assert_null(payload_program(&f->payload, "cat", &cause));
	assert_file(f, plain);
	assert_link(f, variant, plain);
	/* Who wants the variant itself gets it. */
	assert_null(payload_file(&f->payload, variant, &cause));
	assert_file(f, variant);
	arena_free(&arena);
}

/* #! LINE brings PROGRAM, and env itself: busybox's has no -S. */
static void brings(struct fixture *f, const char *line, const char *program)
{
	AUTOFREE char *text = xasprintf("#!/usr/bin/env %s\n", line);

	put(f, "usr/bin/script", text);
	assert_null(payload_file(&f->payload, "/usr/bin/script", &cause));
	assert_file(f, "/usr/bin/script");
	assert_file(f, program);
	teardown((void **)&f);
}

static void test_env(void **state)
{
	static const char *const lines[] = {
	    "tool",	      "-S tool -x a",	    "-Stool", "-vS tool", "--split-string=tool -v",
	    "-S A=b C= tool", "-S -i -u HOME tool",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct fixture *f;
		setup((void **)&f);
		put(f, "usr/bin/env", "x");
		put(f, "usr/sbin/tool", "x");
		brings(f, lines[i], "/usr/sbin/tool");
	}
}

/* busybox's env is replaced only where a script needs more of it. */
static void test_env_applet(void **state)
{
	struct fixture *f = *state;
	const struct entry applet = {.path = "/usr/bin/env",
				     .type = ENTRY_SYMLINK,
				     .owner = "busybox",
				     .because = "/usr/bin/busybox",
				     .target = "busybox"};

	put(f, "usr/bin/env", "x");
	put(f, "usr/bin/tool", "x");
	put(f, "usr/bin/plain", "#!/usr/bin/env tool\n");
	put(f, "bin/split", "#!/usr/bin/env -S tool -x\n");
	assert_null(manifest_add(&f->manifest, &applet, NULL));
	assert_null(payload_program(&f->payload, "plain", &cause));
	assert_link(f, "/usr/bin/env", "busybox");
	assert_null(payload_program(&f->payload, "split", &cause));
	assert_file(f, "/usr/bin/env");
	assert_string_equal(manifest_find(&f->manifest, "/usr/bin/env")->because, "/usr/bin/split");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_moved_links, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link_to_itself, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_variants, setup, teardown),
	    cmocka_unit_test(test_env),
	    cmocka_unit_test_setup_teardown(test_env_applet, setup, teardown),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
