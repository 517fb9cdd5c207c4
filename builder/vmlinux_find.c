/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "compress.h"
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
	return path_join(p->in_moddir ? moddir : sysroot, name);
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

static struct err *read_place(const struct place *p, const char *path, const char *release, struct vmlinux *out)
{
	struct file_map file;
	TRY(file_map(path, &file));
	struct err *e = p->is_symvers ? read_symvers(&file, out) : vmlinux_parse(file.data, file.size, release, out);
	file_unmap(&file);
	if (!e)
		out->source = arena_strdup(&out->arena, path);
	return err_wrap(e, "%s", path);
}

struct err *vmlinux_find(const char *sysroot, const char *moddir, const char *release, struct vmlinux *out)
{
	struct buf reasons = {0};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		AUTOFREE char *path = place_path(&places[i], sysroot, moddir, release);
		if (access(path, F_OK) != 0)
			continue;
		struct err *e = read_place(&places[i], path, release, out);
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
