/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_below.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "sysroot.h"

/* Keymaps are two directories deep; a link that leads up again ends here. */
#define DEPTH_MAX 6

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* PATH is below the sysroot, what is found the host's. */
static char *with_ending(const char *sysroot, const char *path, const struct find_places *where)
{
	for (size_t i = 0; i < where->n_endings; i++) {
		AUTOFREE char *file = xasprintf("%s%s", path, where->endings[i]);
		AUTOFREE char *host = sysroot_path(sysroot, file);
		if (is_file(host))
			return STEAL_POINTER(host);
	}
	return NULL;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.' && (d->d_type == DT_DIR || d->d_type == DT_LNK || d->d_type == DT_UNKNOWN);
}

/* In order of names, so that two machines with the same files find the same one. */
static char *search(const char *sysroot, const char *dir, const struct find_places *where, const char *name,
		    unsigned depth)
{
	AUTOFREE char *path = path_join(dir, name);
	AUTOFREE char *host = sysroot_path(sysroot, dir);
	struct dirent **entries = NULL;
	char *found = with_ending(sysroot, path, where);
	int n = found || depth == DEPTH_MAX ? 0 : scandir(host, &entries, is_visible, alphasort);

	/* What is no directory has nothing to scan. */
	for (int i = 0; i < n; i++) {
		AUTOFREE char *sub = path_join(dir, entries[i]->d_name);
		if (!found)
			found = search(sysroot, sub, where, name, depth + 1);
		free(entries[i]);
	}
	free(entries);
	return found;
}

char *find_below(const char *sysroot, const struct find_places *where, const char *name)
{
	char *found = NULL;

	if (*name == '/') {
		AUTOFREE char *file = sysroot_resolve(sysroot, name);
		return file && is_file(file) ? STEAL_POINTER(file) : NULL;
	}
	if (strchr(name, '/'))
		return NULL;
	for (size_t i = 0; !found && i < where->n_places; i++)
		found = search(sysroot, where->places[i], where, name, 0);
	return found;
}
