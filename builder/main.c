/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program rootward: its command table and what is common to all commands. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"

/* In the order of --help: what a newcomer needs first comes first. */
static const struct command *const commands[] = {
    &cmd_build, &cmd_update,  &cmd_list,     &cmd_remove,  &cmd_resolve, &cmd_ls,   &cmd_cat,	 &cmd_unpack,
    &cmd_diff,	&cmd_explain, &cmd_simulate, &cmd_capture, &cmd_check,	 &cmd_boot, &cmd_report, NULL,
};

static void print_help(void)
{
	printf("Usage: rootward COMMAND [OPTION]...\n"
	       "Build initramfs images that boot from a real kernel to a real root, and explain them.\n\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf(
	    "\n`rootward COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 usage, 3 verification found an "
	    "error.\n");
}

static void print_command_help(const struct command *c)
{
	printf("Usage: rootward %s %s\n%s\n", c->name, c->synopsis, c->summary);
	if (c->help)
		printf("\n%s", c->help);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static struct err *unknown_command(const char *name)
{
	const char *names[ARRAY_SIZE(commands)];
	size_t count = 0;

	for (; commands[count]; count++)
		names[count] = commands[count]->name;
	const char *near = nearest_name(name, names, count);
	if (near)
		return err_new(EXIT_USAGE, "unknown command '%s': did you mean '%s'?", name, near);
	return err_new(EXIT_USAGE, "unknown command '%s': see rootward --help", name);
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || (i == 1 && strcmp(argv[i], "-h") == 0))
			return true;
	return false;
}

static struct err *dispatch(int argc, char **argv)
{
	if (argc < 1)
		return err_new(EXIT_USAGE, "no command given: see rootward --help");
	if (strcmp(argv[0], "--version") == 0) {
		puts("rootward " ROOTWARD_VERSION);
		return NULL;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "help") == 0) {
		print_help();
		return NULL;
	}
	const struct command *c = find_command(argv[0]);
	if (!c)
		return unknown_command(argv[0]);
	if (asks_for_help(argc, argv)) {
		print_command_help(c);
		return NULL;
	}
	opterr = 0;
	return c->run(argc, argv);
}

/*
 * Who is started with a standard stream closed would get an image as that
 * stream, and messages inside of it. In its place stands what fails to read or write as a closed one does.
 */
static bool fill_closed_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

/*
 * A full disk or a closed pipe shows here when output was buffered. What was too long for the buffer has failed before,
 * and has left nothing to flush and no errno to trust: the stream still knows.
 */
static struct err *finish_output(void)
{
	if (fflush(stdout) != 0)
		return err_sys(errno, "standard output");
	if (ferror(stdout))
		return err_new(EXIT_FAILED, "standard output: not all of it could be written: is its disk full?");
	return NULL;
}

int main(int argc, char **argv)
{
	if (!fill_closed_streams())
		return EXIT_FAILED;
	int status = err_report(dispatch(argc - 1, argv + 1));

	struct err *e = finish_output();
	if (status == EXIT_OK)
		status = err_report(e);
	else
		err_free(e);
	if (interrupt_signal()) {
		/* Who started us learns why we ended. */
		signal(interrupt_signal(), SIG_DFL);
		raise(interrupt_signal());
	}
	return status;
}
