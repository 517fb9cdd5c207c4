/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the dynamic loader of a sysroot finds a library, in the order of ld.so(8). */
#include <elf.h>
#include <string.h>

#include "elf_needed.h"
#include "sysroot.h"

#define CONF_SIZE_MAX ((size_t)1 << 20)
#define CONF_DEPTH_MAX 8

/* glibc's built-in directories; Debian's multiarch ones come through ld.so.conf. */
static const char *const default_dirs64[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
static const char *const default_dirs32[] = {"/lib", "/usr/lib", "/lib32", "/usr/lib32"};

static void read_conf(struct ld_paths *ld, const char *path, unsigned depth);

static void read_include(struct ld_paths *ld, const char *pattern, unsigned depth)
{
	CLEANUP(globfree) glob_t found = {0};

	if (sysroot_glob(ld->sysroot, pattern, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			read_conf(ld, found.gl_pathv[i], depth + 1);
}

static void read_conf_line(struct ld_paths *ld, char *line, unsigned depth)
{
	char *save = NULL;

	line[strcspn(line, "#")] = '\0';
	char *word = strtok_r(line, " \t\r,:", &save);
	if (!word)
		return;
	if (strcmp(word, "include") == 0) {
		while ((word = strtok_r(NULL, " \t\r", &save))) {
			AUTOFREE char *pattern = *word == '/' ? xstrdup(word) : xasprintf("/etc/%s", word);
			read_include(ld, pattern, depth);
		}
		return;
	}
	for (; word; word = strtok_r(NULL, " \t\r,:", &save))
		if (*word == '/')
			VEC_PUSH(&ld->conf_dirs, arena_strdup(&ld->arena, word));
}

/* PATH is below the sysroot. What cannot be read counts as empty, as for ldconfig. */
static void read_conf(struct ld_paths *ld, const char *path, unsigned depth)
{
	AUTOFREE char *host = sysroot_path(ld->sysroot, path);
	AUTOFREE char *text = NULL;
	size_t len;
	char *save = NULL;

	if (depth > CONF_DEPTH_MAX || !path_exists(host))
		return;
	struct err *e = file_read(host, CONF_SIZE_MAX, &text, &len);
	if (e) {
		warn("%s", err_message(e));
		err_free(e);
		return;
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_conf_line(ld, line, depth);
}

struct err *ld_paths_open(const char *sysroot, struct ld_paths *out)
{
	AUTOFREE char *cache = sysroot_path(sysroot, "/etc/ld.so.cache");

	*out = (struct ld_paths){.sysroot = sysroot};
	if (path_exists(cache)) {
		TRY(file_map(cache, &out->cache_map));
		if (ldcache_open(&out->cache, out->cache_map.data, out->cache_map.size) < 0)
			warn("%s: damaged or of an unknown format: not used", cache);
	}
	read_conf(out, "/etc/ld.so.conf", 0);
	return NULL;
}

void ld_paths_close(struct ld_paths *ld)
{
	file_unmap(&ld->cache_map);
	VEC_FREE(&ld->conf_dirs);
	arena_free(&ld->arena);
	*ld = (struct ld_paths){0};
}

/* One search. */
struct search {
	const struct ld_paths *ld;
	const struct elf_needed *obj;
	const char *soname;
	struct arena *arena;
	struct buf *tried;
};

/* The loader takes only files of its own class and machine, and goes on past others. */
static bool fits(const struct search *s, const char *image_path)
{
	AUTOFREE char *host = sysroot_resolve(s->ld->sysroot, image_path);
	struct file_map map;
	Elf64_Ehdr eh;

	if (!host)
		return false;
	struct err *e = file_map(host, &map);
	if (e) {
		err_free(e);
		return false;
	}
	bool ok = map.size >= sizeof(eh);
	if (ok) {
		/* e_machine lies at the same place in both classes. */
		memcpy(&eh, map.data, sizeof(eh));
		ok = memcmp(eh.e_ident, ELFMAG, SELFMAG) == 0 && eh.e_ident[EI_CLASS] == s->obj->elf_class &&
		     eh.e_machine == s->obj->machine;
	}
	file_unmap(&map);
	return ok;
}

static const char *try_path(const struct search *s, const char *dir, const char *name)
{
	AUTOFREE char *path = path_join(dir, name);

	return fits(s, path) ? arena_strdup(s->arena, path) : NULL;
}

/* LIST is expanded; NULL is empty. */
static const char *try_list(const struct search *s, const char *list, const char *what)
{
	for (const char *p = list; p && *p;) {
		size_t len = strcspn(p, ":");
		AUTOFREE char *dir = xstrndup(p, len);
		const char *found = *dir == '/' ? try_path(s, dir, s->soname) : NULL;
		if (found)
			return found;
		if (s->tried && *dir)
			buf_printf(s->tried, "%s%s (%s)", s->tried->len ? ", " : "", dir, what);
		p += len + (p[len] == ':');
	}
	return NULL;
}

static const char *try_cache(const struct search *s)
{
	struct ldcache_entry e;

	for (uint32_t i = 0; i < s->ld->cache.count; i++)
		/* Entries with hwcap are for better CPUs than the image may boot on; the plain one follows. */
		if (ldcache_at(&s->ld->cache, i, &e) == 0 && e.hwcap == 0 && strcmp(e.soname, s->soname) == 0 &&
		    fits(s, e.path))
			return arena_strdup(s->arena, e.path);
	if (s->tried && s->ld->cache.count)
		buf_printf(s->tried, "%s/etc/ld.so.cache", s->tried->len ? ", " : "");
	return NULL;
}

static const char *try_dirs(const struct search *s, const char *const *dirs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *found = try_path(s, dirs[i], s->soname);
		if (found)
			return found;
		if (s->tried)
			buf_printf(s->tried, "%s%s", s->tried->len ? ", " : "", dirs[i]);
	}
	return NULL;
}

static const char *try_system(const struct search *s)
{
	const char *found = try_cache(s);

	if (!found)
		found = try_dirs(s, s->ld->conf_dirs.items, s->ld->conf_dirs.count);
	if (!found && s->obj->elf_class == ELFCLASS64)
		found = try_dirs(s, default_dirs64, ARRAY_SIZE(default_dirs64));
	else if (!found)
		found = try_dirs(s, default_dirs32, ARRAY_SIZE(default_dirs32));
	return found;
}

/* The directory of the loader's own C library below / or /usr: "lib/x86_64-linux-gnu", "lib64" (arena); NULL: none. */
static const char *libc_dir(const struct search *s)
{
	const char *path = try_system(s), *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return NULL;
	path += strncmp(path, "/usr/", 5) == 0 ? 5 : 1;
	return slash > path ? arena_strndup(s->arena, path, (size_t)(slash - path)) : NULL;
}

/* DIR (LEN bytes) with its tokens replaced, $LIB by LIB; true when it has a $LIB. */
static bool expand_dir(struct buf *out, const char *dir, size_t len, const char *origin, const char *lib)
{
	static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}", "$LIB", "${LIB}"};
	const char *slash = strrchr(origin, '/'), *end = dir + len;
	bool has_lib = false;

	while (dir < end) {
		size_t t = 0;
		while (t < ARRAY_SIZE(tokens) && strncmp(dir, tokens[t], strlen(tokens[t])) != 0)
			t++;
		if (t == ARRAY_SIZE(tokens)) {
			buf_add(out, dir++, 1);
			continue;
		}
		if (t < 2)
			buf_add(out, origin, slash ? (size_t)(slash - origin) : 0);
		else
			buf_puts(out, lib);
		has_lib |= t >= 2;
		dir += strlen(tokens[t]);
	}
	return has_lib;
}

char *elf_expand(const struct ld_paths *ld, const struct elf_needed *obj, const char *origin, const char *list)
{
	const struct elf_needed plain = {.elf_class = obj->elf_class, .machine = obj->machine};
	struct arena arena = {0};
	const struct search libc = {ld, &plain, "libc.so.6", &arena, NULL};
	const char *own = strstr(list, "LIB") ? libc_dir(&libc) : NULL;
	const char *const libs[] = {own, obj->elf_class == ELFCLASS64 ? "lib64" : "lib32", "lib"};
	struct buf b = {0};

	buf_add(&b, "", 0);
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ":");
		for (size_t i = 0; i < ARRAY_SIZE(libs); i++) {
			if (!libs[i] || (i > 0 && own && strcmp(libs[i], own) == 0))
				continue;
			if (b.len && b.data[b.len - 1] != ':')
				buf_add(&b, ":", 1);
			if (!expand_dir(&b, p, len, origin, libs[i]))
				break;
		}
		p += len + (p[len] == ':');
	}
	arena_free(&arena);
	return b.data;
}

