/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What modprobe -R and -D print, by libkmod itself, for a stream of names: one
 * process instead of one a name. tests/resolve.bats compares it with
 * `rootward resolve --batch`, and a sample of it with modprobe.
 *
 *   kmod_reference [-D] [-b] MODULE-DIRECTORY [MODPROBE.D]... <names
 *
 * libkmod adds the running kernel's command line to what modprobe.d says. It
 * is not read here, unless KMOD_REFERENCE_CMDLINE is set, because an image
 * must not depend on the machine it is built on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int open(const char *path, int flags, ...);

/* In front of libc's for libkmod. */
int open(const char *path, int flags, ...)
{
	static int (*next)(const char *, int, ...);
	va_list ap;

	va_start(ap, flags);
	unsigned mode = flags & O_CREAT ? va_arg(ap, unsigned) : 0;
	va_end(ap);
	if (strcmp(path, "/proc/cmdline") == 0 && !getenv("KMOD_REFERENCE_CMDLINE")) {
		errno = ENOENT;
		return -1;
	}
	if (!next)
		next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	return next(path, flags, mode);
}

/* As print_action of kmod's tools/modprobe.c. */
static void print_action(struct kmod_module *m, bool install, const char *options)
{
	const char *path = kmod_module_get_path(m);

	if (install)
		printf("install %s %s\n", kmod_module_get_install_commands(m), options);
	else if (path)
		printf("insmod %s %s\n", path, options);
	else if (kmod_module_get_initstate(m) == KMOD_MODULE_BUILTIN)
		printf("builtin %s\n", kmod_module_get_name(m));
}

static void answer(struct kmod_ctx *ctx, const char *name, bool depends, bool blacklist)
{
	unsigned flags = KMOD_PROBE_IGNORE_LOADED | KMOD_PROBE_DRY_RUN | KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY;
	struct kmod_list *list = NULL, *l;

	if (blacklist)
		flags |= KMOD_PROBE_APPLY_BLACKLIST;
	printf("%s\t%s", name, depends ? "\n" : "");
	if (kmod_module_new_from_lookup(ctx, name, &list) < 0)
		list = NULL;
	kmod_list_foreach(l, list)
	{
		struct kmod_module *m = kmod_module_get_module(l);
		if (depends)
			kmod_module_probe_insert_module(m, flags, NULL, NULL, NULL, print_action);
		else
			printf("%s%s", l == list ? "" : " ", kmod_module_get_name(m));
		kmod_module_unref(m);
	}
	kmod_module_unref_list(list);
	if (!depends)
		putchar('\n');
}

int main(int argc, char **argv)
{
	bool depends = false, blacklist = false;
	char *line = NULL;
	size_t cap = 0;
	int c;

	while ((c = getopt(argc, argv, "Db")) != -1) {
		if (c == 'D')
			depends = true;
		else if (c == 'b')
			blacklist = true;
		else
			return 2;
	}
	if (optind == argc)
		return 2;
	struct kmod_ctx *ctx = kmod_new(argv[optind], (const char *const *)argv + optind + 1);
	if (!ctx || kmod_load_resources(ctx) < 0) {
		fprintf(stderr, "kmod_reference: %s: not a module directory\n", argv[optind]);
		return 1;
	}
	kmod_set_log_fn(ctx, NULL, NULL);
	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			answer(ctx, line, depends, blacklist);
	}
	free(line);
	kmod_unref(ctx);
	return fflush(stdout) == 0 ? 0 : 1;
}
