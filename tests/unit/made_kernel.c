/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "made_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct kernel *made_kernel(void)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	k->sysroot = "";
	k->release = "1.2.3-made";
	k->moddir = "/nonexistent";
	return k;
}

struct kmodule *made_module(struct kernel *k, const char *name, const char *path, const char *deps)
{
	struct kmodule *m = arena_alloc(&k->arena, sizeof(*m));
	char *words = arena_strdup(&k->arena, deps ? deps : "");

	*m = (struct kmodule){.name = name, .path = path, .builtin = !path, .order = (uint32_t)k->modules.count};
	m->deps = arena_alloc(&k->arena, (strlen(words) + 1) * sizeof(*m->deps));
	for (char *word; (word = strsep(&words, " ")) != NULL;)
		if (*word)
			m->deps[m->dep_count++] = strmap_get(&k->by_name, word);
	VEC_PUSH(&k->modules, m);
	strmap_put(&k->by_name, m->name, m);
	return m;
}

void made_alias(struct kernel *k, const char *pattern, const char *module)
{
	struct kalias a = {pattern, strmap_get(&k->by_name, module)};

	if (strncmp(pattern, "symbol:", strlen("symbol:")) == 0)
		VEC_PUSH(&k->symbols, a);
	else if (a.module->path)
		VEC_PUSH(&k->aliases, a);
	else
		VEC_PUSH(&k->builtin_aliases, a);
}

void made_conf(struct kernel *k, enum index_conf_kind kind, const char *key, const char *value)
{
	struct kconf c = {(int)kind, key, value, "made.conf:1"};

	VEC_PUSH(&k->conf, c);
}

void made_index(const struct kernel *k, index_choose_fn *choose, struct boot_index *ix, unsigned char **data,
		size_t *size)
{
	struct err *e = index_write(k, choose, NULL, NULL, 0, data, size);

	if (e)
		fail_msg("%s", err_message(e));
	assert_int_equal(index_open(ix, *data, *size), 0);
}

struct kernel *made_example(void)
{
	struct kernel *k = made_kernel();

	made_module(k, "crc_a", "kernel/crc-a.ko", NULL);
	made_module(k, "crc_b", "kernel/crc-b.ko", NULL);
	made_module(k, "bus", "kernel/bus.ko.xz", NULL);
	made_module(k, "core", "kernel/core.ko", "bus");
	made_module(k, "disk", "kernel/disk.ko", "core bus");
	made_module(k, "fs", "kernel/fs.ko", NULL);
	made_module(k, "cbc", NULL, NULL);
	made_module(k, "only_alias", NULL, NULL)->alias_only = true;
	made_alias(k, "crypto_crc", "crc_b");
	made_alias(k, "crypto_crc", "crc_a");
	made_alias(k, "pci:v0001d*", "disk");
	made_alias(k, "pci:v0001d0002sv*", "core");
	made_alias(k, "pci:*", "bus");
	made_alias(k, "usb:ic0[1-3]*", "fs");
	made_alias(k, "symbol:do_bus", "bus");
	made_alias(k, "crypto_cbc", "cbc");
	made_alias(k, "crypto_*", "only_alias");
	return k;
}
