// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modprobe(8): messages and exit statuses as kmod 30. The kernel
 * calls it as "modprobe -q -- NAME", before PID 1 runs too: nothing here needs
 * a mounted file system, and nothing waits for PID 1.
 */
#include "modprobe.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "textfile.h"

const char *modprobe_name(const struct modprobe *m, uint32_t id)
{
	struct index_module module;

	return index_module(&m->index.ix, id, &module) == 0 ? module.name : "?";
}

errint modprobe_lookup(const struct modprobe *m, const char *query, struct module_match **out)
{
	struct module_match *matches;
	errint n = lookup_modules(&m->index.ix, &m->index.conf, query, LOOKUP_USABLE, NULL, 0);

	if (n <= 0)
		return n;
	matches = calloc((size_t)n, sizeof(*matches));
	if (!matches)
		return -ENOMEM;
	n = lookup_modules(&m->index.ix, &m->index.conf, query, LOOKUP_USABLE, matches, (size_t)n);
	*out = matches;
	return n;
}

/* ARGS as one options string; a value with blanks is put in quotes. malloc'ed. */
static char *options_from(int count, char **args)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < count; i++) {
		const char *value = strchr(args[i], '=');

		if (i)
			fputc(' ', f);
		if (value && value[1] != '"' && value[1] != '\'' && strchr(value + 1, ' '))
			fprintf(f, "%.*s=\"%s\"", (int)(value - args[i]), args[i], value + 1);
		else
			fputs(args[i], f);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static errint each(const struct modprobe *m, int count, char **args,
		   errint (*one)(const struct modprobe *m, const char *query))
{
	errint r = 0, failed = 0;

	for (int i = 0; i < count && !tool_is_fatal(); i++) {
		r = one(m, args[i]);
		if (r < 0)
			failed = r;
	}
	return failed;
}

static errint insert_plain(const struct modprobe *m, const char *query)
{
	return modprobe_insert(m, query, NULL);
}

static errint run(const struct request *q, int count, char **args)
{
	char *options;
	errint r;

	if (q->show_config) {
		modprobe_show_config(&q->m);
		return 0;
	}
	if (q->remove)
		return each(&q->m, count, args, modprobe_remove);
	if (q->all)
		return each(&q->m, count, args, insert_plain);
	options = options_from(count - 1, args + 1);
	if (!options)
		return -ENOMEM;
	r = modprobe_insert(&q->m, args[0], options);
	free(options);
	return r;
}

/* The index for the version that is asked for; -ESRCH for any other version: there is only one in an image. */
static errint open_index(struct request *q, char *dirname, size_t size)
{
	struct utsname u;
	errint r = tool_open_index(&q->m.index);
	const char *version = q->version;

	if (!version)
		version = r == 0 && getenv("ROOTWARD_INDEX") ? index_kernel_release(&q->m.index.ix)
			  : uname(&u) == 0		     ? u.release
							     : "";
	snprintf(dirname, size, "/lib/modules/%s", version);
	q->m.dirname = dirname;
	if (r < 0) {
		tool_say(LOG_CRIT, "Module index for directory %s: %s", dirname, strerror(-r));
	} else if (strcmp(version, index_kernel_release(&q->m.index.ix)) != 0) {
		tool_close_index(&q->m.index);
		r = -ESRCH;
	} else if (q->configs && (r = tool_use_config(&q->m.index, q->configs)) < 0) {
		tool_say(LOG_CRIT, "cannot read the configuration: %s", strerror(-r));
		tool_close_index(&q->m.index);
	}
	return r;
}

/* Of a version that is not here no name means anything. */
static errint say_not_found(const struct modprobe *m, const char *query)
{
	tool_say(m->complain, "Module %s not found in directory %s", query, m->dirname);
	return -ENOENT;
}

/*
 * Whether the kernel asks: the parent is a thread of its own, a kworker where it waits for the answer (kernel/umh.c),
 * and these have no command line. Without /proc nobody can tell.
 */
static bool kernel_asks(void)
{
	char path[32], byte[2];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)getppid());
	return text_read(path, byte, sizeof(byte)) == 0;
}

int modprobe_main(int argc, char **argv)
{
	struct request q = {.m = {.complain = LOG_CRIT, .from_kernel = kernel_asks()}};
	char dirname[512];
	errint r;

	tool_begin(argv[0], LOG_WARNING);
	if (q.m.from_kernel)
		tool_use_log();
	modprobe_inherit_options(&argc, &argv);
	if (!modprobe_parse_options(&q, argc, argv))
		return q.status;
	r = open_index(&q, dirname, sizeof(dirname));
	if (r == 0) {
		r = run(&q, argc - optind, argv + optind);
		tool_close_index(&q.m.index);
	} else if (r == -ESRCH) {
		r = each(&q.m, q.all ? argc - optind : argc > optind, argv + optind, say_not_found);
	}
	free(q.configs);
	return r < 0 || tool_is_fatal() ? EXIT_FAILURE : EXIT_SUCCESS;
}
