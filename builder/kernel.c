/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include <dirent.h>
#include <string.h>

#include "kernel_parts.h"
#include "sysroot.h"

/* Places of lib/modules below a sysroot: usr-merged systems have both names for one directory. */
static const char *const module_places[] = {"lib/modules", "usr/lib/modules"};

char *kernel_module_dir(const char *sysroot, const char *release)
{
	for (size_t i = 0; i < ARRAY_SIZE(module_places); i++) {
		AUTOFREE char *place = path_join(module_places[i], release);
		char *dir = sysroot_path(sysroot, place);
		if (path_exists(dir))
			return dir;
		free(dir);
	}
	return NULL;
}

char *kernel_dir_file(const char *sysroot, const char *moddir, const char *name)
{
	AUTOFREE char *path = path_join(moddir, name);

	return sysroot_host_path(sysroot, path);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "no such kernel: X (installed: A, B)" */
static struct err *no_such_kernel(const char *sysroot, const char *release)
{
	VEC(char *) names = {0};
	struct buf list = {0};

	for (size_t i = 0; i < ARRAY_SIZE(module_places) && !names.count; i++) {
		AUTOFREE char *dir = sysroot_path(sysroot, module_places[i]);
		DIR *d = opendir(dir);
		if (!d)
			continue;
		for (struct dirent *e; (e = readdir(d)) != NULL;)
			if (e->d_name[0] != '.')
				VEC_PUSH(&names, xstrdup(e->d_name));
		closedir(d);
	}
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), by_text);
	for (size_t i = 0; i < names.count; i++) {
		buf_printf(&list, "%s%s", i ? ", " : "", names.items[i]);
		free(names.items[i]);
	}
	struct err *e = err_new(EXIT_FAILED, "no such kernel: %s (installed%s%s: %s)", release,
				*sysroot ? " below " : "", sysroot, names.count ? list.data : "none");
	VEC_FREE(&names);
	buf_free(&list);
	return e;
}

static struct err *read_all(struct kernel *k, const char *const *modprobe_dirs)
{
	TRY(kernel_read_tables(k));
	TRY(kernel_read_conf(k, modprobe_dirs));
	return kernel_read_config(k);
}

struct err *kernel_open(const char *sysroot, const char *release, const char *const *modprobe_dirs, struct kernel **out)
{
	size_t len = strlen(sysroot);

	while (len && sysroot[len - 1] == '/')
		len--;
	AUTOFREE char *root = xstrndup(sysroot, len);
	if (!*release || strchr(release, '/') || strcmp(release, ".") == 0 || strcmp(release, "..") == 0)
		return err_new(EXIT_USAGE, "not the release of a kernel: '%s'", release);
	AUTOFREE char *dir = kernel_module_dir(root, release);
	if (!dir)
		return no_such_kernel(root, release);

	struct kernel *k = xcalloc(1, sizeof(*k));
	k->sysroot = arena_strdup(&k->arena, root);
	k->release = arena_strdup(&k->arena, release);
	k->moddir = arena_strdup(&k->arena, dir);
	struct err *e = read_all(k, modprobe_dirs);
	if (e) {
		kernel_close(k);
		return err_wrap(e, "kernel %s", release);
	}
	*out = k;
	return NULL;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	VEC_FREE(&k->modules);
	VEC_FREE(&k->aliases);
	VEC_FREE(&k->symbols);
	VEC_FREE(&k->builtin_aliases);
	VEC_FREE(&k->conf);
	strmap_free(&k->by_name);
	strmap_free(&k->config);
	arena_free(&k->arena);
	free(k);
}

struct kmodule *kernel_module(const struct kernel *k, const char *name)
{
	char folded[256];
	size_t len = strlen(name);

	if (len >= sizeof(folded))
		return NULL;
	for (size_t i = 0; i <= len; i++)
		folded[i] = name[i] == '-' ? '_' : name[i];
	return strmap_get(&k->by_name, folded);
}

enum module_store module_store_of(const char *path)
{
	static const struct {
		const char *suffix;
		enum module_store store;
	} suffixes[] = {{".ko", STORE_PLAIN}, {".ko.gz", STORE_GZIP}, {".ko.xz", STORE_XZ}, {".ko.zst", STORE_ZSTD}};
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i].suffix);
		if (len > n && strcmp(path + len - n, suffixes[i].suffix) == 0)
			return suffixes[i].store;
	}
	return STORE_UNKNOWN;
}
