/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress.h"

#define FIRMWARE_MAX ((size_t)256 * 1024 * 1024)

/* How a firmware file may be stored, in the order of the kernel's tries. */
static const struct stored {
	const char *suffix, *config;
	enum codec codec;
} stored[] = {
    {"", NULL, CODEC_NONE},
    {".zst", "FW_LOADER_COMPRESS_ZSTD", CODEC_ZSTD},
    {".xz", "FW_LOADER_COMPRESS_XZ", CODEC_XZ},
};

static bool kernel_reads(const struct kernel *k, const struct stored *st)
{
	if (!st->config)
		return true;
	const char *value = kernel_config(k, st->config);
	return value && strcmp(value, "y") == 0;
}

/* PATH without the leading SYSROOT: where it is in the image. */
static const char *inside(const struct kernel *k, const char *path)
{
	size_t len = strlen(k->sysroot);

	return strncmp(path, k->sysroot, len) == 0 ? path + len : path;
}

static struct err *add_plain(struct manifest *m, struct entry *e, const struct stored *st, const char *path)
{
	struct file_map map = {0};
	unsigned char *plain;
	size_t size;

	TRY(file_map(path, &map));
	struct err *error = decompress(st->codec, map.data, map.size, FIRMWARE_MAX, &plain, &size);
	file_unmap(&map);
	if (error)
		return err_wrap(error, "firmware %s", path);
	e->data = plain;
	e->size = size;
	e->data_owned = true;
	e->input = path;
	struct entry *kept = NULL;
	error = manifest_add(m, e, &kept);
	/* An equal entry that was there already keeps its own bytes. */
	if (error || kept->data != plain)
		free(plain);
	return error;
}

/* One regular file PATH, stored as ST. */
static struct err *add_file(struct manifest *m, const struct kernel *k, const char *path, const struct stored *st,
			    const struct entry *why)
{
	struct entry e = *why;
	const char *name = inside(k, path);

	e.type = ENTRY_FILE;
	e.mode = 0644;
	e.path = name;
	if (kernel_reads(k, st)) {
		e.source = path;
		return manifest_add(m, &e, NULL);
	}
	AUTOFREE char *bare = xstrndup(name, strlen(name) - strlen(st->suffix));
	e.path = bare;
	return add_plain(m, &e, st, path);
}

/*
 * PATH and, where it is a symlink, what it leads to; both keep their places.
 * A link out of the firmware directory, or a compressed one that must be
 * undone, becomes the file itself.
 */
static struct err *add_found(struct manifest *m, const struct kernel *k, const char *path, const struct stored *st,
			     const struct entry *why)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0 || !kernel_reads(k, st) || memchr(target, '/', (size_t)len) == target)
		return add_file(m, k, path, st, why);
	target[len] = '\0';
	AUTOFREE char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	AUTOFREE char *next = path_join(dir, target);
	AUTOFREE char *real = realpath(next, NULL);
	AUTOFREE char *base = path_join(k->sysroot, "lib/firmware");
	AUTOFREE char *real_base = realpath(base, NULL);
	if (!real || !real_base || strncmp(real, real_base, strlen(real_base)) != 0)
		return add_file(m, k, path, st, why);
	/* realpath() resolved /lib as well: back to the name below lib/firmware. */
	AUTOFREE char *file = path_join(base, real + strlen(real_base));
	struct entry e = *why;
	e.type = ENTRY_SYMLINK;
	e.mode = 0777;
	e.path = inside(k, path);
	e.target = target;
	TRY(manifest_add(m, &e, NULL));
	return add_file(m, k, file, st, why);
}

struct lookup {
	struct manifest *m;
	const struct kernel *k;
	const char *name;
	const struct entry *why;
	bool found;
};

static struct err *look_in(struct lookup *l, const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(stored); i++) {
		AUTOFREE char *pattern = xasprintf("%s/%s/%s%s", l->k->sysroot, dir, l->name, stored[i].suffix);
		glob_t g;
		struct err *e = NULL;

		/* Nearly all names are plain: glob(3) would read the directory's parents for nothing. */
		if (!strpbrk(l->name, "*?[")) {
			if (path_exists(pattern)) {
				l->found = true;
				return add_found(l->m, l->k, pattern, &stored[i], l->why);
			}
			continue;
		}
		if (glob(pattern, GLOB_ERR, NULL, &g) != 0)
			continue;
		for (size_t n = 0; n < g.gl_pathc && !e; n++) {
			l->found = true;
			e = add_found(l->m, l->k, g.gl_pathv[n], &stored[i], l->why);
		}
		globfree(&g);
		TRY(e);
	}
	return NULL;
}

static void note_missing(struct firmware_report *r, const char *name, const char *module)
{
	for (size_t i = 0; i < r->missing.count; i++)
		if (strcmp(r->missing.items[i].name, name) == 0)
			return;
	struct missing_firmware f = {arena_strdup(&r->arena, name), arena_strdup(&r->arena, module), false};
	VEC_PUSH(&r->missing, f);
}

struct err *firmware_add(struct manifest *m, const struct kernel *k, const char *name, const char *module,
			 const char *because, struct firmware_report *r)
{
	AUTOFREE char *updates_release = xasprintf("lib/firmware/updates/%s", k->release);
	AUTOFREE char *release = xasprintf("lib/firmware/%s", k->release);
	const char *const dirs[] = {updates_release, "lib/firmware/updates", release, "lib/firmware"};
	AUTOFREE char *reason = xasprintf("firmware of %s", module);
	struct entry why = {.owner = "firmware", .reason = reason, .because = because, .segment = SEG_MAIN};
	struct lookup l = {m, k, name, &why, false};

	if (name[0] == '/' || strstr(name, ".."))
		return NULL; /* the kernel refuses such names */
	size_t before = m->entries.count;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		TRY(look_in(&l, dirs[i]));
		/* A plain name is taken where it is found first, as the kernel does; a glob everywhere. */
		if (l.found && !strpbrk(name, "*?["))
			break;
	}
	if (!l.found)
		note_missing(r, name, module);
	else if (m->entries.count != before)
		r->files++;
	return NULL;
}

static int by_rank(const void *a, const void *b)
{
	const struct missing_firmware *x = a, *y = b;

	if (x->present_here != y->present_here)
		return x->present_here ? -1 : 1;
	int order = strcmp(x->module, y->module);
	return order ? order : strcmp(x->name, y->name);
}

void firmware_print(struct firmware_report *r)
{
	size_t here = 0;

	if (r->missing.count == 0)
		return;
	qsort(r->missing.items, r->missing.count, sizeof(r->missing.items[0]), by_rank);
	while (here < r->missing.count && r->missing.items[here].present_here)
		here++;
	if (verbosity >= 1) {
		for (size_t i = 0; i < r->missing.count; i++) {
			const struct missing_firmware *f = &r->missing.items[i];
			say_more("firmware missing: %s for %s%s", f->name, f->module,
				 f->present_here ? " (its hardware is here)" : "");
		}
		return;
	}
	if (here)
		warn(
		    "firmware missing for hardware that is here: %s for %s%s; %zu files missing in all (-v lists them)",
		    r->missing.items[0].name, r->missing.items[0].module, here > 1 ? " and more" : "",
		    r->missing.count);
	else
		say("%zu firmware files are missing%s (-v lists them)", r->missing.count,
		    r->ranked ? ", none for hardware that is here" : "");
}

void firmware_free(struct firmware_report *r)
{
	VEC_FREE(&r->missing);
	arena_free(&r->arena);
}
