/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which configuration files are read, and in which order (config.h). */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "sysroot.h"

#define CONFIG_FILE_MAX ((size_t)1024 * 1024)

struct conf_file {
	char *name; /* owned */
	char *path; /* owned */
};
struct conf_files {
	VEC(struct conf_file) list;
};

/* NAME of directory DIR replaces what an earlier place had under that name. */
static void take_file(struct conf_files *files, const char *dir, const char *name)
{
	for (size_t i = 0; i < files->list.count; i++) {
		struct conf_file *f = &files->list.items[i];
		if (strcmp(f->name, name) != 0)
			continue;
		free(f->path);
		f->path = path_join(dir, name);
		return;
	}
	struct conf_file f = {xstrdup(name), path_join(dir, name)};
	VEC_PUSH(&files->list, f);
}

/* Files of DIR, which is HOST here. */
static struct err *scan_dir(struct conf_files *files, const char *dir, const char *host, bool required)
{
	DIR *d = opendir(host);
	struct dirent *de;

	if (!d)
		return required || errno != ENOENT ? err_sys(errno, "configuration directory %s", dir) : NULL;
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name);
		if (de->d_name[0] != '.' && len > 5 && strcmp(de->d_name + len - 5, ".conf") == 0)
			take_file(files, dir, de->d_name);
	}
	closedir(d);
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct conf_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A symlink to /dev/null, whatever the sysroot, and an empty file say: nothing under this name. */
static bool is_masked(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || st.st_size == 0);
}

static struct err *read_files(struct config *c, struct conf_files *files, const char *sysroot)
{
	if (files->list.count)
		qsort(files->list.items, files->list.count, sizeof(files->list.items[0]), by_name);
	for (size_t i = 0; i < files->list.count; i++) {
		const struct conf_file *f = &files->list.items[i];
		AUTOFREE char *host = sysroot_host_path(sysroot, f->path);
		AUTOFREE char *text = NULL;
		size_t len;

		if (is_masked(host))
			continue;
		TRY(err_wrap(file_read(host, CONFIG_FILE_MAX, &text, &len), "configuration"));
		if (strlen(text) != len)
			return err_new(EXIT_USAGE, "configuration: %s: damaged: it has a NUL byte", host);
		VEC_PUSH(&c->files, arena_strdup(&c->arena, f->path));
		TRY(config_read_text(c, f->path, text));
	}
	return NULL;
}

static struct err *scan_places(struct conf_files *files, const char *sysroot, const char *only_dir)
{
	if (only_dir)
		return scan_dir(files, only_dir, only_dir, true);
	AUTOFREE char *shipped = path_join(config_datadir(), "conf.d");
	AUTOFREE char *etc = path_join(sysroot, "etc/rootward/conf.d");
	AUTOFREE char *run = path_join(sysroot, "run/rootward/conf.d");
	AUTOFREE char *host_etc = sysroot_path(sysroot, "etc/rootward/conf.d");
	AUTOFREE char *host_run = sysroot_path(sysroot, "run/rootward/conf.d");
	TRY(err_wrap(scan_dir(files, shipped, shipped, true),
		     "Rootward's own data (install rootward, or say where it is with ROOTWARD_DATADIR)"));
	TRY(scan_dir(files, etc, host_etc, false));
	return scan_dir(files, run, host_run, false);
}

struct err *config_read(const char *sysroot, const char *only_dir, struct config *out)
{
	struct conf_files files = {0};
	struct err *e = scan_places(&files, sysroot, only_dir);

	if (!e)
		e = read_files(out, &files, only_dir ? "" : sysroot);
	for (size_t i = 0; i < files.list.count; i++) {
		free(files.list.items[i].name);
		free(files.list.items[i].path);
	}
	VEC_FREE(&files.list);
	return e;
}
