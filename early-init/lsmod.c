// SPDX-License-Identifier: GPL-2.0-or-later
/* lsmod(8), output as kmod 30. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static void show_module(const char *name)
{
	struct names holders;

	printf("%-19s %8ld  %d", name, module_size(name), module_refcnt(name));
	if (module_holders(name, &holders) < 0)
		holders = (struct names){0};
	for (size_t i = 0; i < holders.count; i++)
		printf("%c%s", i == 0 ? ' ' : ',', holders.at[i]);
	putchar('\n');
	names_free(&holders);
}

int lsmod_main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (argc != 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return EXIT_FAILURE;
	}
	f = fopen("/proc/modules", "re");
	if (!f) {
		fprintf(stderr, "Error: could not get list of modules: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	puts("Module                  Size  Used by");
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, " \t\n")] = '\0';
		show_module(line);
	}
	free(line);
	fclose(f);
	return EXIT_SUCCESS;
}
