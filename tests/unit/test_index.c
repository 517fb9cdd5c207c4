/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot index: what is written is read, and what is damaged is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../early-init/plan/index_format.h"
#include "made_kernel.h"

struct fixture {
	struct kernel *k;
	unsigned char *data;
	size_t size;
	struct boot_index ix;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->k = made_example();
	made_conf(f->k, CONF_OPTIONS, "disk", "a=1");
	made_conf(f->k, CONF_SOFTDEP, "fs", "pre: crypto-crc disk post: bus");
	made_conf(f->k, CONF_WEAKDEP, "fs", "crypto-cbc nothing");
	made_conf(f->k, CONF_INSTALL, "fs", "");
	made_index(f->k, NULL, &f->ix, &f->data, &f->size);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kernel_close(f->k);
	free(f->data);
	free(f);
	return 0;
}

static void test_modules(void **state)
{
	struct fixture *f = *state;
	struct index_module m;

	assert_string_equal(index_kernel_release(&f->ix), "1.2.3-made");
	assert_int_equal(index_module_count(&f->ix), 8);
	uint32_t id = index_find_module(&f->ix, "crc-a");
	assert_int_equal(id, 0);
	assert_int_equal(index_module(&f->ix, id, &m), 0);
	assert_string_equal(m.name, "crc_a");
	assert_string_equal(m.path, "/lib/modules/1.2.3-made/kernel/crc-a.ko");
	assert_int_equal(m.flags, MODULE_PRESENT);
	assert_null(m.absent_reason);
	assert_int_equal(index_module(&f->ix, index_find_module(&f->ix, "cbc"), &m), 0);
	assert_int_equal(m.flags, MODULE_BUILTIN);
	assert_null(m.path);
	assert_int_equal(index_module(&f->ix, 8, &m), -ENOENT);
	assert_int_equal(index_find_module(&f->ix, "nothing"), MODULE_NONE);
	assert_int_equal(index_find_module(&f->ix, ""), MODULE_NONE);
	/* Every name is found where it is. */
	for (id = 0; id < index_module_count(&f->ix); id++) {
		assert_int_equal(index_module(&f->ix, id, &m), 0);
		assert_int_equal(index_find_module(&f->ix, m.name), id);
	}
}

static void assert_deps(const struct fixture *f, const char *name, enum index_dep_kind kind, const char *expected)
{
	struct index_ids ids = index_deps(&f->ix, index_find_module(&f->ix, name), kind);
	char got[128] = "";

	for (uint32_t i = 0; i < ids.count; i++) {
		struct index_module m;
		size_t len = strlen(got);
		const char *alias = kind == DEP_HARD ? NULL : index_id_alias(&f->ix, ids, i);
		assert_int_equal(index_module(&f->ix, index_id_at(&f->ix, ids, i), &m), 0);
		snprintf(got + len, sizeof(got) - len, "%s%s%s%s", i ? " " : "", m.name, alias ? "=" : "",
			 alias ? alias : "");
	}
	assert_string_equal(got, expected);
	assert_int_equal(index_id_at(&f->ix, ids, ids.count), MODULE_NONE);
	assert_null(index_id_alias(&f->ix, ids, ids.count));
}

static void test_deps(void **state)
{
	struct fixture *f = *state;

	assert_deps(f, "disk", DEP_HARD, "bus core");
	assert_deps(f, "bus", DEP_HARD, "");
	assert_deps(f, "fs", DEP_SOFT_PRE, "crc_a=crypto_crc crc_b=crypto_crc disk");
	assert_deps(f, "fs", DEP_SOFT_POST, "bus");
	assert_deps(f, "fs", DEP_WEAK, "cbc=crypto_cbc only_alias=crypto_cbc");
	assert_int_equal(index_deps(&f->ix, 1000, DEP_HARD).count, 0);
}

static void test_conf(void **state)
{
	struct fixture *f = *state;
	struct index_conf c;

	assert_int_equal(index_conf_count(&f->ix, CONF_OPTIONS), 1);
	assert_int_equal(index_conf_at(&f->ix, CONF_OPTIONS, 0, &c), 0);
	assert_string_equal(c.key, "disk");
	assert_string_equal(c.value, "a=1");
	assert_string_equal(c.source, "made.conf:1");
	assert_int_equal(index_conf_at(&f->ix, CONF_OPTIONS, 1, &c), -ENOENT);
	assert_int_equal(index_conf_count(&f->ix, CONF_ALIAS), 0);
	/* An empty string is not the same as none. */
	assert_int_equal(index_conf_at(&f->ix, CONF_INSTALL, 0, &c), 0);
	assert_string_equal(c.value, "");
}

