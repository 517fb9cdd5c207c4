/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/compress.h"
#include "../../builder/firmware.h"

struct fixture {
	char root[64];
	struct kernel kernel;
	struct manifest manifest;
	struct firmware_report report;
};

static void put(struct fixture *f, const char *name, const void *data, size_t size)
{
	AUTOFREE char *path = path_join(f->root, name);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

static void put_compressed(struct fixture *f, const char *name, enum codec codec, const char *text)
{
	struct compressor *c = compressor_new(codec, COMPRESS_LEVEL_DEFAULT);
	unsigned char *data;
	size_t size;

	assert_null(compressor_run(c, text, strlen(text), &data, &size));
	put(f, name, data, size);
	free(data);
	compressor_free(c);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/rootward-test-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->kernel.sysroot = f->root;
	f->kernel.release = "1.0";
	strmap_put(&f->kernel.config, "FW_LOADER_COMPRESS_XZ", (void *)(uintptr_t) "y");
	put(f, "lib/firmware/a.bin", "plain", 5);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *cleanup = xasprintf("rm -r %s", f->root);

	assert_int_equal(system(cleanup), 0);
	firmware_free(&f->report);
	manifest_free(&f->manifest);
	strmap_free(&f->kernel.config);
	free(f);
	return 0;
}

static struct entry *add(struct fixture *f, const char *name, const char *path)
{
	struct err *e = firmware_add(&f->manifest, &f->kernel, name, "qla", "/usr/lib/modules/qla.ko", &f->report);

	if (e)
		fail_msg("%s", err_message(e));
	return manifest_find(&f->manifest, path);
}

static void the_first_place_of_the_kernel_wins(void **state)
{
	struct fixture *f = *state;

	put(f, "lib/firmware/1.0/a.bin", "release", 7);
	struct entry *e = add(f, "a.bin", "/lib/firmware/1.0/a.bin");
	assert_non_null(e);
	assert_string_equal(e->reason, "firmware of qla");
	assert_null(manifest_find(&f->manifest, "/lib/firmware/a.bin"));
	put(f, "lib/firmware/updates/1.0/b.bin", "x", 1);
	put(f, "lib/firmware/updates/b.bin", "y", 1);
	assert_non_null(add(f, "b.bin", "/lib/firmware/updates/1.0/b.bin"));
	assert_null(manifest_find(&f->manifest, "/lib/firmware/updates/b.bin"));
	assert_int_equal(f->report.files, 2);
}

/* _request_firmware(): all directories for one suffix, then all for the next. */
static void a_suffix_is_tried_in_all_directories_before_the_next(void **state)
{
	struct fixture *f = *state;

	strmap_put(&f->kernel.config, "FW_LOADER_COMPRESS_ZSTD", (void *)(uintptr_t) "y");
	put_compressed(f, "lib/firmware/updates/a.bin.zst", CODEC_ZSTD, "update");
	assert_non_null(add(f, "a.bin", "/lib/firmware/a.bin"));
	put_compressed(f, "lib/firmware/updates/1.0/c.bin.xz", CODEC_XZ, "update");
	put_compressed(f, "lib/firmware/c.bin.zst", CODEC_ZSTD, "own");
	assert_non_null(add(f, "c.bin", "/lib/firmware/c.bin.zst"));
	assert_null(manifest_find(&f->manifest, "/lib/firmware/updates/a.bin.zst"));
	assert_null(manifest_find(&f->manifest, "/lib/firmware/updates/1.0/c.bin.xz"));
}

static void what_the_kernel_reads_comes_before_what_is_undone(void **state)
{
	struct fixture *f = *state;

	put_compressed(f, "lib/firmware/updates/c.bin.zst", CODEC_ZSTD, "not read");
	put_compressed(f, "lib/firmware/c.bin.xz", CODEC_XZ, "read");
	assert_non_null(add(f, "c.bin", "/lib/firmware/c.bin.xz"));
	assert_null(manifest_find(&f->manifest, "/lib/firmware/updates/c.bin"));
}

static void installed_is_what_the_kernel_finds(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *link = path_join(f->root, "lib/firmware/vendor"), *outside = path_join(f->root, "outside");
	struct kernel *k = &f->kernel;

	put_compressed(f, "lib/firmware/updates/1.0/z.bin.zst", CODEC_ZSTD, "z");
	assert_true(firmware_is_installed(f->root, "1.0", NULL, "z.bin"));
	assert_true(firmware_is_installed(f->root, "1.0", k, "z.bin")); /* its configuration is unknown */
	k->has_config = true;
	assert_false(firmware_is_installed(f->root, "1.0", k, "z.bin"));
	assert_true(firmware_is_installed(f->root, "1.0", k, "a.bin"));
	assert_true(firmware_is_installed(f->root, "1.0", k, "?.bin"));
	assert_false(firmware_is_installed(f->root, "1.0", k, "?.img"));
	/* A file that is outside of the sysroot only, then inside. */
	put(f, "outside/own.bin", "x", 1);
	assert_int_equal(symlink(outside, link), 0);
	assert_false(firmware_is_installed(f->root, "1.0", k, "vendor/own.bin"));
	assert_false(firmware_is_installed(f->root, "1.0", k, "vendor/*.bin"));
	assert_null(add(f, "vendor/own.bin", "/lib/firmware/vendor/own.bin"));
	assert_null(add(f, "vendor/*.bin", "/lib/firmware/vendor/own.bin"));
	AUTOFREE char *inside = path_join(outside, "own.bin");
	put(f, inside, "x", 1);
	assert_true(firmware_is_installed(f->root, "1.0", k, "vendor/own.bin"));
	assert_true(firmware_is_installed(f->root, "1.0", k, "vendor/*.bin"));
	assert_non_null(add(f, "vendor/own.bin", "/lib/firmware/vendor/own.bin"));
}

static void places_tell_what_takes_precedence(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *link = path_join(f->root, "lib/firmware/b.bin");

	assert_int_equal(symlink("a.bin", link), 0);
	AUTOFREE char *one = firmware_places(f->root, "1.0", "a.bin");
	assert_string_equal(one, "/lib/firmware/a.bin");
	AUTOFREE char *linked = firmware_places(f->root, "1.0", "b.bin");
	assert_string_equal(linked, "/lib/firmware/a.bin");
	AUTOFREE char *glob = firmware_places(f->root, "1.0", "?.bin");
	assert_string_equal(glob,
			    "/lib/firmware/a.bin\t/lib/firmware/a.bin\n/lib/firmware/b.bin\t/lib/firmware/a.bin\n");
	put(f, "lib/firmware/updates/a.bin", "new", 3);
	AUTOFREE char *update = firmware_places(f->root, "1.0", "a.bin");
	assert_string_equal(update, "/lib/firmware/updates/a.bin");
	AUTOFREE char *none = firmware_places(f->root, "1.0", "none.bin");
	assert_null(none);
}

static void compression_is_undone_where_the_kernel_cannot(void **state)
{
	struct fixture *f = *state;

	put_compressed(f, "lib/firmware/z.bin.zst", CODEC_ZSTD, "zstd contents");
	put_compressed(f, "lib/firmware/x.bin.xz", CODEC_XZ, "xz contents");
	struct entry *z = add(f, "z.bin", "/lib/firmware/z.bin");
	assert_non_null(z);
	assert_int_equal(z->size, 13);
	assert_memory_equal(z->data, "zstd contents", 13);
	assert_null(manifest_find(&f->manifest, "/lib/firmware/z.bin.zst"));
	assert_non_null(add(f, "x.bin", "/lib/firmware/x.bin.xz"));
	/* Asked for again by another module: still one. */
	assert_ptr_equal(add(f, "z.bin", "/lib/firmware/z.bin"), z);
	assert_int_equal(f->report.files, 2);
}

static void symlinks_are_kept_with_what_they_lead_to(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *link = path_join(f->root, "lib/firmware/link.bin");

	assert_int_equal(symlink("a.bin", link), 0);
	struct entry *e = add(f, "link.bin", "/lib/firmware/link.bin");
	assert_non_null(e);
	assert_int_equal(e->type, ENTRY_SYMLINK);
	assert_string_equal(e->target, "a.bin");
	assert_non_null(manifest_find(&f->manifest, "/lib/firmware/a.bin"));
}

/* As Debian's alternatives, and links of links: what the image has must lead to a file. */
static void links_of_links_lead_to_the_file(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *first = path_join(f->root, "lib/firmware/first.bin"),
		      *second = path_join(f->root, "lib/firmware/d/s");
	AUTOFREE char *chosen = path_join(f->root, "lib/firmware/chosen.bin");

	put(f, "lib/firmware/d/e/file", "1", 1);
	assert_int_equal(symlink("d/s", first), 0);
	assert_int_equal(symlink("e/file", second), 0);
	struct entry *e = add(f, "first.bin", "/lib/firmware/first.bin");
	assert_non_null(e);
	assert_string_equal(e->target, "d/e/file");
	assert_non_null(manifest_find(&f->manifest, "/lib/firmware/d/e/file"));
	/* An absolute link is one of the sysroot, not of the host. */
	put(f, "etc/alternatives/fw", "2", 1);
	assert_int_equal(symlink("/etc/alternatives/fw", chosen), 0);
	e = add(f, "chosen.bin", "/lib/firmware/chosen.bin");
	assert_non_null(e);
	assert_int_equal(e->type, ENTRY_FILE);
	assert_non_null(strstr(e->source, f->root));
}

static void what_is_no_file_is_missing(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *dangling = path_join(f->root, "lib/firmware/n-1.bin");

	put(f, "lib/firmware/n-2.bin/file", "1", 1);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_null(add(f, "n-*.bin", "/lib/firmware/n-1.bin"));
	assert_null(manifest_find(&f->manifest, "/lib/firmware/n-2.bin"));
	assert_null(add(f, "n-2.bin", "/lib/firmware/n-2.bin"));
	assert_int_equal(f->report.missing.count, 2);
}

static void globs_take_all_that_match(void **state)
{
	struct fixture *f = *state;

	put(f, "lib/firmware/intel/n-1.bin", "1", 1);
	put(f, "lib/firmware/intel/n-2.bin", "2", 1);
	assert_non_null(add(f, "intel/n-*.bin", "/lib/firmware/intel/n-1.bin"));
	assert_non_null(manifest_find(&f->manifest, "/lib/firmware/intel/n-2.bin"));
	assert_null(add(f, "intel/none-*.bin", "/lib/firmware/intel/none"));
	assert_int_equal(f->report.missing.count, 1);
}

static void missing_files_are_listed_once(void **state)
{
	struct fixture *f = *state;

	assert_null(add(f, "none.bin", "/lib/firmware/none.bin"));
	assert_null(add(f, "none.bin", "/lib/firmware/none.bin"));
	assert_int_equal(f->report.missing.count, 1);
	assert_string_equal(f->report.missing.items[0].name, "none.bin");
	assert_string_equal(f->report.missing.items[0].module, "qla");
}

static void names_that_leave_the_directory_are_refused(void **state)
{
	struct fixture *f = *state;

	put(f, "lib/secret", "s", 1);
	assert_null(add(f, "../secret", "/lib/secret"));
	assert_null(add(f, "/lib/secret", "/lib/secret"));
	assert_int_equal(f->manifest.entries.count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_first_place_of_the_kernel_wins),
	    T(a_suffix_is_tried_in_all_directories_before_the_next),
	    T(what_the_kernel_reads_comes_before_what_is_undone),
	    T(installed_is_what_the_kernel_finds),
	    T(places_tell_what_takes_precedence),
	    T(compression_is_undone_where_the_kernel_cannot),
	    T(symlinks_are_kept_with_what_they_lead_to),
	    T(links_of_links_lead_to_the_file),
	    T(what_is_no_file_is_missing),
	    T(globs_take_all_that_match),
	    T(missing_files_are_listed_once),
	    T(names_that_leave_the_directory_are_refused),
	};

	return cmocka_run_group_tests_name("firmware", tests, NULL, NULL);
}
