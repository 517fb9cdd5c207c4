/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is packed is read again, by any number of threads the same bytes; hostile images are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../builder/content_hash.h"
#include "../../builder/image.h"
#include "../../builder/pack.h"

static void put(struct manifest *m, const struct entry *e)
{
	assert_null(manifest_add(m, e, NULL));
}

static void fill(struct manifest *m)
{
	static unsigned char big[300000];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (unsigned char)(i * i >> 7);
	put(m, &(struct entry){.path = "/kernel/x86/microcode/GenuineIntel.bin",
			       .type = ENTRY_FILE,
			       .mode = 0644,
			       .segment = SEG_EARLY,
			       .data = big,
			       .size = 1000});
	put(m, &(struct entry){.path = "/lib", .type = ENTRY_SYMLINK, .target = "usr/lib", .segment = SEG_MAIN});
	put(m, &(struct entry){.path = "/dev/console",
			       .type = ENTRY_CHAR,
			       .mode = 0600,
			       .dev_major = 5,
			       .dev_minor = 1,
			       .segment = SEG_MAIN});
	put(m, &(struct entry){.path = "/etc/text",
			       .type = ENTRY_FILE,
			       .mode = 0600,
			       .segment = SEG_MAIN,
			       .data = (const unsigned char *)"hello",
			       .size = 5});
	for (unsigned i = 0; i < 20; i++) {
		AUTOFREE char *path = xasprintf("/lib/modules/k/m%u.ko.zst", i);
		put(m, &(struct entry){.path = path,
				       .type = ENTRY_FILE,
				       .mode = 0644,
				       .segment = SEG_MODULES,
				       .data = big + i,
				       .size = sizeof(big) - i,
				       .order = 20 - i});
	}
}

static size_t pack(const char *kind, unsigned threads, unsigned char **out)
{
	CLEANUP(manifest_free) struct manifest m = {0};
	AUTOCLOSE int fd = memfd_create("image", MFD_CLOEXEC);
	struct pack_options opt;
	struct pack_stats stats;
	uint64_t hash[2];

	fill(&m);
	assert_null(pack_parse_kind("--compress", kind, &opt));
	opt.threads = threads;
	assert_null(pack_choose_main(&opt, &(struct pack_target){0}));
	assert_null(pack_prepare_modules(&m, &opt, NULL, NULL));
	assert_null(pack_write(&m, &opt, NULL, fd, &stats));
	*out = xmalloc(stats.size);
	assert_int_equal(pread(fd, *out, stats.size, 0), stats.size);
	content_hash(*out, stats.size, hash);
	assert_memory_equal(hash, stats.hash, sizeof(hash));
	return stats.size;
}

static void test_round_trip(void **state)
{
	static const char *const kinds[] = {NULL,   "zstd:1", "none",  "solid-zstd:1",
					    "xz:0", "gzip:1", "lz4:1", "solid-none"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTOFREE unsigned char *one = NULL;
		AUTOFREE unsigned char *two = NULL;
		size_t n = pack(kinds[i], 1, &one);
		CLEANUP(image_close) struct image img = {0};

		assert_int_equal(pack(kinds[i], 3, &two), n);
		assert_memory_equal(one, two, n);
		assert_null(image_parse(one, n, &img));
		assert_int_equal(img.segments.items[0].codec, CODEC_NONE);
		const struct image_entry *e = image_find(&img, "/etc/text");
		assert_non_null(e);
		assert_int_equal(e->size, 5);
		assert_memory_equal(e->data, "hello", 5);
		assert_int_equal(e->mode, S_IFREG | 0600);
		e = image_find(&img, "/dev/console");
		assert_int_equal(e->rdev_major, 5);
		/* Through the symlink /lib. */
		e = image_find(&img, "/lib/modules/k/m7.ko.zst");
		assert_non_null(e);
		assert_string_equal(e->path, "/usr/lib/modules/k/m7.ko.zst");
		assert_int_equal(image_find(&img, "/lib")->mode & S_IFMT, S_IFLNK);
		assert_int_equal(image_follow(&img, "/lib", true)->mode & S_IFMT, S_IFDIR);
		assert_null(image_find(&img, "/nothing"));
	}
}

static void test_faults(void **state)
{
	AUTOFREE unsigned char *data = NULL;
	size_t n = pack("none", 1, &data);
	struct image img;
	struct err *e;

	(void)state;
	for (size_t cut = 1; cut < n - 1024; cut += n / 50) {
		/* Never accepted as whole, wherever it ends: but for an end between two segments. */
		e = image_parse(data, cut, &img);
		if (!e) {
			assert_int_equal(cut % 512, 0);
			image_close(&img);
		}
		err_free(e);
	}
	e = image_parse("", 0, &img);
	assert_non_null(e);
	err_free(e);
	e = image_parse("garbage", 7, &img);
	assert_non_null(strstr(err_message(e), "neither a cpio archive"));
	err_free(e);
	data[20] = 'x';
	e = image_parse(data, n, &img);
	assert_non_null(strstr(err_message(e), "damaged cpio header"));
	err_free(e);
}

static void test_options(void **state)
{
	static const char *const bad[] = {"zstd:0", "zstd:20", "zstd:x", "none:1", "brotli", "", "zstd:"};
	struct pack_options opt;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err *e = pack_parse_kind("--compress", bad[i], &opt);
		assert_int_equal(err_status(e), EXIT_USAGE);
		err_free(e);
	}
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	assert_null(pack_parse_kind("--compress", "zstd:7", &opt));
	assert_int_equal(opt.mtime, 1700000000);
	assert_int_equal(opt.level, 7);
	assert_string_equal(pack_module_suffix(&opt), ".zst");
	setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
	struct err *e = pack_parse_kind("--compress", NULL, &opt);
	assert_int_equal(err_status(e), EXIT_USAGE);
	err_free(e);
	unsetenv("SOURCE_DATE_EPOCH");
}

static bool reads(void *only, enum codec c)
{
	return c == *(const enum codec *)only;
}

static void test_automatic(void **state)
{
	enum codec codec = CODEC_ZSTD;
	struct pack_target any = {.can_read = reads, .arg = &codec}, host = {true, true, reads, &codec};
	struct pack_options opt;

	(void)state;
	assert_null(pack_parse_kind("--compress", "auto", &opt));
	assert_null(pack_choose_main(&opt, &any));
	assert_string_equal(pack_module_suffix(&opt), ".zst");
	codec = CODEC_GZIP;
	assert_null(pack_choose_main(&opt, &host));
	assert_string_equal(pack_module_suffix(&opt), ".zst");
	assert_int_equal(opt.main_codec, CODEC_GZIP);
	codec = CODEC_ZSTD;
	assert_null(pack_choose_main(&opt, &host));
	assert_true(opt.solid);
	assert_string_equal(pack_module_suffix(&opt), "");
	assert_null(pack_parse_kind("--compress", "zstd", &opt));
	assert_null(pack_choose_main(&opt, &host));
	assert_false(opt.solid);
	assert_int_equal(opt.main_codec, CODEC_ZSTD);
	/* What follows lz4 data is not found by every kernel that reads it. */
	codec = CODEC_LZ4;
	assert_null(pack_choose_main(&opt, &host));
	assert_int_equal(opt.main_codec, CODEC_LZ4);
	assert_null(pack_choose_main(&opt, &any));
	assert_int_equal(opt.main_codec, CODEC_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_automatic),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
