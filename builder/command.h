/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table's row; each command lives in builder/cmd_NAME.c. */
#ifndef ROOTWARD_COMMAND_H
#define ROOTWARD_COMMAND_H

#include <getopt.h>

#include "util.h"

struct command {
	const char *name;
	const char *synopsis;			   /* after the name */
	const char *summary;			   /* one line of `rootward --help` */
	const char *help;			   /* rest of `rootward NAME --help` */
	struct err *(*run)(int argc, char **argv); /* argv[0] is the command's name; usage faults give EXIT_USAGE */
};

/* getopt_long() said '?' to ARGV: which option it was, and one that is nearly it. OPTERR is 0 in all commands. */
struct err *option_error(char **argv, const struct option *options) MUST_CHECK NONNULL(1, 2);

extern const struct command cmd_build, cmd_ls, cmd_cat, cmd_unpack, cmd_diff, cmd_check, cmd_explain, cmd_resolve,
    cmd_simulate, cmd_capture, cmd_boot, cmd_report, cmd_update, cmd_list, cmd_remove;

#endif
