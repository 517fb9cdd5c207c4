/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of which an image takes whatever is in them: a new file there is an input as well. */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content_hash.h"
#include "inputs.h"
#include "sysroot.h"

/* Deeper directories no image has. */
#define DEPTH_MAX 32

static int is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* What of the file NAME of DIR counts, appended to OUT; its bytes too where WHOLE, else whether it is a program. */
static void add_file(struct buf *out, const char *sysroot, const char *dir, const char *name, bool whole)
{
	struct arena a = {0};
	AUTOFREE char *path = path_join(dir, name);
	AUTOFREE char *host = sysroot_path(sysroot, path);
	struct stat st;

	if (stat(host, &st) == 0 && S_ISREG(st.st_mode) && (whole || (st.st_mode & 0111)))
		buf_printf(out, "%s\t%s\n", name, whole ? inputs_file_value(&a, host) : "");
	arena_free(&a);
}

const char *inputs_text_value(struct arena *a, const char *text, size_t len)
{
	char value[CONTENT_HASH_TEXT];
	uint64_t hash[2];

	content_hash(text, len, hash);
	content_hash_text(hash, value);
	return arena_strdup(a, value);
}

static int is_entry(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* PATH, and all below it where it is a directory, as payload.c takes them. */
static void add_names(struct buf *out, const char *sysroot, const char *path, unsigned depth)
{
	AUTOFREE char *host = path_join(sysroot, path);
	struct dirent **names = NULL;
	char target[PATH_MAX];
	ssize_t len = readlink(host, target, sizeof(target));
	int n = len < 0 && depth < DEPTH_MAX ? scandir(host, &names, is_entry, alphasort) : -1;

	buf_printf(out, "%s\t%.*s\n", path, len < 0 ? 0 : (int)len, target);
	for (int i = 0; i < n; i++) {
		AUTOFREE char *child = path_join(path, names[i]->d_name);
		add_names(out, sysroot, child, depth + 1);
		free(names[i]);
	}
	free(names);
}

/* What PATH leads to: the link itself counts only inside of a directory. */
static void add_real(struct buf *out, const char *sysroot, const char *path)
{
	AUTOFREE char *real = sysroot_follow(sysroot, path, NULL, NULL, NULL);

	buf_printf(out, "%s\n", path);
	if (real)
		add_names(out, sysroot, real, 0);
}

const char *inputs_files_value(struct arena *a, const char *sysroot, const char *word)
{
	CLEANUP(buf_free) struct buf text = {0};
	CLEANUP(globfree) glob_t found = {0};
	AUTOFREE char *host = NULL;
	struct stat st;

	if (strpbrk(word, "*?[")) {
		while (word[0] == '/' && word[1] == '/')
			word++;
		if (sysroot_glob(sysroot, word, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc; i++)
				add_real(&text, sysroot, found.gl_pathv[i]);
	} else {
		host = sysroot_resolve(sysroot, word);
		if (host && (stat(host, &st) < 0 || !S_ISDIR(st.st_mode)))
			return NULL;
		if (host)
			add_real(&text, sysroot, word);
	}
	return text.len ? inputs_text_value(a, text.data, text.len) : INPUT_ABSENT;
}

const char *inputs_directory_value(struct arena *a, const char *sysroot, const char *dir, bool whole)
{
	AUTOFREE char *host = sysroot_resolve(sysroot, dir);
	struct dirent **names = NULL;
	int n = host ? scandir(host, &names, is_shown, alphasort) : 0;
	struct buf text = {0};
	const char *value = INPUT_ABSENT;

	for (int i = 0; i < n; i++) {
		add_file(&text, sysroot, dir, names[i]->d_name, whole);
		free(names[i]);
	}
	free(names);
	if (text.len)
		value = inputs_text_value(a, text.data, text.len);
	buf_free(&text);
	return value;
}
