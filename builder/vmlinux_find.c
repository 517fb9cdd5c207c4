/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "compress.h"
#include "kernel.h"
#include "sysroot.h"
#include "vmlinux.h"

/* Largest Module.symvers: those of distribution kernels have 2 MB. */
#define SYMVERS_MAX ((size_t)64 << 20)

/* One place to look: below the sysroot or below the module directory, with the release in it or not. */
struct place {
	bool in_moddir, is_symvers;
	const char *format; /* "%s" is the release */
};

/* The kernel image itself first: a Module.symvers may be of another build. */
static const struct place places[] = {
    {false, false, "boot/vmlinuz-%s"},	 {true, false, "vmlinuz"},
    {false, false, "boot/vmlinux-%s"},	 {false, true, "boot/symvers-%s.zst"},
    {false, true, "boot/symvers-%s.xz"}, {false, true, "boot/symvers-%s.gz"},
    {true, true, "symvers.zst"},	 {true, true, "symvers.xz"},
    {true, true, "symvers.gz"},		 {true, true, "build/Module.symvers"},
};

static char *place_path(const struct place *p, const char *sysroot, const char *moddir, const char *release)
{
	AUTOFREE char *prefix = NULL;
	const char *mark = strstr(p->format, "%s");
	prefix = mark ? xstrndup(p->format, (size_t)(mark - p->format)) : xstrdup(p->format);
	AUTOFREE char *name = xasprintf("%s%s%s", prefix, mark ? release : "", mark ? mark + 2 : "");
	return p->in_moddir ? kernel_dir_file(sysroot, moddir, name) : sysroot_path(sysroot, name);
}

static struct err *read_symvers(const struct file_map *file, struct vmlinux *out)
{
	enum codec c = codec_detect(file->data, file->size);
	AUTOFREE unsigned char *plain = NULL;
	size_t size;
	if (c == CODEC_NONE)
		return symvers_parse((const char *)file->data, file->size, out);
	TRY(decompress(c, file->data, file->size, SYMVERS_MAX, &plain, &size));
	return symvers_parse((const char *)plain, size, out);
}

/*
 * What an image exports, as the cache keeps it: "MACHINE TAB VERMAGIC" (empty where unknown), then lines as
 * Module.symvers has them. Unpacking the image costs a hundred times as much.
 */
static void write_cached(struct vmlinux *v)
{
	buf_printf(&v->cached, "%u\t%s\n", v->machine, v->vermagic ? v->vermagic : "");
	for (size_t i = 0; i < v->exports.count; i++) {
		const struct symbol_ref *ref = &v->exports.items[i];
		buf_printf(&v->cached, "0x%08x\t%s\tvmlinux\tEXPORT_SYMBOL%s\t%s\n", ref->crc, ref->name,
			   ref->gpl_only ? "_GPL" : "", ref->space ? ref->space : "");
	}
}

static bool read_cached(const char *text, size_t size, struct vmlinux *out)
{
	const char *end = memchr(text, '\n', size), *tab = end ? memchr(text, '\t', (size_t)(end - text)) : NULL;
	if (!tab)
		return false;
	struct err *e = symvers_parse(end + 1, size - (size_t)(end + 1 - text), out);
	if (e) {
		err_free(e);
		return false;
	}
	out->machine = (uint16_t)strtoul(text, NULL, 10);
	out->vermagic = end > tab + 1 ? arena_strndup(&out->arena, tab + 1, (size_t)(end - tab - 1)) : NULL;
	return true;
}

static struct err *read_image(const struct file_map *file, const char *release, struct cache *cache,
			      struct vmlinux *out)
{
	const unsigned char *text;
	size_t size;
	if (!cache)
		return vmlinux_parse(file->data, file->size, release, out);
	AUTOFREE char *purpose = xasprintf("exports 2 of %s", release);
	struct cache_key key = cache_key(purpose, file->data, file->size);
	if (cache_get(cache, &key, &text, &size) && read_cached((const char *)text, size, out))
		return NULL;
	TRY(vmlinux_parse(file->data, file->size, release, out));
	write_cached(out);
	cache_put(cache, &key, out->cached.data, out->cached.len);
	return NULL;
}

static struct err *read_place(const struct place *p, const char *path, const char *release, struct cache *cache,
			      struct vmlinux *out)
{
	struct file_map file;
	TRY(file_map(path, &file));
	struct err *e = p->is_symvers ? read_symvers(&file, out) : read_image(&file, release, cache, out);
	file_unmap(&file);
	if (!e)
		out->source = arena_strdup(&out->arena, path);
	return err_wrap(e, "%s", path);
}

struct err *vmlinux_find(const char *sysroot, const char *moddir, const char *release, struct cache *cache,
			 struct vmlinux *out)
{
	struct buf reasons = {0};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		AUTOFREE char *path = place_path(&places[i], sysroot, moddir, release);
		if (access(path, F_OK) != 0)
			continue;
		struct err *e = read_place(&places[i], path, release, cache, out);
		if (!e) {
			buf_free(&reasons);
			return NULL;
		}
		buf_printf(&reasons, "%s%s", reasons.len ? "; " : "", err_message(e));
		err_free(e);
	}
	struct err *e =
	    err_new(EXIT_VERIFY, "%s", reasons.len ? reasons.data : "no kernel image and no Module.symvers is there");
	buf_free(&reasons);
	*out = (struct vmlinux){0};
	return e;
}
