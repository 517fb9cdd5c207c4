/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot_dir.h"

#include <dirent.h>
#include <glob.h>
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
	AUTOFREE char *debian = path_join(sysroot, "etc/debian_version");
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
	AUTOFREE char *in_dir = dir ? path_join(dir, "vmlinuz") : NULL;
	return in_dir && path_exists(in_dir) ? STEAL_POINTER(in_dir) : NULL;
}

/* A directory that a removed kernel left behind holds neither. */
static bool has_modules(const char *dir)
{
	AUTOFREE char *kernel = path_join(dir, "kernel");
	AUTOFREE char *dep = path_join(dir, "modules.dep");

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
		if (e->d_name[0] != '.' && has_modules(sub))
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
		AUTOFREE char *root = sysroot_path(sysroot, boot_roots[i]);
		AUTOFREE char *pattern = xasprintf("%s/*/%s/initrd*", root, release);
		glob_t found = {0};
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t n = 0; n < found.gl_pathc; n++)
				if (is_file(found.gl_pathv[n]) &&
				    !ends_with(found.gl_pathv[n], strlen(found.gl_pathv[n]), PREVIOUS_SUFFIX))
					add(out, xstrdup(found.gl_pathv[n]));
		globfree(&found);
	}
}