const char *elf_find_library(const struct ld_paths *ld, const struct elf_needed *obj, const char *origin,
			     const char *extra_rpath, const char *soname, struct arena *arena, struct buf *tried)
{
	struct search s = {ld, obj, soname, arena, tried};

	if (*soname == '/')
		return fits(&s, soname) ? arena_strdup(arena, soname) : NULL;
	/* RPATH of the object and of who loaded it, unless the object has a RUNPATH. */
	AUTOFREE char *rpath = obj->rpath ? elf_expand(ld, obj, origin, obj->rpath) : NULL;
	AUTOFREE char *runpath = obj->runpath ? elf_expand(ld, obj, origin, obj->runpath) : NULL;
	const char *found = try_list(&s, rpath, "RPATH");
	if (!found && !obj->runpath)
		found = try_list(&s, extra_rpath, "RPATH of its loader");
	if (!found)
		found = try_list(&s, runpath, "RUNPATH");
	/* DF_1_NODEFLIB leaves out the default directories, also those of the cache. */
	return found || obj->nodeflib ? found : try_system(&s);
}

struct err *elf_each_variant(const struct ld_paths *ld, const struct elf_needed *obj, const char *soname,
			     const char *path, elf_variant_fn *fn, void *arg)
{
	struct arena arena = {0};
	const struct search s = {ld, obj, soname, &arena, NULL};
	const char *plain = try_cache(&s);
	struct ldcache_entry e;
	struct err *error = NULL;

	for (uint32_t i = 0; plain && strcmp(plain, path) == 0 && i < ld->cache.count && !error; i++)
		if (ldcache_at(&ld->cache, i, &e) == 0 && e.hwcap != 0 && strcmp(e.soname, soname) == 0 &&
		    fits(&s, e.path))
			error = fn(arg, e.path);
	arena_free(&arena);
	return error;
}
