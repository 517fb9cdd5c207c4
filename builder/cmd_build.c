/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward build */
#include <getopt.h>
#include <string.h>

#include "build.h"
#include "command.h"
#include "lock.h"

#define THREADS_MAX 1024

enum {
	OPT_SYSROOT = 256,
	OPT_MODE,
	OPT_HARDWARE,
	OPT_COMPRESS,
	OPT_ADD,
	OPT_OMIT,
	OPT_FEATURE,
	OPT_CONFIG,
	OPT_CACHE,
	OPT_JSON,
	OPT_THREADS,
	OPT_PRINT_CONFIG
};

static const struct option options[] = {
    {"kernel", required_argument, NULL, 'k'},
    {"output", required_argument, NULL, 'o'},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"sysroot", required_argument, NULL, OPT_SYSROOT},
    {"mode", required_argument, NULL, OPT_MODE},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"compress", required_argument, NULL, OPT_COMPRESS},
    {"add-module", required_argument, NULL, OPT_ADD},
    {"omit-module", required_argument, NULL, OPT_OMIT},
    {"feature", required_argument, NULL, OPT_FEATURE},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"cache", required_argument, NULL, OPT_CACHE},
    {"json", no_argument, NULL, OPT_JSON},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"print-config", no_argument, NULL, OPT_PRINT_CONFIG},
    {NULL, 0, NULL, 0},
};

static struct err *set_threads(struct build_options *o, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || *text == '-' || n == 0 || n > THREADS_MAX)
		return err_new(EXIT_USAGE, "build: number of threads '%s': must be 1 to %d", text, THREADS_MAX);
	o->threads = (unsigned)n;
	return NULL;
}

static struct err *set_option(struct build_options *o, int c)
{
	switch (c) {
	case 'k':
		o->release = optarg;
		return NULL;
	case 'o':
		o->output = optarg;
		return NULL;
	case 'v':
		verbosity = 1;
		return NULL;
	case 'q':
		verbosity = -1;
		return NULL;
	case OPT_SYSROOT:
		o->sysroot = optarg;
		return NULL;
	case OPT_MODE:
		if (strcmp(optarg, "generic") != 0 && strcmp(optarg, "host") != 0)
			return err_new(EXIT_USAGE, "build: --mode %s: must be generic or host", optarg);
		o->mode = optarg;
		return NULL;
	case OPT_HARDWARE:
		o->hardware = optarg;
		return NULL;
	case OPT_COMPRESS:
		o->compress = optarg;
		return NULL;
	case OPT_ADD:
		VEC_PUSH(&o->add_modules, optarg);
		return NULL;
	case OPT_OMIT:
		VEC_PUSH(&o->omit_modules, optarg);
		return NULL;
	case OPT_FEATURE:
		VEC_PUSH(&o->features, optarg);
		return NULL;
	case OPT_CONFIG:
		o->config_dir = optarg;
		return NULL;
	case OPT_CACHE:
		o->cache = optarg;
		return NULL;
	case OPT_JSON:
		o->json = true;
		return NULL;
	case OPT_PRINT_CONFIG:
		o->print_config = true;
		return NULL;
	default:
		return set_threads(o, optarg);
	}
}

static struct err *parse(int argc, char **argv, struct build_options *o)
{
	const char *threads = getenv("ROOTWARD_THREADS");
	int c;

	if (threads && *threads)
		TRY(err_wrap(set_threads(o, threads), "ROOTWARD_THREADS"));
	optind = 1;
	while ((c = getopt_long(argc, argv, "k:o:vq", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		TRY(set_option(o, c));
	}
	if (optind < argc)
		return err_new(EXIT_USAGE, "build: unexpected argument '%s': the image's name goes after -o",
			       argv[optind]);
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	struct build_options o = {.lock_wait = LOCK_WAIT_DEFAULT};
	struct err *e = parse(argc, argv, &o);

	if (!e)
		e = build_run(&o);
	VEC_FREE(&o.add_modules);
	VEC_FREE(&o.omit_modules);
	VEC_FREE(&o.features);
	return e;
}

const struct command cmd_build = {
    .name = "build",
    .synopsis = "[-k KVER] [-o FILE] [--sysroot DIR] [OPTION]...",
    .summary = "build an initramfs image",
    .help = "  -k, --kernel KVER     kernel release (the running kernel's)\n"
	    "  -o, --output FILE     image to write (/boot/initrd.img-KVER or /boot/initramfs-KVER.img)\n"
	    "      --sysroot DIR     take kernel, firmware, programs and configuration from DIR\n"
	    "      --mode MODE       generic: boots any machine; host: only this one\n"
	    "      --hardware FILE   profile of another machine (rootward capture) instead of this one\n"
	    "      --compress KIND   zstd, none, or solid-KIND of zstd xz gzip lz4 none [:LEVEL]\n"
	    "      --add-module M    add module M and what it needs; may be repeated\n"
	    "      --omit-module M   leave module M out; may be repeated\n"
	    "      --feature F       add feature F of the configuration; may be repeated\n"
	    "      --config DIR      read the configuration from DIR only\n"
	    "      --cache DIR       keep compressed modules in DIR; 'none' keeps nothing\n"
	    "      --threads N       threads to use (one for each CPU)\n"
	    "      --json            summary as JSON on standard output\n"
	    "      --print-config    print the configuration in force with the origin of each value, and stop\n"
	    "  -v, --verbose         tell more;  -q, --quiet  only errors\n",
    .run = run,
};
