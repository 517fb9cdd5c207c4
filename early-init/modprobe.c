// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modprobe(8): options, messages and exit statuses as kmod 30. The kernel
 * calls it as "modprobe -q -- NAME", before PID 1 runs too: nothing here needs
 * a mounted file system, and nothing waits for PID 1.
 */
#include "modprobe.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Parent of the helpers that the kernel starts. */
#define KTHREADD 2

enum long_option { OPT_VERMAGIC = 256, OPT_MODVERSION, OPT_FIRST_TIME, OPT_VERSIONS, OPT_HOLDERS, OPT_EXPORTS };

static const struct option long_options[] = {
    {"all", no_argument, NULL, 'a'},
    {"remove", no_argument, NULL, 'r'},
    {"remove-dependencies", no_argument, NULL, OPT_HOLDERS},
    {"remove-holders", no_argument, NULL, OPT_HOLDERS},
    {"wait", required_argument, NULL, 'w'},
    {"resolve-alias", no_argument, NULL, 'R'},
    {"first-time", no_argument, NULL, OPT_FIRST_TIME},
    {"ignore-install", no_argument, NULL, 'i'},
    {"ignore-remove", no_argument, NULL, 'i'},
    {"use-blacklist", no_argument, NULL, 'b'},
    {"force", no_argument, NULL, 'f'},
    {"force-modversion", no_argument, NULL, OPT_MODVERSION},
    {"force-vermagic", no_argument, NULL, OPT_VERMAGIC},
    {"show-depends", no_argument, NULL, 'D'},
    {"showconfig", no_argument, NULL, 'c'},
    {"show-config", no_argument, NULL, 'c'},
    {"show-modversions", no_argument, NULL, OPT_VERSIONS},
    {"dump-modversions", no_argument, NULL, OPT_VERSIONS},
    {"show-exports", no_argument, NULL, OPT_EXPORTS},
    {"dry-run", no_argument, NULL, 'n'},
    {"show", no_argument, NULL, 'n'},
    {"config", required_argument, NULL, 'C'},
    {"dirname", required_argument, NULL, 'd'},
    {"set-version", required_argument, NULL, 'S'},
    {"syslog", no_argument, NULL, 's'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What the command line asks for beside struct modprobe. */
struct request {
	struct modprobe m;
	bool all, remove, show_config;
	const char *version, *root;
	const char *config; /* -C: modprobe.d file whose lines come first */
	int status;	    /* when done before anything began */
};

static void help(void)
{
	const char *n = tool_name();

	printf("Usage:\n"
	       "\t%s [options] [-i] [-b] modulename\n"
	       "\t%s [options] -a [-i] [-b] modulename [modulename...]\n"
	       "\t%s [options] -r [-i] modulename\n"
	       "\t%s [options] -r -a [-i] modulename [modulename...]\n"
	       "\t%s [options] -c\n",
	       n, n, n, n, n);
	puts("Management Options:\n"
	     "\t-a, --all                   every argument is a module to insert or remove\n"
	     "\t-r, --remove                remove instead of inserting\n"
	     "\t    --remove-holders        remove what uses the module too (with -r)\n"
	     "\t-w, --wait <MSEC>           wait for the module to become unused (with -r)\n"
	     "\t    --first-time            fail if it is inserted or removed already\n"
	     "\t-i, --ignore-install        ignore install and remove commands\n"
	     "\t-b, --use-blacklist         apply the blacklist to names too\n"
	     "\t-f, --force                 ignore versions\n"
	     "\t    --force-modversion, --force-vermagic\n"
	     "Query Options:\n"
	     "\t-R, --resolve-alias         print what an alias stands for\n"
	     "\t-D, --show-depends          print what would be done, dependencies too\n"
	     "\t-c, --show-config           print the configuration and the aliases\n"
	     "General Options:\n"
	     "\t-n, --dry-run  -q, --quiet  -v, --verbose  -s, --syslog\n"
	     "\t-S, --set-version=VERSION   must be the version of this image\n"
	     "\t-V, --version  -h, --help");
}

const char *modprobe_name(const struct modprobe *m, uint32_t id)
{
	struct index_module module;

	return index_module(&m->index.ix, id, &module) == 0 ? module.name : "?";
}

errint modprobe_lookup(const struct modprobe *m, const char *query, struct module_match **out)
{
	struct module_match *matches;
	errint n = lookup_modules(&m->index.ix, &m->index.conf, query, LOOKUP_USABLE, NULL, 0);

	if (n <= 0)
		return n;
	matches = calloc((size_t)n, sizeof(*matches));
	if (!matches)
		return -ENOMEM;
	n = lookup_modules(&m->index.ix, &m->index.conf, query, LOOKUP_USABLE, matches, (size_t)n);
	*out = matches;
	return n;
}

/* Words of $MODPROBE_OPTIONS before the arguments: what an install command's modprobe inherits. */
static char **prepend_environment(int *argc, char **argv)
{
	const char *env = getenv("MODPROBE_OPTIONS");
	char *text, *word, *save = NULL, **all;
	int n = 0;

	if (!env || !*env)
		return argv;
	text = strdup(env);
	all = calloc((size_t)*argc + strlen(env) + 2, sizeof(*all));
	if (!text || !all) {
		free(text);
		free(all);
		return argv;
	}
	all[n++] = argv[0];
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		all[n++] = word;
	for (int i = 1; i < *argc; i++)
		all[n++] = argv[i];
	*argc = n;
	return all; /* it and its words live as long as the process */
}

static void append_environment(const char *word)
{
	const char *old = getenv("MODPROBE_OPTIONS");
	char *text;

	if (!old) {
		setenv("MODPROBE_OPTIONS", word, 1);
	} else if (asprintf(&text, "%s %s", old, word) > 0) {
		setenv("MODPROBE_OPTIONS", text, 1);
		free(text);
	}
}

/* Options that decide what is done. True when C was one of them. */
static bool action_option(struct request *q, int c)
{
	switch (c) {
	case 'a':
		q->m.complain = LOG_WARNING;
		q->all = true;
		return true;
	case 'r':
		q->remove = true;
		return true;
	case 'D':
		q->m.ignore_loaded = q->m.dry_run = q->m.show = true;
		return true;
	case 'R':
		q->m.lookup_only = true;
		return true;
	case 'c':
		q->show_config = true;
		return true;
	case 'n':
		q->m.dry_run = true;
		return true;
	case OPT_HOLDERS:
		q->m.remove_holders = true;
		return true;
	default:
		return false;
	}
}

/* Options that decide how. */
static bool manner_option(struct request *q, int c)
{
	switch (c) {
	case 'i':
		q->m.ignore_commands = true;
		return true;
	case 'b':
		q->m.use_blacklist = true;
		return true;
	case 'f':
		q->m.force = true;
		return true;
	case OPT_MODVERSION:
		q->m.strip_modversion = true;
		return true;
	case OPT_VERMAGIC:
		q->m.strip_vermagic = true;
		return true;
	case OPT_FIRST_TIME:
		q->m.first_time = true;
		return true;
	case 's':
		append_environment("-s");
		tool_use_log();
		return true;
	case 'q':
		append_environment("-q");
		tool_set_verbosity(LOG_EMERG);
		return true;
	case 'v':
		append_environment("-v");
		tool_set_verbosity(tool_verbosity() + 1);
		return true;
	default:
		return false;
	}
}

/* Options with a value, and those that end the run: false then, with q->status set. */
static bool other_option(struct request *q, int c)
{
	char *end = NULL;

	q->status = EXIT_FAILURE;
	switch (c) {
	case 'w':
		q->m.wait_ms = strtoul(optarg, &end, 0);
		if (*optarg && !*end)
			return true;
		tool_say(LOG_ERR, "unexpected wait value '%s'.", optarg);
		return false;
	case 'C':
		q->config = optarg;
		append_environment("-C");
		append_environment(optarg);
		return true;
	case 'd':
		q->root = optarg;
		return true;
	case 'S':
		q->version = optarg;
		return true;
	case OPT_VERSIONS:
	case OPT_EXPORTS:
		tool_say(LOG_ERR, "symbol versions are shown by rootward on the host, not in the image");
		return false;
	case 'V':
	case 'h':
		if (c == 'V')
			tool_version();
		else
			help();
		q->status = EXIT_SUCCESS;
		return false;
	default:
		return false;
	}
}

static bool parse_options(struct request *q, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "arw:RibfDcnC:d:S:sqvVh", long_options, NULL)) != -1) {
		if (!action_option(q, c) && !manner_option(q, c) && !other_option(q, c))
			return false;
	}
	if (!q->show_config && optind >= argc) {
		tool_say(LOG_ERR, "missing parameters. See -h.");
		q->status = EXIT_FAILURE;
		return false;
	}
	return true;
}

