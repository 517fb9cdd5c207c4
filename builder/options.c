/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What getopt_long(3) did not take, in the words of all commands. */
#include <string.h>

#include "command.h"

/* More long options than a command has. */
#define NAMES_MAX 64

struct err *option_error(char **argv, const struct option *options)
{
	const char *names[NAMES_MAX], *command = argv[0], *given = argv[optind - 1];
	char letter[3] = {'-', (char)optopt, '\0'};
	size_t n = 0;

	for (; options[n].name && n < NAMES_MAX; n++)
		names[n] = options[n].name;
	/* An option without its value, or with one that it does not take: getopt tells its value. In "-xq" only a
	 * letter. */
	if (strncmp(given, "--", 2) != 0) {
		bool shorts = optopt > ' ' && optopt < 127;
		return err_new(EXIT_USAGE, "%s: option '%s' is unknown or lacks its value: see rootward %s --help",
			       command, shorts ? letter : given, command);
	}
	if (optopt)
		return err_new(EXIT_USAGE, "%s: option '%s' lacks its value, or takes none: see rootward %s --help",
			       command, given, command);
	const char *near = nearest_name(given + 2, names, n);
	if (near)
		return err_new(EXIT_USAGE, "%s: option '%s': did you mean '--%s'? (see rootward %s --help)", command,
			       given, near, command);
	return err_new(EXIT_USAGE, "%s: option '%s' is unknown: see rootward %s --help", command, given, command);
}
