/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../builder/module_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "elf_maker.h"

static const struct symbol_ref *find(const struct symbol_ref *refs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(refs[i].name, name) == 0)
			return &refs[i];
	return NULL;
}

static void reads_what_a_module_says(void **state)
{
	(void)state;
	struct buf file = {0};
	struct module_elf m;
	make_module(&file, "mine", KERNEL_MAGIC, "given", "wanted", 0xabcdef01);
	assert_null(module_elf_read(file.data, file.len, &m));
	assert_int_equal(m.machine, EM_X86_64);
	assert_string_equal(m.name, "mine");
	assert_string_equal(m.vermagic, KERNEL_MAGIC);
	assert_int_equal(m.params.count, 2);
	assert_string_equal(m.params.items[0], "size");
	assert_string_equal(m.params.items[1], "queues");
	assert_int_equal(m.depends.count, 2);
	assert_string_equal(m.depends.items[1], "two");
	assert_string_equal(m.firmware.items[0], "a/b.bin");
	const struct symbol_ref *ref = find(m.imports.items, m.imports.count, "wanted");
	assert_true(ref && ref->has_crc && ref->crc == 0xabcdef01 && !ref->weak);
	ref = find(m.imports.items, m.imports.count, "may_be_there");
	assert_true(ref && ref->weak && !ref->has_crc);
	assert_int_equal(m.exports.count, 1);
	assert_string_equal(m.exports.items[0].name, "given");
	assert_int_equal(m.exports.items[0].crc, 0x22222222);
	assert_false(m.has_signature);
	module_elf_free(&m);
	buf_free(&file);
}

/* The kernel compares module_layout's CRC, though no symbol of that name is undefined. */
static void module_layout_counts_as_import(void **state)
{
	(void)state;
	struct elf_maker maker;
	struct buf versions = {0}, file = {0};
	struct module_elf m;
	elf_begin(&maker);
	version_entry(&versions, 7, "module_layout");
	elf_add(&maker, "__versions", versions.data, versions.len, 0);
	elf_symbol(&maker, "here", STB_GLOBAL, SHN_ABS, 0);
	elf_finish(&maker, ET_REL, EM_X86_64, &file);
	assert_null(module_elf_read(file.data, file.len, &m));
	assert_int_equal(m.imports.count, 1);
	assert_string_equal(m.imports.items[0].name, "module_layout");
	assert_int_equal(m.imports.items[0].crc, 7);
	module_elf_free(&m);
	buf_free(&versions);
	buf_free(&file);
}

/* Linux 6.14: names longer than 55 bytes have their CRCs elsewhere. */
static void long_names_have_versions_too(void **state)
{
	(void)state;
	static const char name[] = "a_symbol_whose_name_is_much_longer_than_the_fifty_five_bytes_of_an_entry";
	static const char names[] = "short\0a_symbol_whose_name_is_much_longer_than_the_fifty_five_bytes_of_an_entry";
	uint32_t crcs[2] = {1, 2};
	struct elf_maker maker;
	struct buf file = {0};
	struct module_elf m;
	elf_begin(&maker);
	elf_add(&maker, "__version_ext_crcs", crcs, sizeof(crcs), 0);
	elf_add(&maker, "__version_ext_names", names, sizeof(names), 0);
	elf_symbol(&maker, name, STB_GLOBAL, SHN_UNDEF, 0);
	elf_finish(&maker, ET_REL, EM_X86_64, &file);
	assert_null(module_elf_read(file.data, file.len, &m));
	assert_true(m.imports.count == 1 && m.imports.items[0].has_crc && m.imports.items[0].crc == 2);
	module_elf_free(&m);
	buf_free(&file);
}

