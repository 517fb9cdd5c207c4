// SPDX-License-Identifier: GPL-2.0-or-later
/* insmod(8), messages and exit statuses as kmod 30. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* include/uapi/linux/module.h */
#define IGNORE_MODVERSIONS 1u
#define IGNORE_VERMAGIC 2u

static void help(void)
{
	printf("Usage:\n"
	       "\t%s [options] filename [args]\n"
	       "Options:\n"
	       "\t-V, --version     show version\n"
	       "\t-h, --help        show this help\n",
	       tool_name());
}

static const char *load_error(int error)
{
	switch (error) {
	case -ENOEXEC:
		return "Invalid module format";
	case -ENOENT:
		return "Unknown symbol in module";
	case -ESRCH:
		return "Module has wrong symbol version";
	case -EINVAL:
		return "Invalid parameters";
	default:
		return strerror(-error);
	}
}

/* ARGS joined by blanks; malloc'ed. */
static char *join(int count, char **args)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < count; i++)
		fprintf(f, "%s%s", i ? " " : "", args[i]);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int insert(const char *path, const char *options, unsigned flags)
{
	struct modfile file;
	errint r = tool_open_module(path, &file);

	/* kmod opens any file; whether it is a module is for the kernel to say. */
	if (r < 0 && r != -ENOEXEC) {
		tool_say(LOG_ERR, "could not load module %s: %s", path, strerror(-r));
		return EXIT_FAILURE;
	}
	if (r == 0) {
		r = modfile_load(&file, options, flags);
		modfile_close(&file);
	} else {
		r = tool_file_error(path, r);
	}
	if (r < 0)
		tool_say(LOG_ERR, "could not insert module %s: %s", path, load_error(r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int insmod_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	unsigned flags = 0;
	char *params;
	int c, status;

	tool_begin(argv[0], LOG_WARNING);
	while ((c = getopt_long(argc, argv, "psfVh", options, NULL)) != -1) {
		switch (c) {
		case 'p':
		case 's':
			break; /* kept for old scripts; they do nothing in kmod either */
		case 'f':
			flags = IGNORE_MODVERSIONS | IGNORE_VERMAGIC;
			break;
		case 'h':
			help();
			return EXIT_SUCCESS;
		case 'V':
			tool_version();
			return EXIT_SUCCESS;
		default:
			return EXIT_FAILURE;
		}
	}
	if (optind >= argc) {
		tool_say(LOG_ERR, "missing filename.");
		return EXIT_FAILURE;
	}
	if (strcmp(argv[optind], "-") == 0) {
		tool_say(LOG_ERR, "this tool does not support loading from stdin!");
		return EXIT_FAILURE;
	}
	params = join(argc - optind - 1, argv + optind + 1);
	if (!params) {
		tool_say(LOG_ERR, "out of memory");
		return EXIT_FAILURE;
	}
	status = insert(argv[optind], params, flags);
	free(params);
	return status;
}
