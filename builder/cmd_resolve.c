/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward resolve: what modprobe -R and modprobe -D print, from a kernel's tree or from an image's index. */
#include <getopt.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/lookup.h"
#include "command.h"
#include "image_index.h"
#include "index_write.h"
#include "kernel.h"
#include "printable.h"

struct resolve {
	const char *release, *image, *sysroot;
	VEC(const char *) modprobe_dirs; /* ends in NULL once used */
	bool depends, blacklist, batch;
	struct boot_index ix;
	const char *where; /* for messages */
	VEC(struct module_match) matches;
	VEC(struct probe_step) steps;
	VEC(char) options;
	struct buf missing; /* names that nothing answers to */
};

/* Modules of the tree under their own paths, so that the lines are those of modprobe -d SYSROOT. */
struct tree_paths {
	char *dir; /* absolute */
	struct arena arena;
};

static void choose_all(void *arg, const struct kmodule *m, struct index_choice *out)
{
	struct tree_paths *paths = arg;

	if (!m->path)
		return;
	out->flags = MODULE_PRESENT;
	out->image_path = m->path[0] == '/' ? m->path : arena_printf(&paths->arena, "%s/%s", paths->dir, m->path);
}

static char *absolute_path(const char *path)
{
	if (path[0] == '/')
		return xstrdup(path);
	AUTOFREE char *cwd = getcwd(NULL, 0);
	return path_join(cwd ? cwd : "/", path);
}

/* Index of an installed kernel, made for this call. */
static struct err *index_of_tree(struct resolve *r, unsigned char **data)
{
	struct utsname running;
	struct kernel *k;
	size_t size;

	if (!r->release && uname(&running) < 0)
		return err_sys(errno, "release of the running kernel");
	if (r->modprobe_dirs.count)
		VEC_PUSH(&r->modprobe_dirs, NULL);
	TRY(kernel_open(r->sysroot, r->release ? r->release : running.release, r->modprobe_dirs.items, &k));
	struct tree_paths paths = {.dir = absolute_path(k->moddir)};
	struct err *e = index_write(k, choose_all, &paths, NULL, 0, data, &size);
	free(paths.dir);
	arena_free(&paths.arena);
	kernel_close(k);
	if (!e && index_open(&r->ix, *data, size) < 0)
		e = err_new(EXIT_FAILED, "boot index: written badly: please report this");
	return e;
}

/* Options of STEP, or NULL where none is set. Valid until the next call. */
static const char *options_of(struct resolve *r, const struct probe_step *step)
{
	for (;;) {
		if (!r->options.cap)
			r->options.items = xmalloc(r->options.cap = 256);
		errint n = lookup_options(&r->ix, NULL, step->module, step->alias, r->options.items, r->options.cap);
		if (n != -ENAMETOOLONG)
			return n > 0 ? r->options.items : NULL;
		r->options.cap *= 2;
		r->options.items = xrealloc(r->options.items, r->options.cap, 1);
	}
}

/* Programs get modprobe's bytes, a terminal none that move its cursor. */
static void print_answer(const char *text)
{
	if (isatty(STDOUT_FILENO))
		print_lines(stdout, text);
	else
		fputs(text, stdout);
}

static void print_step(struct resolve *r, const struct module_match *match, const struct probe_step *step)
{
	bool is_target = step->module == match->module;
	const char *command = is_target && match->kind == MATCH_COMMAND ? lookup_match_command(&r->ix, match, false)
									: lookup_command(&r->ix, step->module, false);
	const char *options = options_of(r, step);
	const char *end = options ? " " : "";
	AUTOFREE char *text = NULL;
	struct index_module m;

	/* modprobe puts a blank between these and those of its command line, of which it has none here. */
	if (index_module(&r->ix, step->module, &m) < 0)
		return;
	bool builtin = m.flags & MODULE_BUILTIN;
	/* Known by its alias only: libkmod calls it builtin where it was found so and nowhere else. */
	if (m.flags & MODULE_ALIAS_ONLY && (!is_target || match->kind != MATCH_BUILTIN_ALIAS))
		builtin = false;
	if (command && !step->ignore_cmd)
		text = xasprintf("install %s %s%s\n", command, options ? options : "", end);
	else if (m.flags & MODULE_PRESENT)
		text = xasprintf("insmod %s %s%s\n", m.path, options ? options : "", end);
	else if (builtin)
		text = xasprintf("builtin %s\n", m.name);
	if (text)
		print_answer(text);
}

static struct err *print_depends(struct resolve *r, const struct module_match *match, const char *query)
{
	const char *alias = match_alias(match, query);

	if ((alias || r->blacklist) && lookup_blacklisted(&r->ix, NULL, match->module))
		return NULL;
	errint n = lookup_probe_list(&r->ix, match->module, alias, false, r->steps.items, r->steps.cap);
	if (n < 0)
		return err_sys(-n, "dependencies of %s", query);
	for (errint i = 0; i < n; i++)
		print_step(r, match, &r->steps.items[i]);
	return NULL;
}