/* Before Linux 5.19 a __crc_NAME symbol was the CRC itself. */
static void absolute_crc_symbols(void **state)
{
	(void)state;
	struct elf_maker maker;
	struct buf file = {0};
	struct module_elf m;
	elf_begin(&maker);
	unsigned table = elf_add(&maker, "__ksymtab", "12345678", 8, 0);
	elf_symbol(&maker, "__ksymtab_old", STB_GLOBAL, (uint16_t)table, 0);
	elf_symbol(&maker, "__crc_old", STB_GLOBAL, SHN_ABS, 0xfeedbeef);
	elf_finish(&maker, ET_REL, EM_X86_64, &file);
	assert_null(module_elf_read(file.data, file.len, &m));
	assert_true(m.exports.count == 1 && m.exports.items[0].has_crc && m.exports.items[0].crc == 0xfeedbeef);
	module_elf_free(&m);
	buf_free(&file);
}

static void signature_is_seen(void **state)
{
	(void)state;
	/* ContentInfo with one signer: CN "Key", serial AB CD, sha256. */
	static const unsigned char pkcs7[] = {
	    0x30, 0x48, 0x06, 0x01, 0x2a, 0xa0, 0x43, 0x30, 0x41, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30,
	    0x00, 0x31, 0x38, 0x30, 0x36, 0x02, 0x01, 0x01, 0x30, 0x14, 0x30, 0x0e, 0x31, 0x0c, 0x30,
	    0x0a, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x03, 0x4b, 0x65, 0x79, 0x02, 0x02, 0xab, 0xcd,
	    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x30, 0x0b,
	    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x01, 0x00,
	};
	unsigned char trailer[12] = {0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, sizeof(pkcs7)};
	struct buf file = {0};
	struct module_elf m;
	make_module(&file, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	buf_add(&file, pkcs7, sizeof(pkcs7));
	buf_add(&file, trailer, sizeof(trailer));
	buf_puts(&file, "~Module signature appended~\n");
	assert_null(module_elf_read(file.data, file.len, &m));
	assert_true(m.has_signature);
	assert_string_equal(m.sig_id, "PKCS#7");
	assert_string_equal(m.sig_key, "AB:CD");
	assert_string_equal(m.sig_signer, "Key");
	assert_string_equal(m.sig_hash, "sha256");
	module_elf_free(&m);
	buf_free(&file);
}

static void assert_refused(const void *data, size_t size, const char *why)
{
	struct module_elf m;
	struct err *e = module_elf_read(data, size, &m);
	assert_non_null(e);
	assert_int_equal(err_status(e), EXIT_VERIFY);
	assert_non_null(strstr(err_message(e), why));
	err_free(e);
}

static void refuses_what_is_no_module(void **state)
{
	(void)state;
	struct buf file = {0};
	assert_refused("#!/bin/sh\nexit 0\n", 17, "not an ELF file");
	make_vmlinux(&file);
	assert_refused(file.data, file.len, "not a relocatable one");
	buf_free(&file);
}

/* Cut anywhere, it is an error or the same module: the section table is at the end. */
static void every_truncation_is_an_error(void **state)
{
	(void)state;
	struct buf file = {0};
	make_module(&file, "mine", KERNEL_MAGIC, "given", "wanted", 1);
	for (size_t n = 0; n < file.len; n++) {
		struct module_elf m;
		char *cut = malloc(n ? n : 1); /* its own allocation: a read behind it is seen */
		assert_non_null(cut);
		memcpy(cut, file.data, n);
		struct err *e = module_elf_read(cut, n, &m);
		assert_non_null(e);
		err_free(e);
		free(cut);
	}
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_a_module_says),
	    cmocka_unit_test(module_layout_counts_as_import),
	    cmocka_unit_test(long_names_have_versions_too),
	    cmocka_unit_test(absolute_crc_symbols),
	    cmocka_unit_test(signature_is_seen),
	    cmocka_unit_test(refuses_what_is_no_module),
	    cmocka_unit_test(every_truncation_is_an_error),
	};
	return cmocka_run_group_tests_name("module_elf", tests, NULL, NULL);
}
