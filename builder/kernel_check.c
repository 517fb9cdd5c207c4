/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.dep against the module files that are there. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "../early-init/plan/glob.h"
#include "kernel_cycle.h"
#include "kernel_parts.h"

/* Directories nest this deep at most; real trees have eight levels. */
#define DEPTH_MAX 64
/* Files named in the message. */
#define NAMED_MAX 3

struct tree_walk {
	const struct kernel *k;
	struct strmap found; /* paths below the module directory; keys in the arena */
	struct arena arena;
	struct buf message;
	size_t faults;
};

static void fault(struct tree_walk *w, const char *path, const char *what)
{
	if (w->faults++ < NAMED_MAX)
		buf_printf(&w->message, "%s%s %s", w->message.len ? "; " : "", path, what);
}

static void seen_file(struct tree_walk *w, const char *path)
{
	char name[256];

	if (module_store_of(path) == STORE_UNKNOWN)
		return;
	strmap_put(&w->found, path, w);
	/* A module hidden by one of the same name in updates/ or extra/ is on disk only, and rightly so. */
	if (modname_from_path(path, name, sizeof(name)) < 0 || !strmap_get(&w->k->by_name, name))
		fault(w, path, "is on disk and not in modules.dep");
}

/* Also behind a link to a directory, which depmod follows. */
static bool is_there(const struct kernel *k, const char *path)
{
	AUTOFREE char *real = kernel_dir_file(k->sysroot, k->moddir, path);

	return path_exists(real);
}

/* As depmod passes over them: the kernel's sources, and links to nothing. A link to a directory is not entered. */
static bool is_passed_over(const struct tree_walk *w, const struct dirent *entry, const char *path)
{
	if (strcmp(entry->d_name, "build") == 0 || strcmp(entry->d_name, "source") == 0)
		return true;
	return entry->d_type == DT_LNK && !is_there(w->k, path);
}

static struct err *walk(struct tree_walk *w, const char *below, unsigned depth)
{
	AUTOFREE char *dir = path_join(w->k->moddir, below);
	struct err *e = NULL;

	if (depth == DEPTH_MAX)
		return err_new(EXIT_FAILED, "%s: nested too deep", dir);
	DIR *d = opendir(dir);
	if (!d)
		return err_sys(errno, "%s", dir);
	for (struct dirent *entry; !e && (entry = readdir(d)) != NULL;) {
		struct stat st;
		if (entry->d_name[0] == '.')
			continue;
		const char *path = *below ? arena_printf(&w->arena, "%s/%s", below, entry->d_name)
					  : arena_strdup(&w->arena, entry->d_name);
		if (is_passed_over(w, entry, path))
			continue;
		bool is_dir = entry->d_type == DT_DIR;
		if (entry->d_type == DT_UNKNOWN) {
			AUTOFREE char *full = path_join(w->k->moddir, path);
			is_dir = lstat(full, &st) == 0 && S_ISDIR(st.st_mode);
		}
		if (is_dir)
			e = walk(w, path, depth + 1);
		else
			seen_file(w, path);
	}
	closedir(d);
	return e;
}

struct err *kernel_check_dep(const struct kernel *k)
{
	struct tree_walk w = {.k = k};
	struct err *e = walk(&w, "", 0);

	for (size_t i = 0; i < k->modules.count && !e; i++) {
		const struct kmodule *m = k->modules.items[i];
		if (m->path && m->path[0] != '/' && !strmap_get(&w.found, m->path) && !is_there(k, m->path))
			fault(&w, m->path, "is in modules.dep and gone from disk");
	}
	if (w.faults > NAMED_MAX)
		buf_printf(&w.message, "; and %zu more", w.faults - NAMED_MAX);
	if (!e && w.faults)
		e = err_new(EXIT_VERIFY, "modules.dep of %s is out of step with the files: %s: run depmod -a %s",
			    k->release, w.message.data, k->release);
	for (size_t i = 0; i < k->modules.count && !e; i++)
		e = kernel_check_cycle(k, k->modules.items[i]);
	strmap_free(&w.found);
	buf_free(&w.message);
	arena_free(&w.arena);
	return e;
}
