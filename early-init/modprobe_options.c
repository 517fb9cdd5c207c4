// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of modprobe(8), as kmod 30. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modprobe.h"

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
	     "\t-C, --config=FILE           read FILE, or a directory, instead of the image's configuration\n"
	     "\t-d, --dirname=DIR           must be /: there is one index, the image's own\n"
	     "\t-S, --set-version=VERSION   must be the version of this image\n"
	     "\t-V, --version  -h, --help");
}

void modprobe_inherit_options(int *argc, char ***argv)
{
	const char *env = getenv("MODPROBE_OPTIONS");
	char *text, *word, *save = NULL, **all;
	int n = 0;

	if (!env || !*env)
		return;
	text = strdup(env);
	all = calloc((size_t)*argc + strlen(env) + 2, sizeof(*all));
	if (!text || !all) {
		free(text);
		free(all);
		return;
	}
	all[n++] = (*argv)[0];
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		all[n++] = word;
	for (int i = 1; i < *argc; i++)
		all[n++] = (*argv)[i];
	*argc = n;
	*argv = all; /* it and its words live as long as the process */
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

static bool add_config(struct request *q, const char *place)
{
	size_t count = 0;
	const char **grown;

	while (q->configs && q->configs[count])
		count++;
	grown = reallocarray(q->configs, count + 2, sizeof(*grown));
	if (!grown) {
		tool_say(LOG_ERR, "Out of memory!");
		return false;
	}
	grown[count] = place;
	grown[count + 1] = NULL;
	q->configs = grown;
	return true;
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
		append_environment("-C");
		append_environment(optarg);
		return add_config(q, optarg);
	case 'd':
		return tool_is_own_root('d', optarg);
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

bool modprobe_parse_options(struct request *q, int argc, char **argv)
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
