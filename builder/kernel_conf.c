/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Module configuration of a sysroot. libkmod would read it too, but always
 * with the running kernel's command line added, which must never reach an image.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "../early-init/plan/modconf.h"
#include "kernel_parts.h"
#include "sysroot.h"

/* A modprobe.d of 100 000 lines has 5 MB. */
#define CONF_FILE_MAX ((size_t)64 << 20)

/*
 * By precedence: a file name in an earlier one hides the same name in later
 * ones. kmod's (libkmod.c, default_config_paths) with /usr/lib, which kmod 30 does not
 * name because /lib is the same there.
 */
static const char *const parents[] = {"etc", "run", "usr/local/lib", "usr/lib", "lib"};

struct conf_file {
	char *name; /* decides order and precedence */
	char *path;
	bool load; /* modules-load.d */
};

struct conf_files {
	VEC(struct conf_file) list;
	struct strmap names;
};

static void add_file(struct conf_files *files, const char *name, char *path, bool load)
{
	if (strmap_get(&files->names, name)) {
		free(path);
		return;
	}
	struct conf_file f = {xstrdup(name), path, load};
	strmap_put(&files->names, f.name, path);
	VEC_PUSH(&files->list, f);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

/* What kmod reads in a directory: *.conf and *.alias, no hidden ones, no directories. */
static bool is_conf_name(const char *name, bool load)
{
	return name[0] != '.' && (has_suffix(name, ".conf") || (!load && has_suffix(name, ".alias")));
}

/*
 * A directory, or (named by -C) one file. What is missing or unreadable is not there, as for kmod.
 */
static void add_place(struct conf_files *files, const char *sysroot, const char *place, bool load)
{
	AUTOFREE char *host = sysroot_host_path(sysroot, place);
	struct stat st;
	const char *slash = strrchr(place, '/');

	if (stat(host, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		add_file(files, slash ? slash + 1 : place, xstrdup(place), load);
		return;
	}
	DIR *d = opendir(host);
	if (!d) {
		warn("%s: %s", host, strerror(errno));
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (!is_conf_name(e->d_name, load))
			continue;
		char *path = path_join(place, e->d_name);
		AUTOFREE char *file = sysroot_host_path(sysroot, path);
		if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
			free(path);
		else
			add_file(files, e->d_name, path, load);
	}
	closedir(d);
}

static void free_files(struct conf_files *files)
{
	for (size_t i = 0; i < files->list.count; i++) {
		free(files->list.items[i].name);
		free(files->list.items[i].path);
	}
	VEC_FREE(&files->list);
	strmap_free(&files->names);
}

static int by_name(const void *a, const void *b)
{
	const struct conf_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A file being read. */
struct conf_source {
	struct kernel *k;
	const char *path;
	const char *shown; /* the path below the sysroot: images do not depend on where it lies */
};

static void keep_line(const struct conf_source *src, int kind, const char *key, const char *value, unsigned line_no)
{
	struct arena *a = &src->k->arena;
	struct kconf c = {
	    .kind = kind,
	    .key = arena_strdup(a, key),
	    .value = value ? arena_strdup(a, value) : NULL,
	    .source = arena_printf(a, "%s:%u", src->shown, line_no),
	};

	VEC_PUSH(&src->k->conf, c);
}

static errint modprobe_line(void *arg, const struct modconf_line *line)
{
	keep_line(arg, (int)line->kind, line->key, line->value, line->line_no);
	return 0;
}

static void bad_line(void *arg, unsigned line_no, const char *why)
{
	const struct conf_source *src = arg;

	warn("%s:%u: line ignored: %s", src->path, line_no, why);
}

/* modules-load.d(5): one name a line, '#' and ';' start comments. */
static void read_load_lines(const struct conf_source *src, char *text)
{
	unsigned line_no = 0;

	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		line_no++;
		line += strspn(line, " \t\r");
		size_t len = strcspn(line, " \t\r");
		line[len] = '\0';
		if (len && *line != '#' && *line != ';')
			keep_line(src, CONF_LOAD, line, NULL, line_no);
	}
}

static struct err *read_conf_file(struct kernel *k, const struct conf_file *f)
{
	AUTOFREE char *text = NULL;
	size_t len, root = strlen(k->sysroot);
	struct conf_source src = {k, f->path, f->path};
	bool below = root && strncmp(f->path, k->sysroot, root) == 0 && f->path[root] == '/';
	AUTOFREE char *host = sysroot_host_path(k->sysroot, f->path);

	if (!path_exists(host))
		return NULL;
	TRY(file_read(host, CONF_FILE_MAX, &text, &len));
	if (below)
		src.shown += root;
	if (f->load)
		read_load_lines(&src, text);
	else if (modconf_parse(text, len, modprobe_line, bad_line, &src) < 0)
		return err_new(EXIT_FAILED, "%s: cannot be read", f->path);
	return NULL;
}

/* The files of FILES in order of their names, which is the order of precedence of what they say. */
static struct err *read_files(struct kernel *k, struct conf_files *files)
{
	struct err *e = NULL;

	if (files->list.count)
		qsort(files->list.items, files->list.count, sizeof(*files->list.items), by_name);
	for (size_t i = 0; i < files->list.count && !e; i++)
		e = read_conf_file(k, &files->list.items[i]);
	free_files(files);
	return e;
}

static void add_standard_places(const char *sysroot, struct conf_files *files, const char *dir, bool load)
{
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		AUTOFREE char *name = path_join(parents[i], dir);
		AUTOFREE char *place = path_join(sysroot, name);
		add_place(files, sysroot, place, load);
	}
}

struct err *kernel_read_conf(struct kernel *k, const char *const *modprobe_dirs)
{
	struct conf_files modprobe = {0}, load = {0};

	/* These two take part in the order by name, as in kmod: an /etc/modprobe.d/a.conf comes before them. */
	add_file(&modprobe, "modules.softdep", path_join(k->moddir, "modules.softdep"), false);
	add_file(&modprobe, "modules.weakdep", path_join(k->moddir, "modules.weakdep"), false);
	if (!modprobe_dirs) {
		add_standard_places(k->sysroot, &modprobe, "modprobe.d", false);
		add_standard_places(k->sysroot, &load, "modules-load.d", true);
	}
	for (size_t i = 0; modprobe_dirs && modprobe_dirs[i]; i++)
		add_place(&modprobe, "", modprobe_dirs[i], false);
	struct err *e = read_files(k, &modprobe);
	if (e) {
		free_files(&load);
		return e;
	}
	return read_files(k, &load);
}

void kernel_conf_each(const char *sysroot, kernel_conf_fn *fn, void *arg)
{
	static const char *const dirs[] = {"modprobe.d", "modules-load.d"};

	for (size_t d = 0; d < ARRAY_SIZE(dirs); d++) {
		struct conf_files files = {0};
		add_standard_places(sysroot, &files, dirs[d], d == 1);
		for (size_t i = 0; i < files.list.count; i++)
			fn(arg, files.list.items[i].path);
		free_files(&files);
	}
}
