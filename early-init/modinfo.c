// SPDX-License-Identifier: GPL-2.0-or-later
/* modinfo(8): options and arguments as kmod 30; what is printed: modinfo_show.c. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modinfo_show.h"
#include "plan/glob.h"
#include "textfile.h"
#include "tool.h"

struct query {
	struct modinfo_style style;
	bool by_name; /* -m */
	const char *version;
};

static errint show_module(const struct query *q, const struct boot_index *ix, uint32_t id)
{
	char strings[512];
	struct index_module m;
	errint r = index_module(ix, id, &m);

	if (r < 0)
		return r;
	if ((m.flags & MODULE_PRESENT) && m.path)
		return modinfo_show_file(&q->style, m.name, m.path);
	snprintf(strings, sizeof(strings), "/lib/modules/%s/modules.builtin.modinfo", index_kernel_release(ix));
	return modinfo_show_builtin(&q->style, m.name, strings);
}

static errint show_by_name(const struct query *q, const struct tool_index *t, const char *name)
{
	uint32_t id = index_find_module(&t->ix, name);
	struct index_module m;

	if (index_module(&t->ix, id, &m) == 0 && (m.flags & (MODULE_PRESENT | MODULE_BUILTIN)))
		return show_module(q, &t->ix, id);
	tool_say(LOG_ERR, "Module name %s not found.", name);
	return -ENOENT;
}

static errint show_by_alias(const struct query *q, const struct tool_index *t, const char *alias)
{
	struct module_match *matches;
	errint n = lookup_modules(&t->ix, NULL, alias, LOOKUP_USABLE, NULL, 0), r = 0;

	if (n <= 0) {
		tool_say(LOG_ERR, "Module %s%s not found.", n < 0 ? "alias " : "", alias);
		return n < 0 ? n : -ENOENT;
	}
	matches = calloc((size_t)n, sizeof(*matches));
	if (!matches)
		return -ENOMEM;
	n = lookup_modules(&t->ix, NULL, alias, LOOKUP_USABLE, matches, (size_t)n);
	for (errint i = 0; i < n; i++) {
		errint one = show_module(q, &t->ix, matches[i].module);

		if (one < 0)
			r = one;
	}
	free(matches);
	return r;
}

static bool is_module_file(const char *name)
{
	static const char *const ends[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	size_t len = strlen(name);
	struct stat st;

	if (stat(name, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* PATH from the root on, made as libkmod makes it; malloc'ed, NULL without memory. */
static char *absolute(const char *path)
{
	char CLEANUP(free_string) *here = path[0] == '/' ? NULL : get_current_dir_name();
	char *whole = NULL;

	if (!here)
		return strdup(path);
	return asprintf(&whole, "%s/%s", here, path) < 0 ? NULL : whole;
}

static errint show_file(const struct query *q, const char *path)
{
	char CLEANUP(free_string) *whole = absolute(path);
	char name[256];

	if (!whole)
		return -ENOMEM;
	if (modname_from_path(path, name, sizeof(name)) < 0)
		return -ENAMETOOLONG;
	return modinfo_show_file(&q->style, name, whole);
}

static errint show_arg(const struct query *q, const struct tool_index *t, errint opened, const char *arg)
{
	if (!q->by_name && is_module_file(arg))
		return show_file(q, arg);
	if (opened < 0 || (q->version && strcmp(q->version, index_kernel_release(&t->ix)) != 0)) {
		tool_say(LOG_ERR, "Module %s not found.", arg);
		return -ENOENT;
	}
	return q->by_name ? show_by_name(q, t, arg) : show_by_alias(q, t, arg);
}

static void help(void)
{
	printf("Usage:\n"
	       "\t%s [options] <modulename|filename> [args]\n"
	       "Options:\n"
	       "\t-a, --author  -d, --description  -l, --license  -p, --parameters  -n, --filename\n"
	       "\t                            Print only this field\n"
	       "\t-0, --null                  Use \\0 instead of \\n\n"
	       "\t-m, --modname               Handle argument as module name instead of alias or filename\n"
	       "\t-F, --field=FIELD           Print only provided FIELD\n"
	       "\t-k, --set-version=VERSION   Must be the version of this image\n"
	       "\t-b, --basedir=DIR           Must be /: there is one index, the image's own\n"
	       "\t-V, --version               Show version\n"
	       "\t-h, --help                  Show this help\n",
	       tool_name());
}

static const struct option long_options[] = {
    {"author", no_argument, NULL, 'a'},
    {"description", no_argument, NULL, 'd'},
    {"license", no_argument, NULL, 'l'},
    {"parameters", no_argument, NULL, 'p'},
    {"filename", no_argument, NULL, 'n'},
    {"null", no_argument, NULL, '0'},
    {"modname", no_argument, NULL, 'm'},
    {"field", required_argument, NULL, 'F'},
    {"set-version", required_argument, NULL, 'k'},
    {"basedir", required_argument, NULL, 'b'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* The field that option C is short for, or NULL. */
static const char *short_field(int c)
{
	switch (c) {
	case 'a':
		return "author";
	case 'd':
		return "description";
	case 'l':
		return "license";
	case 'p':
		return "parm";
	case 'n':
		return "filename";
	default:
		return NULL;
	}
}

/* False when nothing is to be shown: *STATUS is the exit status then. */
static bool parse_options(struct query *q, int argc, char **argv, int *status)
{
	int c;

	while ((c = getopt_long(argc, argv, "adlpn0mF:k:b:Vh", long_options, NULL)) != -1) {
		if (short_field(c)) {
			q->style.field = short_field(c);
		} else if (c == '0') {
			q->style.separator = '\0';
		} else if (c == 'm') {
			q->by_name = true;
		} else if (c == 'F') {
			q->style.field = optarg;
		} else if (c == 'k') {
			q->version = optarg;
		} else if (c != 'b' || !tool_is_own_root('b', optarg)) {
			*status = c == 'V' || c == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
			if (c == 'V')
				tool_version();
			else if (c == 'h')
				help();
			return false;
		}
	}
	if (optind < argc)
		return true;
	tool_say(LOG_ERR, "missing module or filename.");
	*status = EXIT_FAILURE;
	return false;
}

int modinfo_main(int argc, char **argv)
{
	struct query q = {.style = {.separator = '\n'}};
	struct tool_index t;
	int status = EXIT_SUCCESS;
	errint opened;

	tool_begin(argv[0], LOG_WARNING);
	if (!parse_options(&q, argc, argv, &status))
		return status;
	opened = tool_open_index(&t);
	/* kmod's reads no modprobe.d. */
	if (opened == 0 && tool_use_config(&t, (const char *const[]){NULL}) < 0) {
		tool_say(LOG_ERR, "Out of memory!");
		return EXIT_FAILURE;
	}
	for (int i = optind; i < argc; i++) {
		if (show_arg(&q, &t, opened, argv[i]) < 0)
			status = EXIT_FAILURE;
	}
	if (opened == 0)
		tool_close_index(&t);
	return status;
}
