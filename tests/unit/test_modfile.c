// SPDX-License-Identifier: GPL-2.0-or-later
/* Module files as they are stored, and the .modinfo section inside. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "../../early-init/boot.h"
#include "../../early-init/plan/modinfo.h"

static char path[] = "/tmp/modfile.XXXXXX";

static void store(const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void test_plain_goes_by_descriptor(void **state)
{
	struct modfile m;

	(void)state;
	store("\x7f"
	      "ELF rest",
	      9);
	assert_int_equal(modfile_open(path, &m), 0);
	assert_true(m.fd >= 0);
	assert_false(m.kernel_decompress);
	modfile_close(&m);
}

static void test_zstd_is_undone_here(void **state)
{
	char text[5000], packed[6000];
	struct modfile m;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 % 251);
	n = ZSTD_compress(packed, sizeof(packed), text, sizeof(text), 3);
	assert_false(ZSTD_isError(n));
	store(packed, n);
	assert_int_equal(modfile_open(path, &m), 0);
	assert_true(m.fd < 0);
	assert_int_equal(m.size, sizeof(text));
	assert_memory_equal(m.data, text, sizeof(text));
	modfile_close(&m);
	for (size_t cut = 5; cut < n; cut += 97) {
		store(packed, cut);
		assert_int_equal(modfile_open(path, &m), -EBADMSG);
	}
}

/* `zstd <x.ko >x.ko.zst` cannot know the size when it writes the head. */
static void test_zstd_of_unknown_size(void **state)
{
	enum { SIZE = 3 << 20 };
	char *text = malloc(SIZE), *packed = malloc(ZSTD_COMPRESSBOUND(SIZE));
	ZSTD_CStream *stream = ZSTD_createCStream();
	ZSTD_outBuffer out = {packed, ZSTD_COMPRESSBOUND(SIZE), 0};
	ZSTD_inBuffer in = {text, SIZE, 0};
	struct modfile m;

	(void)state;
	assert_true(text && packed && stream);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)((i * i) >> 7);
	ZSTD_initCStream(stream, 1);
	assert_false(ZSTD_isError(ZSTD_compressStream(stream, &out, &in)));
	assert_int_equal(ZSTD_endStream(stream, &out), 0);
	assert_true(ZSTD_getFrameContentSize(packed, out.pos) == ZSTD_CONTENTSIZE_UNKNOWN);
	store(packed, out.pos);
	assert_int_equal(modfile_open(path, &m), 0);
	assert_int_equal(m.size, SIZE);
	assert_memory_equal(m.data, text, SIZE);
	modfile_close(&m);
	for (size_t cut = 6; cut < out.pos; cut += out.pos / 7) {
		store(packed, cut);
		assert_int_equal(modfile_open(path, &m), -EBADMSG);
	}
	ZSTD_freeCStream(stream);
	free(packed);
	free(text);
}

static void test_zstd_that_claims_too_much(void **state)
{
	/* A frame header with a content size of 2^40 bytes. */
	static const unsigned char head[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
	struct modfile m;

	(void)state;
	store(head, sizeof(head));
	assert_int_equal(modfile_open(path, &m), -EBADMSG);
}

static void test_what_cannot_be_opened(void **state)
{
	struct modfile m;

	(void)state;
	store("", 0);
	assert_int_equal(modfile_open(path, &m), -ENOEXEC);
	assert_int_equal(modfile_open("/nonexistent.ko", &m), -ENOENT);
	assert_int_equal(modfile_open("/", &m), -ENOEXEC);
	assert_true(m.fd < 0);
}

/* An ELF file of one .modinfo and its names. */
struct tiny_elf {
	Elf64_Ehdr head;
	Elf64_Shdr sections[3];
	char names[24];
	char info[64];
};

static const char strings[] = "license=GPL\0\0\0alias=pci:a\0nonsense\0alias=pci:b=c\0depends=\0";

static void make_elf(struct tiny_elf *e)
{
	*e = (struct tiny_elf){.names = "\0.modinfo\0.shstrtab"};
	memcpy(e->head.e_ident, ELFMAG, SELFMAG);
	e->head.e_ident[EI_CLASS] = ELFCLASS64;
	e->head.e_ident[EI_DATA] = ELFDATA2LSB;
	e->head.e_shoff = offsetof(struct tiny_elf, sections);
	e->head.e_shentsize = sizeof(Elf64_Shdr);
	e->head.e_shnum = 3;
	e->head.e_shstrndx = 2;
	e->sections[1] =
	    (Elf64_Shdr){.sh_name = 1, .sh_offset = offsetof(struct tiny_elf, info), .sh_size = sizeof(strings) - 1};
	e->sections[2] =
	    (Elf64_Shdr){.sh_name = 10, .sh_offset = offsetof(struct tiny_elf, names), .sh_size = sizeof(e->names)};
	memcpy(e->info, strings, sizeof(strings) - 1);
}

static void test_modinfo(void **state)
{
	static const char *const expected[] = {"license", "GPL", "alias", "pci:a", "alias", "pci:b=c", "depends", ""};
	struct tiny_elf e;
	struct modinfo info;
	struct modinfo_entry entry;
	size_t n = 0;

	(void)state;
	make_elf(&e);
	assert_int_equal(modinfo_open(&e, sizeof(e), &info), 0);
	assert_string_equal(modinfo_get(&info, "alias"), "pci:a");
	assert_string_equal(modinfo_get(&info, "depends"), "");
	assert_null(modinfo_get(&info, "aliases"));
	for (; modinfo_next(&info, &entry); n += 2) {
		assert_true(n < ARRAY_SIZE(expected));
		assert_int_equal(entry.key_len, strlen(expected[n]));
		assert_memory_equal(entry.key, expected[n], entry.key_len);
		assert_string_equal(entry.value, expected[n + 1]);
	}
	assert_int_equal(n, ARRAY_SIZE(expected));
}

static void test_damaged_modinfo(void **state)
{
	struct tiny_elf e;
	struct modinfo info;
	struct modinfo_entry entry;

	(void)state;
	make_elf(&e);
	/* Cut anywhere: an error, or strings that end inside the file. */
	for (size_t size = 0; size < sizeof(e); size++) {
		char *copy = malloc(size ? size : 1);

		memcpy(copy, &e, size);
		if (modinfo_open(copy, size, &info) == 0) {
			while (modinfo_next(&info, &entry))
				assert_true(entry.value + strlen(entry.value) < copy + size);
		}
		free(copy);
	}
	e.sections[1].sh_offset = UINT64_MAX - 3;
	assert_int_equal(modinfo_open(&e, sizeof(e), &info), -EBADMSG);
	make_elf(&e);
	e.head.e_shoff = UINT64_MAX - 64;
	assert_int_equal(modinfo_open(&e, sizeof(e), &info), -EBADMSG);
	make_elf(&e);
	e.sections[1].sh_name = 9;
	assert_int_equal(modinfo_open(&e, sizeof(e), &info), -ENOENT);
	assert_int_equal(modinfo_open("text", 4, &info), -ENOEXEC);
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain_goes_by_descriptor), cmocka_unit_test(test_zstd_is_undone_here),
	    cmocka_unit_test(test_zstd_of_unknown_size),     cmocka_unit_test(test_zstd_that_claims_too_much),
	    cmocka_unit_test(test_what_cannot_be_opened),    cmocka_unit_test(test_modinfo),
	    cmocka_unit_test(test_damaged_modinfo),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
