// SPDX-License-Identifier: GPL-2.0-or-later
#include "tool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup.h"

static const char *name_of_tool = "";
static int said_level = LOG_WARNING;
static bool to_log, fatal;

void tool_begin(const char *argv0, int verbosity)
{
	const char *slash = strrchr(argv0, '/');

	name_of_tool = slash ? slash + 1 : argv0;
	said_level = verbosity;
	to_log = fatal = false;
}

const char *tool_name(void)
{
	return name_of_tool;
}

void tool_use_log(void)
{
	to_log = true;
	log_open();
}

void tool_set_verbosity(int level)
{
	said_level = level;
}

int tool_verbosity(void)
{
	return said_level;
}

bool tool_is_fatal(void)
{
	return fatal;
}

void tool_version(void)
{
	puts("rootward version " ROOTWARD_VERSION);
}

void tool_say(int level, const char *fmt, ...)
{
	static const char *const words[] = {"", "", "FATAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};
	char text[1024];
	va_list args;

	if (level > said_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fflush(stdout);
	if (!to_log)
		fprintf(stderr, "%s: %s: %s\n", name_of_tool, words[level & LOG_PRIMASK], text);
	else if (level <= LOG_ERR)
		log_err("%s: %s", name_of_tool, text);
	else
		log_warn("%s: %s", name_of_tool, text);
	if (level <= LOG_CRIT)
		fatal = true;
}

bool tool_is_own_root(char option, const char *root)
{
	if (root[strspn(root, "/")] == '\0')
		return true;
	tool_say(LOG_ERR, "-%c %s: this image has one index, its own: nothing is looked up elsewhere", option, root);
	return false;
}

errint tool_open_index(struct tool_index *out)
{
	const char *path = getenv("ROOTWARD_INDEX");
	char *cmdline = NULL;
	errint r = map_index(path, &out->ix);

	out->conf = (struct modconf){0};
	out->own = NULL;
	if (r < 0)
		return r;
	if (read_text("/proc/cmdline", CMDLINE_MAX, &cmdline) < 0)
		return 0; /* called by the kernel before PID 1 */
	cmdline[strcspn(cmdline, "\n")] = '\0';
	r = modconf_from_cmdline(cmdline, &out->conf);
	free(cmdline);
	return r < 0 ? r : 0;
}

void tool_close_index(struct tool_index *t)
{
	modconf_free(&t->conf);
	free(t->own);
}

/* The attribute ATTR of module NAME into OUT. */
static errint read_attribute(const char *name, const char *attr, char *out, size_t size)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/%s", name, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, out, size - 1);
	if (n < 0) {
		errint r = -errno;

		close(fd);
		return r;
	}
	close(fd);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

errint module_state(const char *name)
{
	char text[32], path[256];
	struct stat st;
	errint r = read_attribute(name, "initstate", text, sizeof(text));

	if (r < 0) {
		/* A module that is not initialised yet has a directory without attributes. */
		snprintf(path, sizeof(path), "/sys/module/%s", name);
		return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? STATE_COMING : r;
	}
	if (strcmp(text, "live") == 0)
		return STATE_LIVE;
	if (strcmp(text, "coming") == 0)
		return STATE_COMING;
	return strcmp(text, "going") == 0 ? STATE_GOING : -EINVAL;
}

errint module_refcnt(const char *name)
{
	char text[32];
	errint r = read_attribute(name, "refcnt", text, sizeof(text));

	return r < 0 ? r : atoi(text);
}

long module_size(const char *name)
{
	char text[32];
	errint r = read_attribute(name, "coresize", text, sizeof(text));

	return r < 0 ? r : atol(text);
}

errint module_holders(const char *name, struct names *out)
{
	char path[256];
	struct dirent *e;
	errint r = 0;
	DIR *d;

	*out = (struct names){0};
	snprintf(path, sizeof(path), "/sys/module/%s/holders", name);
	d = opendir(path);
	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d))) {
		char **grown;

		if (e->d_name[0] == '.')
			continue;
		grown = reallocarray(out->at, out->count + 1, sizeof(*grown));
		if (grown) {
			out->at = grown;
			grown[out->count] = strdup(e->d_name);
		}
		if (!grown || !grown[out->count++])
			r = -ENOMEM;
	}
	closedir(d);
	if (r < 0)
		names_free(out);
	return r;
}

void names_free(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
	*n = (struct names){0};
}

errint tool_file_error(const char *path, errint error)
{
	struct stat st;

	if (error != -ENOEXEC || stat(path, &st) < 0)
		return error;
	return S_ISDIR(st.st_mode) ? -EISDIR : st.st_size == 0 ? -EINVAL : error;
}

errint module_delete(const char *name, bool force)
{
	unsigned flags = O_NONBLOCK | (force ? (unsigned)O_TRUNC : 0u);

	return syscall(SYS_delete_module, name, flags) < 0 ? -errno : 0;
}
