// SPDX-License-Identifier: GPL-2.0-or-later
/* rmmod(8), messages and exit statuses as kmod 30. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/glob.h"
#include "tool.h"

static void help(void)
{
	printf("Usage:\n"
	       "\t%s [options] modulename ...\n"
	       "Options:\n"
	       "\t-f, --force       forces a module unload and may crash your\n"
	       "\t                  machine. This requires Forced Module Removal\n"
	       "\t                  option in your kernel. DANGEROUS\n"
	       "\t-s, --syslog      print to syslog, not stderr\n"
	       "\t-v, --verbose     enables more messages\n"
	       "\t-V, --version     show version\n"
	       "\t-h, --help        show this help\n",
	       tool_name());
}

static bool is_builtin(const char *name)
{
	struct tool_index t;
	struct index_module m;
	bool builtin;

	if (tool_open_index(&t) < 0)
		return false;
	builtin = index_module(&t.ix, index_find_module(&t.ix, name), &m) == 0 && (m.flags & MODULE_BUILTIN);
	tool_close_index(&t);
	return builtin;
}

/* One line naming them all. */
static void say_holders(const char *name, const struct names *holders)
{
	char line[900];
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < holders->count && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s", holders->at[i]);
	tool_say(LOG_ERR, "Module %s is in use by:%s", name, line);
}

static errint check_in_use(const char *name)
{
	struct names holders;
	errint r;

	if (is_builtin(name)) {
		tool_say(LOG_ERR, "Module %s is builtin.", name);
		return -ENOENT;
	}
	if (module_state(name) < 0) {
		tool_say(LOG_ERR, "Module %s is not currently loaded", name);
		return -ENOENT;
	}
	if (module_holders(name, &holders) == 0 && holders.count > 0) {
		say_holders(name, &holders);
		names_free(&holders);
		return -EBUSY;
	}
	r = module_refcnt(name);
	if (r > 0)
		tool_say(LOG_ERR, "Module %s is in use", name);
	else if (r == -ENOENT)
		tool_say(LOG_ERR, "Module unloading is not supported");
	return r > 0 ? -EBUSY : r;
}

static errint remove_one(const char *arg, bool force)
{
	char name[64];
	struct stat st;
	errint r = stat(arg, &st) == 0 ? modname_from_path(arg, name, sizeof(name))
				       : modname_normalize(arg, name, sizeof(name));

	if (r < 0) {
		tool_say(LOG_ERR, "could not use module %s: %s", arg, strerror(-r));
		return r;
	}
	if (!force && (r = check_in_use(name)) < 0)
		return r;
	r = module_delete(name, force);
	if (r < 0) {
		tool_say(LOG_ERR, "could not remove '%s': %s", name, strerror(-r)); /* libkmod's and the tool's line */
		tool_say(LOG_ERR, "could not remove module %s: %s", arg, strerror(-r));
	}
	return r;
}

int rmmod_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"force", no_argument, NULL, 'f'},	 {"syslog", no_argument, NULL, 's'},
	    {"verbose", no_argument, NULL, 'v'}, {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},	 {NULL, 0, NULL, 0}};
	bool force = false, failed = false;
	int c;

	tool_begin(argv[0], LOG_ERR);
	while ((c = getopt_long(argc, argv, "fsvVwh", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			force = true;
			break;
		case 's':
			tool_use_log();
			break;
		case 'v':
			tool_set_verbosity(tool_verbosity() + 1);
			break;
		case 'h':
			help();
			return EXIT_SUCCESS;
		case 'V':
			tool_version();
			return EXIT_SUCCESS;
		case 'w': /* kmod lists it and refuses it: waiting for users to leave was removed from the kernel */
			tool_say(LOG_ERR, "unexpected getopt_long() value '%c'.", c);
			return EXIT_FAILURE;
		default:
			return EXIT_FAILURE;
		}
	}
	if (optind >= argc) {
		tool_say(LOG_ERR, "missing module name.");
		return EXIT_FAILURE;
	}
	for (int i = optind; i < argc; i++)
		failed |= remove_one(argv[i], force) < 0;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
