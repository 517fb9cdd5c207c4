/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../builder/vmlinux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../builder/compress.h"
#include "../../builder/vmlinux_tables.h"
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

/* ---- a kernel laid out as Linux lays it out: tables, checksums, names, notes, and then much else ---- */

#define LAID_EACH 100 /* entries of each of the two tables */
#define LAID_TABLES_AT 0x2000
#define LAID_NAMES_AT (LAID_TABLES_AT + 2 * LAID_EACH * (12 + 4))

/* GAP bytes before the names break what the tables are known by. */
static void make_laid_out(size_t gap, struct buf *out)
{
	struct buf names = {0};
	static unsigned char low[LAID_TABLES_AT - sizeof(Elf64_Ehdr)], later[300000];
	int32_t table[2 * LAID_EACH][3];
	uint32_t crcs[2 * LAID_EACH];
	struct elf_maker m;
	buf_add(&names, "", 1);
	for (int i = 0; i < 2 * LAID_EACH; i++) {
		int32_t field = LAID_TABLES_AT + 12 * i + 4;
		table[i][0] = 0;
		table[i][1] = (int32_t)(LAID_NAMES_AT + gap + names.len) - field;
		table[i][2] = (int32_t)(LAID_NAMES_AT + gap) - (field + 4);
		crcs[i] = 0x1000u + (uint32_t)i;
		buf_printf(&names, "%s_%03d", i < LAID_EACH ? "plain" : "gpl", i);
		buf_add(&names, "", 1);
	}
	elf_begin(&m);
	memcpy(low + 0x100, "\0" KERNEL_MAGIC, sizeof("\0" KERNEL_MAGIC));
	elf_add(&m, ".rodata", low, sizeof(low), 0);
	elf_add(&m, "__ksymtab", table, sizeof(table) / 2, LAID_TABLES_AT);
	elf_add(&m, "__ksymtab_gpl", table + LAID_EACH, sizeof(table) / 2, LAID_TABLES_AT + sizeof(table) / 2);
	elf_add(&m, "__kcrctab", crcs, sizeof(crcs) / 2, 0);
	elf_add(&m, "__kcrctab_gpl", crcs + LAID_EACH, sizeof(crcs) / 2, 0);
	if (gap)
		elf_add(&m, ".between", low, gap, 0);
	elf_add(&m, "__ksymtab_strings", names.data, names.len, LAID_NAMES_AT + gap);
	size_t notes = sizeof(Elf64_Ehdr) + m.body.len;
	memset(later, 0x5a, sizeof(later));
	elf_add(&m, ".data", later, sizeof(later), 0);
	elf_finish(&m, ET_EXEC, EM_X86_64, out);
	/* The program header lies in what is free of .rodata. */
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)out->data;
	Elf64_Phdr note = {.p_type = PT_NOTE, .p_offset = notes};
	header->e_phoff = sizeof(Elf64_Ehdr);
	header->e_phentsize = sizeof(note);
	header->e_phnum = 1;
	memcpy(out->data + sizeof(Elf64_Ehdr), &note, sizeof(note));
	buf_free(&names);
}

static void assert_laid_out(const struct vmlinux *v)
{
	assert_int_equal(v->exports.count, 2 * LAID_EACH);
	for (unsigned i = 0; i < 2 * LAID_EACH; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%s_%03u", i < LAID_EACH ? "plain" : "gpl", i);
		const struct symbol_ref *ref = strmap_get(&v->by_name, name);
		assert_true(ref && ref->has_crc && ref->crc == 0x1000 + i);
		assert_int_equal(ref->gpl_only, i >= LAID_EACH);
		assert_null(ref->space);
	}
	assert_string_equal(v->vermagic, KERNEL_MAGIC);
}

/* ELF, compressed with C and then perhaps CUT, is found to export the same; EARLY: without its end. */
static void assert_read(const struct buf *elf, enum codec c, size_t cut, bool early)
{
	struct export_tables tables;
	struct elf_view view;
	struct vmlinux v;
	unsigned char *packed, *start;
	size_t size;
	struct compressor *z = compressor_new(c, COMPRESS_LEVEL_DEFAULT);
	assert_null(compressor_run(z, elf->data, elf->len, &packed, &size));
	compressor_free(z);
	struct vmlinux_payload payload = {packed, size - cut, c};
	assert_int_equal(export_tables_early(&payload, &start, &view, &tables), early);
	free(start);
	assert_null(vmlinux_parse(packed, size - cut, KERNEL_RELEASE, &v));
	assert_laid_out(&v);
	vmlinux_free(&v);
	free(packed);
}

/* What follows the tables is not undone: even its loss is not noticed. lz4 has chunks of 8 MiB, so here there is one.
 */
static void reads_no_more_than_the_tables(void **state)
{
	(void)state;
	struct buf elf = {0};
	make_laid_out(0, &elf);
	assert_read(&elf, CODEC_GZIP, 20, true);
	assert_read(&elf, CODEC_XZ, 20, true);
	assert_read(&elf, CODEC_ZSTD, 0, true);
	assert_read(&elf, CODEC_LZ4, 0, true);
	buf_free(&elf);
}

static void reads_all_of_an_unknown_layout(void **state)
{
	(void)state;
	struct buf elf = {0};
	make_laid_out(8, &elf);
	assert_read(&elf, CODEC_ZSTD, 0, false);
	assert_read(&elf, CODEC_XZ, 0, false);
	buf_free(&elf);
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
	    cmocka_unit_test(reads_no_more_than_the_tables),
	    cmocka_unit_test(reads_all_of_an_unknown_layout),
	    cmocka_unit_test(damage_is_an_error),
	    cmocka_unit_test(symvers_has_lines_of_vmlinux_only),
	    cmocka_unit_test(symvers_without_versions),
	    cmocka_unit_test(nowhere_is_said),
	    cmocka_unit_test(cache_tells_the_same),
	};
	return cmocka_run_group_tests_name("vmlinux", tests, NULL, NULL);
}
