/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table's row; each command lives in builder/cmd_NAME.c. */
#ifndef ROOTWARD_COMMAND_H
#define ROOTWARD_COMMAND_H

#include "util.h"

struct command {
	const char *name;
	const char *synopsis;			   /* after the name */
	const char *summary;			   /* one line of `rootward --help` */
	const char *help;			   /* rest of `rootward NAME --help` */
	struct err *(*run)(int argc, char **argv); /* argv[0] is the command's name; usage faults give EXIT_USAGE */
};

extern const struct command cmd_build, cmd_ls, cmd_cat, cmd_unpack, cmd_diff, cmd_check, cmd_explain, cmd_resolve,
    cmd_simulate, cmd_capture, cmd_boot, cmd_report, cmd_update, cmd_list, cmd_remove;

#endif
