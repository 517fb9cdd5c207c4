/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of which an image takes whatever is in them: a new file there is an input as well. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "content_hash.h"
#include "inputs.h"
#include "sysroot.h"

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

const char *inputs_directory_value(struct arena *a, const char *sysroot, const char *dir, bool whole)
{
	AUTOFREE char *host = sysroot_resolve(sysroot, dir);
	struct dirent **names = NULL;
	int n = host ? scandir(host, &names, is_shown, alphasort) : 0;
	struct buf text = {0};
	char value[CONTENT_HASH_TEXT] = INPUT_ABSENT;
	uint64_t hash[2];

	for (int i = 0; i < n; i++) {
		add_file(&text, sysroot, dir, names[i]->d_name, whole);
		free(names[i]);
	}
	free(names);
	if (text.len) {
		content_hash(text.data, text.len, hash);
		content_hash_text(hash, value);
	}
	buf_free(&text);
	return arena_strdup(a, value);
}