/* ARGS as one options string; a value with blanks is put in quotes. malloc'ed. */
static char *options_from(int count, char **args)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < count; i++) {
		const char *value = strchr(args[i], '=');

		if (i)
			fputc(' ', f);
		if (value && value[1] != '"' && value[1] != '\'' && strchr(value + 1, ' '))
			fprintf(f, "%.*s=\"%s\"", (int)(value - args[i]), args[i], value + 1);
		else
			fputs(args[i], f);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static errint each(const struct modprobe *m, int count, char **args,
		   errint (*one)(const struct modprobe *m, const char *query))
{
	errint r = 0, failed = 0;

	for (int i = 0; i < count && !tool_is_fatal(); i++) {
		r = one(m, args[i]);
		if (r < 0)
			failed = r;
	}
	return failed;
}

static errint insert_plain(const struct modprobe *m, const char *query)
{
	return modprobe_insert(m, query, NULL);
}

static errint run(const struct request *q, int count, char **args)
{
	char *options;
	errint r;

	if (q->show_config) {
		modprobe_show_config(&q->m);
		return 0;
	}
	if (q->remove)
		return each(&q->m, count, args, modprobe_remove);
	if (q->all)
		return each(&q->m, count, args, insert_plain);
	options = options_from(count - 1, args + 1);
	if (!options)
		return -ENOMEM;
	r = modprobe_insert(&q->m, args[0], options);
	free(options);
	return r;
}

/* The index for the version that is asked for; -ESRCH for any other version or place: there is only one in an image. */
static errint open_index(struct request *q, char *dirname, size_t size)
{
	struct utsname u;
	errint r = tool_open_index(&q->m.index);
	const char *version = q->version;

	if (!version)
		version = r == 0 && getenv("ROOTWARD_INDEX") ? index_kernel_release(&q->m.index.ix)
			  : uname(&u) == 0		     ? u.release
							     : "";
	snprintf(dirname, size, "%s/lib/modules/%s", q->root ? q->root : "", version);
	q->m.dirname = dirname;
	if (r < 0) {
		tool_say(LOG_CRIT, "Module index for directory %s: %s", dirname, strerror(-r));
	} else if (strcmp(version, index_kernel_release(&q->m.index.ix)) != 0 || q->root) {
		tool_close_index(&q->m.index);
		r = -ESRCH;
	}
	return r;
}

/* Of a version that is not here no name means anything. */
static errint say_not_found(const struct modprobe *m, const char *query)
{
	tool_say(m->complain, "Module %s not found in directory %s", query, m->dirname);
	return -ENOENT;
}

int modprobe_main(int argc, char **argv)
{
	struct request q = {.m = {.complain = LOG_CRIT, .from_kernel = getppid() == KTHREADD}};
	char dirname[512];
	errint r;

	tool_begin(argv[0], LOG_WARNING);
	if (q.m.from_kernel)
		tool_use_log();
	argv = prepend_environment(&argc, argv);
	if (!parse_options(&q, argc, argv))
		return q.status;
	r = open_index(&q, dirname, sizeof(dirname));
	if (r == 0) {
		r = run(&q, argc - optind, argv + optind);
		tool_close_index(&q.m.index);
	} else if (r == -ESRCH) {
		r = each(&q.m, q.all ? argc - optind : argc > optind, argv + optind, say_not_found);
	}
	return r < 0 || tool_is_fatal() ? EXIT_FAILURE : EXIT_SUCCESS;
}