/* Matches of NAME; none for a name that is no alias at all, as modprobe has it. */
static size_t look_up(struct resolve *r, const char *name)
{
	errint n;

	while ((n = lookup_modules(&r->ix, NULL, name, LOOKUP_USABLE, r->matches.items, r->matches.cap)) > 0 &&
	       (size_t)n > r->matches.cap) {
		r->matches.cap = (size_t)n;
		r->matches.items = xrealloc(r->matches.items, r->matches.cap, sizeof(*r->matches.items));
	}
	return n > 0 ? (size_t)n : 0;
}

static struct err *resolve_name(struct resolve *r, const char *name)
{
	char query[ALIAS_MAX_SIZE];
	size_t n = look_up(r, name);

	if (r->batch)
		printf("%s\t%s", name, r->depends ? "\n" : "");
	else if (!n)
		buf_printf(&r->missing, "%s%s", r->missing.len ? ", " : "", *name ? name : "''");
	if (n && alias_normalize(name, query, sizeof(query)) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		struct index_module m;
		if (r->depends)
			TRY(print_depends(r, &r->matches.items[i], query));
		else if (index_module(&r->ix, r->matches.items[i].module, &m) == 0) {
			fputs(r->batch && i ? " " : "", stdout);
			print_answer(m.name);
			fputs(r->batch ? "" : "\n", stdout);
		}
	}
	if (r->batch && !r->depends)
		putchar('\n');
	return NULL;
}

static struct err *resolve_input(struct resolve *r)
{
	AUTOFREE char *line = NULL;
	size_t cap = 0;
	struct err *e = NULL;

	for (ssize_t n; !e && (n = getline(&line, &cap, stdin)) > 0;) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			e = resolve_name(r, line);
	}
	return e;
}

static struct err *resolve_names(struct resolve *r, char **names)
{
	struct err *e = NULL;

	r->steps.cap = lookup_probe_bound(&r->ix);
	r->steps.items = xcalloc(r->steps.cap, sizeof(*r->steps.items));
	for (; *names && !e; names++)
		e = strcmp(*names, "-") == 0 ? resolve_input(r) : resolve_name(r, *names);
	if (!e && r->missing.len)
		e = err_new(EXIT_FAILED, "no module of %s answers to: %s", r->where, r->missing.data);
	return e;
}

static struct err *parse_options(struct resolve *r, int argc, char **argv)
{
	static const struct option options[] = {
	    {"kernel", required_argument, NULL, 'k'},  {"image", required_argument, NULL, 'i'},
	    {"sysroot", required_argument, NULL, 's'}, {"show-depends", no_argument, NULL, 'D'},
	    {"use-blacklist", no_argument, NULL, 'b'}, {"config", required_argument, NULL, 'C'},
	    {"batch", no_argument, NULL, 'B'},	       {0}};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "k:C:DbR", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			r->release = optarg;
			break;
		case 'i':
			r->image = optarg;
			break;
		case 's':
			r->sysroot = optarg;
			break;
		case 'D':
			r->depends = true;
			break;
		case 'b':
			r->blacklist = true;
			break;
		case 'C':
			VEC_PUSH(&r->modprobe_dirs, optarg);
			break;
		case 'B':
			r->batch = true;
			break;
		case 'R': /* what it does anyway */
			break;
		default:
			return option_error(argv, options);
		}
	}
	if (r->image && (r->release || *r->sysroot || r->modprobe_dirs.count))
		return err_new(EXIT_USAGE,
			       "resolve: --image has its own modules and configuration: no -k, --sysroot, -C");
	return optind == argc ? err_new(EXIT_USAGE, "resolve: no name given") : NULL;
}

static struct err *run(int argc, char **argv)
{
	struct resolve r = {.sysroot = ""};
	AUTOFREE unsigned char *data = NULL;

	struct err *e = parse_options(&r, argc, argv);
	if (!e)
		e = r.image ? image_open_index(r.image, &data, &r.ix) : index_of_tree(&r, &data);
	if (!e) {
		r.where = r.image ? r.image : index_kernel_release(&r.ix);
		e = resolve_names(&r, argv + optind);
	}
	VEC_FREE(&r.modprobe_dirs);
	VEC_FREE(&r.matches);
	VEC_FREE(&r.steps);
	VEC_FREE(&r.options);
	buf_free(&r.missing);
	return e;
}

const struct command cmd_resolve = {
    .name = "resolve",
    .synopsis = "[-k KVER|--image IMAGE] [-D] [-b] [--sysroot DIR] [-C DIR]... [--batch] NAME...",
    .summary = "module names for names and aliases, as modprobe -R; with -D as modprobe -D",
    .help = "  -k, --kernel KVER     look in this kernel's modules (default: the running kernel's)\n"
	    "  --image IMAGE         look in a finished image\n"
	    "  -D, --show-depends    print what would be loaded, in order, with options\n"
	    "  -b, --use-blacklist   with -D, a blacklisted module is not loaded by its name either\n"
	    "  --sysroot DIR         kernel and modprobe.d below DIR\n"
	    "  -C, --config DIR      modprobe.d directory (or file) instead of the usual ones; may be repeated\n"
	    "  --batch               for each NAME a line \"NAME TAB MODULE MODULE...\", empty where nothing\n"
	    "                        answers; with -D a line \"NAME TAB\" and then the lines of -D\n"
	    "\n"
	    "NAME may be -: names are read from standard input, one a line.\n",
    .run = run,
};
