/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading an installed kernel from a sysroot made here, tables in depmod's format included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../builder/kernel.h"
#include "../../builder/kmod_bin.h"
#include "../../early-init/plan/index.h"

#define RELEASE "1.2.3-made"
#define MODDIR "lib/modules/" RELEASE

struct fixture {
	char root[64];
	struct kernel *k;
};

static void put_file(const struct fixture *f, const char *path, const void *data, size_t size)
{
	AUTOFREE char *full = path_join(f->root, path);

	for (char *slash = full + strlen(f->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const struct fixture *f, const char *path, const char *text)
{
	put_file(f, path, text, strlen(text));
}

struct entry {
	const char *key, *value; /* keys with different first characters, in their order */
	uint32_t priority;
};

static void put_be32(struct buf *b, uint32_t v)
{
	unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
				  (unsigned char)v};

	buf_add(b, bytes, 4);
}

/* A table of depmod: a root with one leaf for each entry. */
static void put_table(const struct fixture *f, const char *path, const struct entry *entries, size_t count)
{
	struct buf leaves = {0}, out = {0};
	unsigned first = (unsigned char)entries[0].key[0], last = (unsigned char)entries[count - 1].key[0];
	uint32_t children[128] = {0}, root = 12, leaf = root + 2 + 4 * (last - first + 1);

	for (size_t i = 0; i < count; i++) {
		children[entries[i].key[0] - (int)first] = 0xc0000000u | (leaf + (uint32_t)leaves.len);
		buf_add(&leaves, entries[i].key + 1, strlen(entries[i].key));
		put_be32(&leaves, 1);
		put_be32(&leaves, entries[i].priority);
		buf_add(&leaves, entries[i].value, strlen(entries[i].value) + 1);
	}
	put_be32(&out, 0xb007f457u);
	put_be32(&out, 0x00020001u);
	put_be32(&out, 0x20000000u | root);
	buf_add(&out, (char[]){(char)first, (char)last}, 2);
	for (unsigned i = 0; i <= last - first; i++)
		put_be32(&out, children[i]);
	buf_add(&out, leaves.data, leaves.len);
	put_file(f, path, out.data, out.len);
	buf_free(&leaves);
	buf_free(&out);
}

static int setup(void **state)
{
	static const struct entry dep[] = {{"alpha", "kernel/alpha.ko: kernel/beta-x.ko.xz", 1},
					   {"beta_x", "kernel/beta-x.ko.xz:", 0},
					   {"gamma", "updates/gamma.ko.zst: kernel/alpha.ko kernel/beta-x.ko.xz", 2}};
	static const struct entry alias[] = {{"pci:*", "gamma", 2}, {"usb:?", "beta_x", 0}};
	static const struct entry builtin[] = {{"fixed", "", 0}};
	static const struct entry builtin_alias[] = {{"crypto_x", "fixed", 0}, {"fs_y", "unlisted", 0}};
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/test_kernel.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	put_text(f, MODDIR "/modules.dep", "");
	put_table(f, MODDIR "/modules.dep.bin", dep, ARRAY_SIZE(dep));
	put_table(f, MODDIR "/modules.alias.bin", alias, ARRAY_SIZE(alias));
	put_table(f, MODDIR "/modules.builtin.bin", builtin, ARRAY_SIZE(builtin));
	put_table(f, MODDIR "/modules.builtin.alias.bin", builtin_alias, ARRAY_SIZE(builtin_alias));
	put_text(f, MODDIR "/kernel/alpha.ko", "");
	put_text(f, MODDIR "/kernel/beta-x.ko.xz", "");
	put_text(f, MODDIR "/updates/gamma.ko.zst", "");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *command = xasprintf("rm -rf '%s'", f->root);

	kernel_close(f->k);
	int r = system(command);
	free(f);
	return r;
}

static void open_kernel(struct fixture *f)
{
	struct err *e = kernel_open(f->root, RELEASE, NULL, &f->k);

	if (e)
		fail_msg("%s", err_message(e));
}

/* kernel_open fails with STATUS and a message with every one of WORDS, ended by NULL. */
static void assert_error(struct err *e, enum exit_status status, ...)
{
	va_list words;

	assert_non_null(e);
	assert_int_equal(err_status(e), status);
	va_start(words, status);
	for (const char *word; (word = va_arg(words, const char *)) != NULL;)
		if (!strstr(err_message(e), word))
			fail_msg("'%s' is not in: %s", word, err_message(e));
	va_end(words);
	err_free(e);
}

static void test_tables(void **state)
{
	struct fixture *f = *state;

	open_kernel(f);
	assert_int_equal(f->k->modules.count, 5);
	assert_string_equal(f->k->modules.items[0]->name, "beta_x");
	assert_string_equal(f->k->modules.items[1]->name, "alpha");
	struct kmodule *gamma = kernel_module(f->k, "gamma");
	assert_ptr_equal(f->k->modules.items[2], gamma);
	assert_int_equal(gamma->order, 2);
	assert_int_equal(gamma->store, STORE_ZSTD);
	assert_int_equal(gamma->dep_count, 2);
	assert_string_equal(gamma->deps[0]->name, "alpha");
	assert_string_equal(gamma->deps[1]->name, "beta_x");
	assert_ptr_equal(kernel_module(f->k, "beta-x"), gamma->deps[1]);
	assert_null(kernel_module(f->k, "nothing"));
	assert_true(kernel_module(f->k, "fixed")->builtin);
	assert_false(kernel_module(f->k, "fixed")->alias_only);
	assert_true(kernel_module(f->k, "unlisted")->alias_only);
	assert_int_equal(f->k->aliases.count, 2);
	assert_int_equal(f->k->builtin_aliases.count, 2);
	assert_int_equal(f->k->symbols.count, 0);
}

/* modules.order knows where the one was that another stands in for. */
static void test_replacements(void **state)
{
	struct fixture *f = *state;

	open_kernel(f);
	assert_null(kernel_module(f->k, "gamma")->own_path);
	kernel_close(f->k);
	put_text(f, MODDIR "/modules.order",
		 "kernel/alpha.ko\nkernel/drivers/net/gamma.ko\nkernel/second/gamma.ko\nkernel/none.ko\n\nnot a path");
	open_kernel(f);
	assert_string_equal(kernel_module(f->k, "gamma")->own_path, "kernel/drivers/net/gamma.ko");
	assert_null(kernel_module(f->k, "alpha")->own_path);
	assert_null(kernel_module(f->k, "fixed")->own_path);
}

static void test_usr_merged_or_not(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *usr = path_join(f->root, "usr"), *lib = path_join(f->root, "lib");
	AUTOFREE char *usr_lib = path_join(f->root, "usr/lib"), *slash = xasprintf("%s//", f->root);

	assert_int_equal(mkdir(usr, 0777), 0);
	assert_int_equal(rename(lib, usr_lib), 0);
	open_kernel(f);
	assert_non_null(strstr(f->k->moddir, "/usr/lib/modules/"));
	kernel_close(f->k);
	/* An absolute link leads out of the sysroot, to the host's modules. */
	assert_int_equal(symlink("/usr/lib", lib), 0);
	assert_null(kernel_open(slash, RELEASE, NULL, &f->k));
	assert_string_equal(f->k->sysroot, f->root);
	assert_non_null(strstr(f->k->moddir, "/usr/lib/modules/"));
}

/* The lines of KIND as "KEY@SOURCE " */
static void conf_is(const struct fixture *f, enum index_conf_kind kind, const char *expected)
{
	CLEANUP(buf_free) struct buf got = {0};

	buf_puts(&got, "");
	for (size_t i = 0; i < f->k->conf.count; i++)
		if (f->k->conf.items[i].kind == (int)kind)
			buf_printf(&got, "%s@%s ", f->k->conf.items[i].key, f->k->conf.items[i].source);
	assert_string_equal(got.data, expected);
}

static void test_conf_precedence(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *mask = path_join(f->root, "etc/modprobe.d/masked.conf");

	put_text(f, "lib/modprobe.d/a.conf", "blacklist from-lib\n");
	put_text(f, "usr/lib/modprobe.d/a.conf", "blacklist from-usr-lib\n");
	put_text(f, "usr/local/lib/modprobe.d/a.conf", "blacklist from-local\n");
	put_text(f, "run/modprobe.d/a.conf", "blacklist from-run\n");
	put_text(f, "etc/modprobe.d/z.conf", "blacklist last\nsoftdep m pre: late\n");
	put_text(f, "etc/modprobe.d/b.conf", "# first\nblacklist b\nsoftdep m pre: early\n");
	put_text(f, "lib/modprobe.d/masked.conf", "blacklist masked\n");
	put_text(f, "etc/modprobe.d/not-read", "blacklist no\n");
	put_text(f, "etc/modprobe.d/.hidden.conf", "blacklist no\n");
	put_text(f, "etc/modprobe.d/directory.conf/x", "");
	put_text(f, MODDIR "/modules.softdep", "softdep m pre: kernel\n");
	put_text(f, MODDIR "/modules.weakdep", "weakdep m weak\n");
	assert_int_equal(symlink("/dev/null", mask), 0);
	open_kernel(f);
	conf_is(f, CONF_BLACKLIST,
		"from_run@/run/modprobe.d/a.conf:1 b@/etc/modprobe.d/b.conf:2 last@/etc/modprobe.d/z.conf:1 ");
	conf_is(f, CONF_SOFTDEP,
		"m@/etc/modprobe.d/b.conf:3 m@/" MODDIR "/modules.softdep:1 m@/etc/modprobe.d/z.conf:2 ");
	conf_is(f, CONF_WEAKDEP, "m@/" MODDIR "/modules.weakdep:1 ");
}

static void test_given_directories(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *dir = path_join(f->root, "own"), *file = path_join(f->root, "single");
	const char *places[] = {dir, file, "/nonexistent", NULL};

	put_text(f, "etc/modprobe.d/a.conf", "blacklist usual\n");
	put_text(f, "etc/modules-load.d/a.conf", "usual\n");
	put_text(f, "own/a.conf", "blacklist own\n");
	put_text(f, "single", "blacklist single\n");
	assert_null(kernel_open(f->root, RELEASE, places, &f->k));
	conf_is(f, CONF_BLACKLIST, "own@/own/a.conf:1 single@/single:1 ");
	conf_is(f, CONF_LOAD, "");
}

static void test_modules_load(void **state)
{
	struct fixture *f = *state;

	put_text(f, "etc/modules-load.d/a.conf", "# c\n; c\n\n  alpha \nbeta-x rest\r\n");
	put_text(f, "usr/lib/modules-load.d/a.conf", "hidden\n");
	put_text(f, "usr/lib/modules-load.d/b.conf", "gamma");
	open_kernel(f);
	conf_is(f, CONF_LOAD,
		"alpha@/etc/modules-load.d/a.conf:4 beta-x@/etc/modules-load.d/a.conf:5 "
		"gamma@/usr/lib/modules-load.d/b.conf:1 ");
}

static void test_kernel_config(void **state)
{
	struct fixture *f = *state;

	open_kernel(f);
	assert_false(f->k->has_config);
	assert_null(kernel_config(f->k, "RD_ZSTD"));
	kernel_close(f->k);
	put_text(f, "boot/config-" RELEASE,
		 "# comment\nCONFIG_RD_ZSTD=y\n# CONFIG_RD_XZ is not set\nCONFIG_S=\"a b\"\n");
	open_kernel(f);
	assert_true(f->k->has_config);
	assert_string_equal(kernel_config(f->k, "RD_ZSTD"), "y");
	assert_string_equal(kernel_config(f->k, "CONFIG_RD_ZSTD"), "y");
	assert_null(kernel_config(f->k, "RD_XZ"));
	assert_string_equal(kernel_config(f->k, "S"), "a b");
}

static void test_check_dep(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *alpha = path_join(f->root, MODDIR "/kernel/alpha.ko");

	open_kernel(f);
	assert_null(kernel_check_dep(f->k));
	/* Replaced by a newer one in updates/: on disk, and rightly not in modules.dep. */
	put_text(f, MODDIR "/kernel/gamma.ko", "");
	put_text(f, MODDIR "/kernel/notes.txt", "");
	assert_null(kernel_check_dep(f->k));
	/* What depmod passes over: links to nothing, sources that lie there. */
	AUTOFREE char *dangling = path_join(f->root, MODDIR "/kernel/dangling.ko");
	assert_int_equal(symlink("/nowhere/dangling.ko", dangling), 0);
	put_text(f, MODDIR "/build/samples/sample.ko", "");
	assert_null(kernel_check_dep(f->k));
	put_text(f, MODDIR "/extra/stranger.ko", "");
	assert_error(kernel_check_dep(f->k), EXIT_VERIFY, "extra/stranger.ko is on disk", "depmod -a " RELEASE, NULL);
	assert_int_equal(unlink(alpha), 0);
	assert_error(kernel_check_dep(f->k), EXIT_VERIFY, "extra/stranger.ko is on disk",
		     "kernel/alpha.ko is in modules.dep and gone", NULL);
}

static void test_open_errors(void **state)
{
	static const struct entry dangling[] = {{"alpha", "kernel/alpha.ko: kernel/nowhere.ko", 0}};
	struct fixture *f = *state;
	AUTOFREE char *text = path_join(f->root, MODDIR "/modules.dep");

	assert_error(kernel_open(f->root, "9.9", NULL, &f->k), EXIT_FAILED, "no such kernel: 9.9", RELEASE, NULL);
	assert_error(kernel_open(f->root, "../x", NULL, &f->k), EXIT_USAGE, "../x", NULL);
	assert_error(kernel_open(f->root, "", NULL, &f->k), EXIT_USAGE, "", NULL);
	put_table(f, MODDIR "/modules.dep.bin", dangling, 1);
	assert_error(kernel_open(f->root, RELEASE, NULL, &f->k), EXIT_VERIFY, "alpha", "kernel/nowhere.ko", "depmod -a",
		     NULL);
	put_text(f, MODDIR "/modules.dep.bin", "no table");
	assert_error(kernel_open(f->root, RELEASE, NULL, &f->k), EXIT_FAILED, "modules.dep.bin", "depmod -a", NULL);
	assert_int_equal(unlink(text), 0);
	assert_error(kernel_open(f->root, RELEASE, NULL, &f->k), EXIT_FAILED, "modules.dep missing",
		     "depmod -a " RELEASE, NULL);
}

static void count_entry(void *arg, const char *key, size_t key_len, const char *value, uint32_t priority)
{
	assert_int_equal(strlen(key), key_len);
	*(size_t *)arg += strlen(value) + priority + 1;
}

/* Every table cut short, and every byte of one changed: an error or an answer, never a fault. */
static void test_damaged_tables(void **state)
{
	struct fixture *f = *state;
	AUTOFREE char *path = path_join(f->root, MODDIR "/modules.dep.bin");
	AUTOFREE char *data = NULL;
	size_t size, sum = 0;

	assert_null(file_read(path, 4096, &data, &size));
	assert_null(kmod_bin_read(data, size, count_entry, &sum));
	assert_true(sum > 0);
	for (size_t n = 0; n < size; n++) {
		AUTOFREE char *cut = xmalloc(n);
		memcpy(cut, data, n);
		struct err *e = kmod_bin_read(cut, n, count_entry, &sum);
		assert_non_null(e);
		err_free(e);
	}
	for (size_t i = 0; i < size; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			data[i] = (char)(data[i] ^ 1 << bit);
			err_free(kmod_bin_read(data, size, count_entry, &sum));
			data[i] = (char)(data[i] ^ 1 << bit);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replacements, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_usr_merged_or_not, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_conf_precedence, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_given_directories, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_modules_load, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kernel_config, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_check_dep, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_open_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged_tables, setup, teardown),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
