/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

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

static bool is_file(const char *host)
{
	struct stat st;

	return host && stat(host, &st) == 0 && S_ISREG(st.st_mode);
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

	if (!is_file(host))
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

/* ---- the search ---- */

struct lookup;
/* What becomes of NAME, the place of a file (or of several: a pattern) below the sysroot; sets FOUND. */
typedef struct err *place_fn(struct lookup *l, const char *name, const struct stored *st);

struct lookup {
	const char *sysroot, *release, *name;
	place_fn *fn;
	struct manifest *m;
	const struct kernel *k; /* NULL: what it reads is unknown, so it may be anything */
	const struct entry *why;
	struct buf *places; /* what see() finds, or NULL */
	bool found;
};

char *firmware_dir(unsigned i, const char *release)
{
	switch (i) {
	case 0:
		return xasprintf("/lib/firmware/updates/%s", release);
	case 1:
		return xstrdup("/lib/firmware/updates");
	case 2:
		return xasprintf("/lib/firmware/%s", release);
	case 3:
		return xstrdup("/lib/firmware");
	}
	return NULL;
}

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[") != NULL;
}

/* NAME, stored as ST, in each directory; a plain name only until it is found. */
static struct err *search_dirs(struct lookup *l, char *const *dirs, size_t n, const struct stored *st)
{
	for (size_t i = 0; i < n; i++) {
		AUTOFREE char *name = dirs[i] ? xasprintf("%s/%s%s", dirs[i], l->name, st->suffix) : NULL;
		if (name)
			TRY(l->fn(l, name, st));
		if (l->found && !is_pattern(l->name))
			break;
	}
	return NULL;
}

/* All that the kernel reads in its order, then what must be undone for it. */
static struct err *search_all(struct lookup *l, char *const *dirs, size_t n)
{
	for (int undone = 0; undone < 2; undone++)
		for (size_t i = 0; i < ARRAY_SIZE(stored); i++) {
			bool reads = !l->k || kernel_reads(l->k, &stored[i]);
			if (reads == !undone)
				TRY(search_dirs(l, dirs, n, &stored[i]));
			if (l->found && !is_pattern(l->name))
				return NULL;
		}
	return NULL;
}

static struct err *search(struct lookup *l)
{
	char *dirs[FIRMWARE_DIRS];

	/* Nearly always there is only the last one. */
	for (unsigned i = 0; i < FIRMWARE_DIRS; i++) {
		dirs[i] = firmware_dir(i, l->release);
		AUTOFREE char *host = sysroot_path(l->sysroot, dirs[i]);
		if (!path_exists(host)) {
			free(dirs[i]);
			dirs[i] = NULL;
		}
	}
	struct err *e = search_all(l, dirs, FIRMWARE_DIRS);
	for (unsigned i = 0; i < FIRMWARE_DIRS; i++)
		free(dirs[i]);
	return e;
}

static struct err *take(struct lookup *l, const char *name, const struct stored *st)
{
	CLEANUP(globfree) glob_t found = {0};
	struct stat s;

	/* Nearly all names are plain: glob(3) would read the directory's parents for nothing. */
	if (!is_pattern(l->name))
		return *l->sysroot || lstat(name, &s) == 0 ? add_found(l->m, l->k, name, st, l->why, &l->found) : NULL;
	if (sysroot_glob(l->sysroot, name, &found) != 0)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc; i++)
		TRY(add_found(l->m, l->k, found.gl_pathv[i], st, l->why, &l->found));
	return NULL;
}

static void see_one(struct lookup *l, const char *name)
{
	AUTOFREE char *host = sysroot_resolve(l->sysroot, name);

	if (!is_file(host))
		return;
	l->found = true;
	if (l->places && is_pattern(l->name))
		buf_printf(l->places, "%s\t%s\n", name, host + strlen(l->sysroot));
	else if (l->places)
		buf_puts(l->places, host + strlen(l->sysroot));
}

static struct err *see(struct lookup *l, const char *name, const struct stored *st)
{
	CLEANUP(globfree) glob_t found = {0};

	if (l->k && !kernel_reads(l->k, st))
		return NULL;
	if (!is_pattern(l->name)) {
		see_one(l, name);
		return NULL;
	}
	if (sysroot_glob(l->sysroot, name, &found) != 0)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc; i++)
		see_one(l, found.gl_pathv[i]);
	return NULL;
}

bool firmware_is_installed(const char *sysroot, const char *release, const struct kernel *k, const char *name)
{
	struct lookup l = {.sysroot = sysroot, .release = release, .name = name, .fn = see};

	l.k = k && k->has_config ? k : NULL;
	err_free(search(&l));
	return l.found;
}

char *firmware_places(const char *sysroot, const char *release, const char *name)
{
	struct buf places = {0};
	struct lookup l = {.sysroot = sysroot, .release = release, .name = name, .fn = see, .places = &places};

	err_free(search(&l));
	return places.data;
}

struct err *firmware_add(struct manifest *m, const struct kernel *k, const char *name, const char *module,
			 const char *because, struct firmware_report *r)
{
	AUTOFREE char *reason = xasprintf("firmware of %s", module);
	struct entry why = {.owner = "firmware", .reason = reason, .because = because, .segment = SEG_MAIN};
	struct lookup l = {k->sysroot, k->release, name, take, m, k, &why, NULL, false};

	if (name[0] == '/' || strstr(name, ".."))
		return NULL; /* the kernel refuses such names */
	size_t before = m->entries.count;
	TRY(search(&l));
	if (!l.found) {
		firmware_note_missing(r, name, module);
		return NULL;
	}
	firmware_note_found(r, name);
	r->files += m->entries.count != before;
	return NULL;
}
