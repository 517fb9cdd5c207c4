// SPDX-License-Identifier: GPL-2.0-or-later
/* Another configuration than the image's: -C, read as libkmod reads its config_paths. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/index_conf.h"
#include "textfile.h"
#include "tool.h"

/* 100 000 lines have 5 MB. */
#define CONF_FILE_MAX ((off_t)64 << 20)

struct conf_file {
	char *name; /* decides order and precedence */
	char *path; /* NULL: lines that are in the index, from the kernel's own file NAME */
};

struct conf_files {
	struct conf_file *at;
	size_t count;
};

struct lines {
	struct conf_line *at;
	size_t count, cap;
};

static errint add_file(struct conf_files *files, const char *name, const char *path)
{
	struct conf_file *grown;

	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->at[i].name, name) == 0)
			return 0;
	}
	grown = reallocarray(files->at, files->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	files->at = grown;
	grown = &grown[files->count++];
	*grown = (struct conf_file){strdup(name), path ? strdup(path) : NULL};
	return !grown->name || (path && !grown->path) ? -ENOMEM : 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/* What libkmod reads in a directory: *.conf and *.alias, nothing hidden, no directories. */
static errint add_entry(struct conf_files *files, const char *place, const char *name)
{
	char *path = NULL;
	struct stat st;
	errint r = 0;

	if (name[0] == '.' || (!ends_with(name, ".conf") && !ends_with(name, ".alias")))
		return 0;
	if (asprintf(&path, "%s/%s", place, name) < 0)
		return -ENOMEM;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		r = add_file(files, name, path);
	free(path);
	return r;
}

/* A directory or one file. What is not there is no error, as for libkmod. */
static errint add_place(struct conf_files *files, const char *place)
{
	const char *slash = strrchr(place, '/');
	struct dirent *e;
	struct stat st;
	errint r = 0;
	DIR *d;

	if (stat(place, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return add_file(files, slash ? slash + 1 : place, place);
	d = opendir(place);
	if (!d)
		return 0;
	while (r == 0 && (e = readdir(d)))
		r = add_entry(files, place, e->d_name);
	closedir(d);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct conf_file *)a)->name, ((const struct conf_file *)b)->name);
}

static errint keep_line(void *arg, const struct modconf_line *line)
{
	struct lines *all = arg;
	struct index_conf text = {strdup(line->key), line->value ? strdup(line->value) : NULL, NULL};

	if (all->count == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 64;
		struct conf_line *grown = reallocarray(all->at, cap, sizeof(*grown));

		if (grown) {
			all->at = grown;
			all->cap = cap;
		}
	}
	if (!text.key || (line->value && !text.value) || all->count == all->cap) {
		free((void *)text.key);
		free((void *)text.value);
		return -ENOMEM;
	}
	all->at[all->count++] = (struct conf_line){line->kind, text};
	return 0;
}

static errint read_file(const char *path, struct lines *out)
{
	FILE *f = fopen(path, "re");
	char CLEANUP(free_string) *text = NULL;
	size_t cap = 0;
	struct stat st;
	ssize_t len;
	errint r;

	if (!f)
		return 0;
	r = fstat(fileno(f), &st) < 0 ? -errno : st.st_size > CONF_FILE_MAX ? -EFBIG : 0;
	len = r == 0 ? getdelim(&text, &cap, '\0', f) : -1;
	fclose(f);
	return len > 0 ? modconf_parse(text, (size_t)len, keep_line, NULL, out) : r;
}

/* "DIR/NAME:LINE" is from the file NAME. */
static bool is_from(const char *source, const char *name)
{
	const char *slash = source ? strrchr(source, '/') : NULL;
	size_t len = strlen(name);

	return slash && strncmp(slash + 1, name, len) == 0 && slash[1 + len] == ':';
}

/* What the kernel's own file NAME says: depmod's, which no -C takes away. */
static errint keep_kernels(const struct boot_index *ix, const char *name, struct lines *out)
{
	errint r = 0;

	for (int kind = CONF_SOFTDEP; r == 0 && kind <= CONF_WEAKDEP; kind++) {
		struct modconf_line line = {.kind = (enum index_conf_kind)kind};
		struct index_conf c;

		for (uint32_t i = 0; r == 0 && index_conf_at(ix, line.kind, i, &c) == 0; i++) {
			line.key = c.key;
			line.value = c.value;
			if (is_from(c.source, name))
				r = keep_line(out, &line);
		}
	}
	return r;
}

static errint read_places(const struct boot_index *ix, const char *const *places, struct lines *out)
{
	struct conf_files files = {0};
	errint r = add_file(&files, "modules.softdep", NULL);

	if (r == 0)
		r = add_file(&files, "modules.weakdep", NULL);
	for (size_t i = 0; r == 0 && places[i]; i++)
		r = add_place(&files, places[i]);
	if (r == 0)
		qsort(files.at, files.count, sizeof(*files.at), by_name);
	for (size_t i = 0; r == 0 && i < files.count; i++) {
		const struct conf_file *f = &files.at[i];

		r = f->path ? read_file(f->path, out) : keep_kernels(ix, f->name, out);
	}
	for (size_t i = 0; i < files.count; i++) {
		free(files.at[i].name);
		free(files.at[i].path);
	}
	free(files.at);
	return r;
}

errint tool_use_config(struct tool_index *t, const char *const *places)
{
	struct lines lines = {0};
	unsigned char *bytes = NULL;
	size_t size = 0;
	errint r = read_places(&t->ix, places, &lines);

	if (r == 0)
		r = index_with_conf(&t->ix, lines.at, lines.count, &bytes, &size);
	if (r == 0) {
		r = index_open(&t->ix, bytes, size);
		free(t->own);
		t->own = bytes;
	}
	for (size_t i = 0; i < lines.count; i++) {
		free((void *)lines.at[i].text.key);
		free((void *)lines.at[i].text.value);
	}
	free(lines.at);
	return r;
}
