/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "compress.h"
#include "sysroot.h"

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

/* NAME of the image: the file HOST, stored as ST. */
static struct err *add_file(struct manifest *m, const struct kernel *k, const char *name, const char *host,
			    const struct stored *st, const struct entry *why)
{
	struct entry e = *why;

	e.type = ENTRY_FILE;
	e.mode = 0644;
	e.path = name;
	if (kernel_reads(k, st)) {
		e.source = host;
		return manifest_add(m, &e, NULL);
	}
	AUTOFREE char *bare = xstrndup(name, strlen(name) - strlen(st->suffix));
	e.path = bare;
	return add_plain(m, &e, st, host);
}

/* How a link at FROM names TO, both absolute: "../intel/x.bin". The text that is stored may lead through further links.
 */
static char *relative_to(const char *from, const char *to)
{
	struct buf out = {0};
	size_t same = 0;

	for (size_t i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i + 1;
	for (const char *p = from + same; (p = strchr(p, '/')); p++)
		buf_puts(&out, "../");
	buf_puts(&out, to + same);
	return out.data;
}

/* Path below lib/firmware of what NAME leads to in the end (malloc); NULL: it is elsewhere, or NAME is no link. */
static char *linked_firmware(const struct kernel *k, const char *name)
{
	AUTOFREE char *real = sysroot_follow(k->sysroot, name, NULL, NULL, NULL);
	AUTOFREE char *base = sysroot_follow(k->sysroot, "/lib/firmware", NULL, NULL, NULL);
	size_t n = base ? strlen(base) : 0;

	if (!real || !base || strncmp(real, base, n) != 0 || real[n] != '/')
		return NULL;
	AUTOFREE char *to = path_join("/lib/firmware", real + n);
	return strcmp(to, name) == 0 ? NULL : STEAL_POINTER(to);
}

/*
 * NAME and, where it is a symlink, the file that it leads to in the end; both
 * keep their places. A link out of the firmware directory, or a compressed one
 * that must be undone, becomes the file itself. *FOUND stays false for what is
 * no file: a directory, a link to nothing.
 */
static struct err *add_found(struct manifest *m, const struct kernel *k, const char *name, const struct stored *st,
			     const struct entry *why, bool *found)
{
	AUTOFREE char *host = sysroot_resolve(k->sysroot, name);
	struct stat s;

	if (!host || stat(host, &s) < 0 || !S_ISREG(s.st_mode))
		return NULL;
	*found = true;
	AUTOFREE char *to = kernel_reads(k, st) ? linked_firmware(k, name) : NULL;
	if (!to)
		return add_file(m, k, name, host, st, why);
	AUTOFREE char *target = relative_to(name, to);
	struct entry e = *why;
	e.type = ENTRY_SYMLINK;
	e.mode = 0777;
	e.path = name;
	e.target = target;
	TRY(manifest_add(m, &e, NULL));
	return add_file(m, k, to, host, st, why);
}

struct lookup {
	struct manifest *m;
	const struct kernel *k;
	const char *name;
	const struct entry *why;
	bool found;
};

/* Whatever matches NAME, a pattern, as ST in DIR, which is BASE on the host. */
static struct err *look_for_pattern(struct lookup *l, const char *dir, const char *base, const struct stored *st)
{
	AUTOFREE char *pattern = xasprintf("%s/%s%s", base, l->name, st->suffix);
	struct err *e = NULL;
	glob_t g;

	if (glob(pattern, GLOB_ERR, NULL, &g) != 0)
		return NULL;
	for (size_t n = 0; n < g.gl_pathc && !e; n++) {
		AUTOFREE char *name = path_join(dir, g.gl_pathv[n] + strlen(base));
		e = add_found(l->m, l->k, name, st, l->why, &l->found);
	}
	globfree(&g);
	return e;
}

static struct err *look_in(struct lookup *l, const char *dir)
{
	AUTOFREE char *base = *l->k->sysroot ? sysroot_resolve(l->k->sysroot, dir) : xstrdup(dir);
	struct stat s;

	if (!base || !path_exists(base))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(stored); i++) {
		/* Nearly all names are plain: glob(3) would read the directory's parents for nothing. */
		if (strpbrk(l->name, "*?[")) {
			TRY(look_for_pattern(l, dir, base, &stored[i]));
			continue;
		}
		AUTOFREE char *host = xasprintf("%s/%s%s", base, l->name, stored[i].suffix);
		AUTOFREE char *name = xasprintf("%s/%s%s", dir, l->name, stored[i].suffix);
		if (lstat(host, &s) == 0)
			TRY(add_found(l->m, l->k, name, &stored[i], l->why, &l->found));
		if (l->found)
			break;
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
	AUTOFREE char *updates_release = xasprintf("/lib/firmware/updates/%s", k->release);
	AUTOFREE char *release = xasprintf("/lib/firmware/%s", k->release);
	const char *const dirs[] = {updates_release, "/lib/firmware/updates", release, "/lib/firmware"};
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
