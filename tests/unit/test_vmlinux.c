/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../builder/vmlinux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../builder/compress.h"
#include "elf_maker.h"

static void assert_exports(const struct vmlinux *v)
{
	const struct symbol_ref *printk = strmap_get(&v->by_name, "printk");
	const struct symbol_ref *tail = strmap_get(&v->by_name, "intk");
	assert_int_equal(v->exports.count, 2);
	assert_true(printk && printk->has_crc && printk->crc == 0x11111111);
	assert_true(tail && tail->crc == 0x33333333);
	assert_int_equal(v->machine, EM_X86_64);
	assert_string_equal(v->vermagic, KERNEL_MAGIC);
}

static void plain_vmlinux(void **state)
{
	(void)state;
	struct buf file = {0};
	struct vmlinux v;
	make_vmlinux(&file);
	assert_null(vmlinux_parse(file.data, file.len, KERNEL_RELEASE, &v));
	assert_exports(&v);
	vmlinux_free(&v);
	buf_free(&file);
}

static void put_le32(unsigned char *p, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(n >> 8 * i);
}

/* A bzImage of one setup sector, its payload compressed with C, as arch/x86/boot lays it out. */
static void make_bzimage(enum codec c, struct buf *out)
{
	struct buf elf = {0};
	unsigned char head[1024] = {0}, size[4], *packed;
	size_t packed_len;
	make_vmlinux(&elf);
	struct compressor *z = compressor_new(c, COMPRESS_LEVEL_DEFAULT);
	assert_null(compressor_run(z, elf.data, elf.len, &packed, &packed_len));
	compressor_free(z);
	head[0x1f1] = 1;
	memcpy(head + 0x202, "HdrS\x0f\x02", 6);
	put_le32(head + 0x248, 8);
	put_le32(head + 0x24c, packed_len + (c == CODEC_GZIP ? 0 : 4));
	put_le32(size, elf.len);
	buf_add(out, head, sizeof(head));
	buf_add(out, "loader..", 8);
	buf_add(out, packed, packed_len);
	if (c != CODEC_GZIP)
		buf_add(out, size, sizeof(size));
	buf_puts(out, "something behind the payload");
	free(packed);
	buf_free(&elf);
}

static void every_compression_of_bzimage(void **state)
{
	(void)state;
	static const enum codec codecs[] = {CODEC_GZIP, CODEC_XZ, CODEC_ZSTD, CODEC_LZ4};
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct buf file = {0};
		struct vmlinux v;
		make_bzimage(codecs[i], &file);
		assert_null(vmlinux_parse(file.data, file.len, KERNEL_RELEASE, &v));
		assert_exports(&v);
		vmlinux_free(&v);
		buf_free(&file);
	}
}

static void damage_is_an_error(void **state)
{
	(void)state;
	struct buf file = {0};
	make_bzimage(CODEC_ZSTD, &file);
	for (size_t n = 0; n + 64 < file.len; n += 7) {
		struct vmlinux v;
		char *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, file.data, n);
		struct err *e = vmlinux_parse(cut, n, KERNEL_RELEASE, &v);
		assert_non_null(e);
		err_free(e);
		free(cut);
	}
	buf_free(&file);
}

static void symvers_has_lines_of_vmlinux_only(void **state)
{
	(void)state;
	static const char text[] = "0x11111111\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
				   "0x22222222\tusb_x\tdrivers/usb/core/usbcore\tEXPORT_SYMBOL_GPL\t\n"
				   "nonsense\n"
				   "0x00000000\tasm_thing\tvmlinux\tEXPORT_SYMBOL";
	struct vmlinux v;
	assert_null(symvers_parse(text, sizeof(text) - 1, &v));
	assert_int_equal(v.exports.count, 2);
	const struct symbol_ref *zero = strmap_get(&v.by_name, "asm_thing");
	assert_true(zero && zero->has_crc && zero->crc == 0);
	vmlinux_free(&v);
}

static void symvers_without_versions(void **state)
{
	(void)state;
	static const char text[] = "0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n";
	struct vmlinux v;
	assert_null(symvers_parse(text, sizeof(text) - 1, &v));
	assert_false(v.exports.items[0].has_crc);
	vmlinux_free(&v);
	struct err *e = symvers_parse("", 0, &v);
	assert_non_null(e);
	err_free(e);
}

static void nowhere_is_said(void **state)
{
	(void)state;
	struct vmlinux v;
	struct err *e = vmlinux_find("/nonexistent", "/nonexistent/lib/modules/1", "1", NULL, &v);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "no kernel image"));
	err_free(e);
}

static void find_with_cache(const char *dir, unsigned hits_wanted)
{
	struct cache *cache;
	struct vmlinux v;
	unsigned hits, misses;
	AUTOFREE char *store = path_join(dir, "cache");
	assert_null(cache_open(store, CACHE_MAX_BYTES, &cache));
	assert_null(vmlinux_find(dir, "/nonexistent", KERNEL_RELEASE, cache, &v));
	assert_exports(&v);
	cache_stats(cache, &hits, &misses);
	assert_int_equal(hits, hits_wanted);
	cache_commit(cache);
	vmlinux_free(&v);
	cache_close(cache);
}

/* From the cache comes what came from the image; another image is another entry. */
static void cache_tells_the_same(void **state)
{
	(void)state;
	char dir[] = "/tmp/test_vmlinux.XXXXXX";
	struct buf file = {0};
	assert_non_null(mkdtemp(dir));
	AUTOFREE char *boot = path_join(dir, "boot");
	AUTOFREE char *image = path_join(dir, "boot/vmlinux-" KERNEL_RELEASE);
	AUTOFREE char *command = xasprintf("rm -rf '%s'", dir);
	assert_int_equal(mkdir(boot, 0755), 0);
	make_vmlinux(&file);
	for (unsigned i = 0; i < 3; i++) {
		FILE *f = fopen(image, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(file.data, 1, file.len, f), file.len);
		assert_int_equal(fclose(f), 0);
		find_with_cache(dir, i == 1);
		if (i == 1)
			buf_puts(&file, "changed");
	}
	buf_free(&file);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_vmlinux),
	    cmocka_unit_test(every_compression_of_bzimage),
	    cmocka_unit_test(damage_is_an_error),
	    cmocka_unit_test(symvers_has_lines_of_vmlinux_only),
	    cmocka_unit_test(symvers_without_versions),
	    cmocka_unit_test(nowhere_is_said),
	    cmocka_unit_test(cache_tells_the_same),
	};
	return cmocka_run_group_tests_name("vmlinux", tests, NULL, NULL);
}
