/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot_dir.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"
#include "sysroot.h"

/* Names of images with the release where the star is. */
static const struct {
	const char *before, *after;
} image_names[] = {{"initrd.img-", ""}, {"initramfs-", ".img"}};

/* Boot partitions, as kernel-install looks for them. */
static const char *const boot_roots[] = {"efi", "boot", "boot/efi"};

void strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->list.count; i++)
		free(s->list.items[i]);
	VEC_FREE(&s->list);
}

static void add(struct strings *s, char *item)
{
	for (size_t i = 0; i < s->list.count; i++)
		if (strcmp(s->list.items[i], item) == 0) {
			free(item);
			return;
		}
	VEC_PUSH(&s->list, item);
}

char *boot_image_path(const char *sysroot, const char *release)
{
	AUTOFREE char *debian = sysroot_path(sysroot, "/etc/debian_version");
	size_t i = path_exists(debian) ? 0 : 1;

	AUTOFREE char *name = xasprintf("/boot/%s%s%s", image_names[i].before, release, image_names[i].after);
	return sysroot_path(sysroot, name);
}

char *boot_kernel_path(const char *sysroot, const char *release)
{
	AUTOFREE char *name = xasprintf("/boot/vmlinuz-%s", release);
	AUTOFREE char *in_boot = sysroot_path(sysroot, name);
	AUTOFREE char *dir = kernel_module_dir(sysroot, release);

	if (path_exists(in_boot))
		return STEAL_POINTER(in_boot);
	AUTOFREE char *in_dir = dir ? kernel_dir_file(sysroot, dir, "vmlinuz") : NULL;
	return in_dir && path_exists(in_dir) ? STEAL_POINTER(in_dir) : NULL;
}

/* A directory that a removed kernel left behind holds neither. */
static bool has_modules(const char *sysroot, const char *dir)
{
	AUTOFREE char *kernel = kernel_dir_file(sysroot, dir, "kernel");
	AUTOFREE char *dep = kernel_dir_file(sysroot, dir, "modules.dep");

	return path_exists(kernel) || path_exists(dep);
}

static void add_module_dirs(const char *sysroot, const char *place, struct strings *out)
{
	AUTOFREE char *dir = sysroot_path(sysroot, place);
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		AUTOFREE char *sub = path_join(dir, e->d_name);
		if (e->d_name[0] != '.' && has_modules(sysroot, sub))
			add(out, xstrdup(e->d_name));
	}
	closedir(d);
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && strncmp(s + len - n, end, n) == 0;
}

static void add_image_releases(const char *sysroot, struct strings *out)
{
	AUTOFREE char *dir = sysroot_path(sysroot, "/boot");
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		for (size_t i = 0; i < ARRAY_SIZE(image_names); i++) {
			size_t before = strlen(image_names[i].before), after = strlen(image_names[i].after);
			const char *name = e->d_name;
			size_t len = strlen(name);
			if (len > before + after && strncmp(name, image_names[i].before, before) == 0 &&
			    ends_with(name, len, image_names[i].after) && !ends_with(name, len, PREVIOUS_SUFFIX))
				add(out, xstrndup(name + before, len - before - after));
		}
	closedir(d);
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void boot_releases(const char *sysroot, bool images_too, struct strings *out)
{
	add_module_dirs(sysroot, "lib/modules", out);
	add_module_dirs(sysroot, "usr/lib/modules", out);
	if (images_too)
		add_image_releases(sysroot, out);
	if (out->list.count)
		qsort(out->list.items, out->list.count, sizeof(*out->list.items), by_version);
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void boot_images(const char *sysroot, const char *release, struct strings *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(image_names); i++) {
		AUTOFREE char *name = xasprintf("/boot/%s%s%s", image_names[i].before, release, image_names[i].after);
		char *path = sysroot_path(sysroot, name);
		if (is_file(path))
			add(out, path);
		else
			free(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(boot_roots); i++) {
		AUTOFREE char *pattern = xasprintf("/%s/*/%s/initrd*", boot_roots[i], release);
		CLEANUP(globfree) glob_t found = {0};
		if (sysroot_glob(sysroot, pattern, &found) != 0)
			continue;
		for (size_t n = 0; n < found.gl_pathc; n++) {
			AUTOFREE char *path = sysroot_path(sysroot, found.gl_pathv[n]);
			if (is_file(path) && !ends_with(path, strlen(path), PREVIOUS_SUFFIX))
				add(out, STEAL_POINTER(path));
		}
	}
}