static void test_settings(void **state)
{
	static const struct index_setting settings[] = {{"b", "2"}, {"a", "1"}, {"c-d", ""}};
	struct fixture *f = *state;
	const char *key, *value;
	struct boot_index ix;
	unsigned char *data;
	size_t size;

	assert_null(index_write(f->k, NULL, NULL, settings, 3, &data, &size));
	assert_int_equal(index_open(&ix, data, size), 0);
	assert_string_equal(index_setting(&ix, "a"), "1");
	assert_string_equal(index_setting(&ix, "b"), "2");
	assert_string_equal(index_setting(&ix, "c-d"), "");
	assert_null(index_setting(&ix, "c"));
	assert_null(index_setting(&f->ix, "a"));
	assert_true(index_setting_at(&ix, 2, &key, &value));
	assert_string_equal(key, "c-d");
	assert_false(index_setting_at(&ix, 3, &key, &value));
	free(data);
}

/* Two writes of the same are the same: images are reproducible. */
static void test_same_bytes(void **state)
{
	struct fixture *f = *state;
	unsigned char *data;
	size_t size;

	assert_null(index_write(f->k, NULL, NULL, NULL, 0, &data, &size));
	assert_int_equal(size, f->size);
	assert_memory_equal(data, f->data, size);
	free(data);
}

static void choose_without_core(void *arg, const struct kmodule *m, struct index_choice *out)
{
	(void)arg;
	if (m->path && strcmp(m->name, "core") != 0)
		*out = (struct index_choice){.flags = MODULE_PRESENT, .image_path = m->path};
}

static void test_open_closure_is_an_error(void **state)
{
	struct fixture *f = *state;
	unsigned char *data;
	size_t size;

	struct err *e = index_write(f->k, choose_without_core, NULL, NULL, 0, &data, &size);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "disk"));
	assert_non_null(strstr(err_message(e), "core"));
	err_free(e);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct boot_index ix;
	unsigned char *copy = xmalloc(f->size + 8);

	memcpy(copy, f->data, f->size);
	memset(copy + f->size, 0, 8);
	assert_int_equal(index_open(&ix, copy, f->size + 8), -EBADMSG);
	for (size_t size = 0; size < f->size; size += size < 64 ? 1 : 61)
		assert_int_equal(index_open(&ix, copy, size), -EMSGSIZE);
	copy[OFF_VERSION]++;
	assert_int_equal(index_open(&ix, copy, f->size), -EPROTONOSUPPORT);
	copy[OFF_VERSION]--;
	copy[0] ^= 1;
	assert_int_equal(index_open(&ix, copy, f->size), -EBADMSG);
	free(copy);
}

/* The checksum is right, a section is not: what was not opened must not look open (its bytes are unmapped). */
static void test_unsound_is_not_open(void **state)
{
	struct fixture *f = *state;
	struct boot_index ix = {0};
	unsigned char *copy = xmalloc(f->size);
	uint64_t sum;

	memcpy(copy, f->data, f->size);
	copy[OFF_TABLE + 8 * SEC_IDS + 7] = 0x7f; /* the number of its records */
	sum = index_checksum(copy + OFF_CHECKED, f->size - OFF_CHECKED);
	for (unsigned i = 0; i < 8; i++)
		copy[OFF_CHECKSUM + i] = (unsigned char)(sum >> 8 * i);
	assert_int_equal(index_open(&ix, copy, f->size), -EBADMSG);
	assert_null(ix.base);
	free(copy);
}

/* Any one bit behind the version, anywhere: the checksum or the header sees it. */
static void test_every_flipped_bit_is_seen(void **state)
{
	struct fixture *f = *state;
	struct boot_index ix;
	unsigned char *copy = xmalloc(f->size);

	memcpy(copy, f->data, f->size);
	for (size_t i = OFF_SECTIONS; i < f->size; i++) {
		copy[i] ^= (unsigned char)(1 << i % 8);
		assert_true(index_open(&ix, copy, f->size) < 0);
		copy[i] ^= (unsigned char)(1 << i % 8);
	}
	free(copy);
}

/* The order that lookup needs: by literal prefix, and behind it as libkmod's trie. */
static void test_key_order(void **state)
{
	static const char *const ordered[] = {"*", "?", "[a]", "", "a*b", "a*", "a?", "a", "ab*", "ab", "b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			int order = index_key_order(ordered[i], index_alias_prefix(ordered[i]), ordered[j],
						    index_alias_prefix(ordered[j]));
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

static bool count_match(void *arg, const char *pattern, uint32_t module)
{
	(void)pattern;
	(void)module;
	++*(unsigned *)arg;
	return false;
}

static void test_match_stops(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 0;

	index_match_alias(&f->ix, ALIAS_KERNEL, "pci:v0001d0002sv", count_match, &calls);
	assert_int_equal(calls, 1);
	assert_int_equal(index_alias_count(&f->ix, ALIAS_KERNEL), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_conf, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_same_bytes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_open_closure_is_an_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_every_flipped_bit_is_seen, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unsound_is_not_open, setup, teardown),
	    cmocka_unit_test(test_key_order),
	    cmocka_unit_test_setup_teardown(test_match_stops, setup, teardown),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
