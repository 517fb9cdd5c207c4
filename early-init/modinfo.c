// SPDX-License-Identifier: GPL-2.0-or-later
/* modinfo(8), output as kmod 30. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/glob.h"
#include "plan/modinfo.h"
#include "tool.h"

struct query {
	const char *field; /* only this one, NULL all */
	char separator;
	bool by_name; /* -m */
	const char *version, *root;
};

/* "NAME:DESCRIPTION" and "NAME:TYPE" of one parameter, as they stand in the section. */
struct param {
	const char *name;
	int name_len;
	const char *text, *type; /* after the colon; NULL where not given */
};

struct params {
	struct param *at;
	size_t count;
};

static struct param *find_param(struct params *all, const char *name, int len)
{
	struct param *grown;

	for (size_t i = 0; i < all->count; i++) {
		if (all->at[i].name_len == len && memcmp(all->at[i].name, name, (size_t)len) == 0)
			return &all->at[i];
	}
	grown = reallocarray(all->at, all->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	all->at = grown;
	grown[all->count] = (struct param){.name = name, .name_len = len};
	return &grown[all->count++];
}

static void add_param(struct params *all, const struct modinfo_entry *e)
{
	const char *colon = strchr(e->value, ':');
	struct param *p;

	if (!colon) {
		tool_say(LOG_ERR, "Found invalid \"%.*s=%s\": missing ':'", (int)e->key_len, e->key, e->value);
		return;
	}
	p = find_param(all, e->value, (int)(colon - e->value));
	if (!p)
		tool_say(LOG_ERR, "Out of memory!");
	else if (e->key_len == strlen("parm"))
		p->text = colon + 1;
	else
		p->type = colon + 1;
}

/* kmod prints the last one found first. */
static void show_params(const struct query *q, const struct params *all, bool labelled)
{
	for (size_t i = all->count; i > 0; i--) {
		const struct param *p = &all->at[i - 1];

		if (labelled)
			printf("%-16s", "parm:");
		printf("%.*s:", p->name_len, p->name);
		if (p->text)
			fputs(p->text, stdout);
		if (!p->text && labelled)
			fputs(p->type ? p->type : "", stdout);
		else if (p->type)
			printf(" (%s)", p->type);
		putchar(q->separator);
	}
}

static bool key_is(const struct modinfo_entry *e, const char *key)
{
	return e->key_len == strlen(key) && memcmp(e->key, key, e->key_len) == 0;
}

static void show_entry(const struct query *q, const struct modinfo_entry *e)
{
	int len = (int)e->key_len;

	if (q->field) {
		if (key_is(e, q->field))
			printf("%s%c", e->value, q->separator);
	} else if (q->separator == '\0') {
		printf("%.*s=%s%c", len, e->key, e->value, q->separator);
	} else {
		printf("%.*s:%-*s%s%c", len, e->key, 15 - len, "", e->value, q->separator);
	}
}

static void show_strings(const struct query *q, struct modinfo info)
{
	bool only_params = q->field && strcmp(q->field, "parm") == 0;
	struct params params = {0};
	struct modinfo_entry e;

	while (modinfo_next(&info, &e)) {
		if ((only_params || !q->field) && (key_is(&e, "parm") || key_is(&e, "parmtype")))
			add_param(&params, &e);
		else if (!only_params)
			show_entry(q, &e);
	}
	show_params(q, &params, !only_params);
	free(params.at);
}

static bool field_wanted(const struct query *q, const char *field)
{
	return !q->field || strcmp(q->field, field) == 0;
}

static void show_label(const struct query *q, const char *label, const char *value)
{
	if (q->field)
		printf("%s%c", value, q->separator);
	else
		printf("%-16s%s%c", label, value, q->separator);
}

static errint show_file(const struct query *q, const char *name, const char *path)
{
	struct modfile file;
	struct modinfo info;
	const void *data = NULL;
	size_t size = 0;
	errint r;

	if (field_wanted(q, "filename"))
		show_label(q, "filename:", path);
	if (q->field && strcmp(q->field, "filename") == 0)
		return 0;
	r = modfile_open(path, &file);
	if (r == 0) {
		r = modfile_bytes(&file, &data, &size);
		if (r == 0)
			r = modinfo_open(data, size, &info);
		if (r == 0)
			show_strings(q, info);
		modfile_close(&file);
	}
	if (r < 0)
		tool_say(LOG_ERR, "could not get modinfo from '%s': %s", name, strerror(-tool_file_error(path, r)));
	return r;
}

/* The index tells that it is built in; its strings are in no file of the image. */
static errint show_builtin(const struct query *q, const char *name)
{
	if (field_wanted(q, "name"))
		show_label(q, "name:", name);
	if (field_wanted(q, "filename"))
		show_label(q, "filename:", "(builtin)");
	return 0;
}

static errint show_module(const struct query *q, const struct boot_index *ix, uint32_t id)
{
	struct index_module m;
	errint r = index_module(ix, id, &m);

	if (r < 0)
		return r;
	return (m.flags & MODULE_PRESENT) && m.path ? show_file(q, m.name, m.path) : show_builtin(q, m.name);
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

static errint show_arg(const struct query *q, const struct tool_index *t, errint opened, const char *arg)
{
	char name[256];

	if (!q->by_name && is_module_file(arg)) {
		if (modname_from_path(arg, name, sizeof(name)) < 0)
			return -ENAMETOOLONG;
		return show_file(q, name, arg);
	}
	if (opened < 0 || q->root || (q->version && strcmp(q->version, index_kernel_release(&t->ix)) != 0)) {
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
			q->field = short_field(c);
		} else if (c == '0') {
			q->separator = '\0';
		} else if (c == 'm') {
			q->by_name = true;
		} else if (c == 'F') {
			q->field = optarg;
		} else if (c == 'k') {
			q->version = optarg;
		} else if (c == 'b') {
			q->root = optarg;
		} else {
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
	struct query q = {.separator = '\n'};
	struct tool_index t;
	int status = EXIT_SUCCESS;
	errint opened;

	tool_begin(argv[0], LOG_WARNING);
	if (!parse_options(&q, argc, argv, &status))
		return status;
	opened = tool_open_index(&t);
	for (int i = optind; i < argc; i++) {
		if (show_arg(&q, &t, opened, argv[i]) < 0)
			status = EXIT_FAILURE;
	}
	if (opened == 0)
		tool_close_index(&t);
	return status;
}
