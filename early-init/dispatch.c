// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "init.h"
#include "net.h"
#include "setup.h"

static const struct tool {
	const char *name;
	int (*run)(int argc, char **argv);
} tools[] = {
    {"modprobe", modprobe_main}, {"insmod", insmod_main},   {"rmmod", rmmod_main},
    {"lsmod", lsmod_main},	 {"modinfo", modinfo_main}, {"udhcpc-script", udhcpc_script_main},
};

static const struct tool *find_tool(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (strcmp(slash ? slash + 1 : path, tools[i].name) == 0)
			return &tools[i];
	}
	return NULL;
}

int dispatch(int argc, char **argv, char **envp)
{
	const struct tool *tool = argc > 0 ? find_tool(argv[0]) : NULL;

	/* The kernel calls modprobe before there is anything on 0, 1 and 2. */
	setup_fds();
	if (tool)
		return tool->run(argc, argv);
	if (getpid() == 1)
		return init_main(argc, argv, envp);
	tool = argc > 1 ? find_tool(argv[1]) : NULL;
	if (tool)
		return tool->run(argc - 1, argv + 1);
	fputs("early-init is the first process of an initramfs made by rootward.\n"
	      "Usage: early-init modprobe|insmod|rmmod|lsmod|modinfo ...\n",
	      stderr);
	return 2;
}
