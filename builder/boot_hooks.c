/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot_hooks.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "../early-init/hooks.h"
#include "sysroot.h"

#define HOOK_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const char *const stages[] = {HOOK_STAGES};

/* Letters, digits, '-' and '_', as run-parts(8): what editors and dpkg leave behind has a dot or a tilde. */
static bool is_hook_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == '\0';
}

static int skip_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* FN for each name in PATH of the sysroot, in order; nothing when there is no such directory. */
typedef struct err *name_fn(struct payload *p, const char *path, const char *name);

static struct err *for_each_name(struct payload *p, const char *path, name_fn *fn)
{
	AUTOFREE char *host = sysroot_resolve(p->sysroot, path);
	struct dirent **names = NULL;
	struct err *e = NULL;
	int n = host ? scandir(host, &names, skip_dots, alphasort) : 0;

	if (n < 0 && errno != ENOENT)
		return err_sys(errno, "%s", host);
	for (int i = 0; i < n; i++) {
		if (!e)
			e = fn(p, path, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return e;
}

struct declaration {
	const char *key;
	struct err *(*add)(struct payload *p, const char *name, const struct payload_cause *cause);
};
static const struct declaration declarations[] = {
    {"# rootward-programs:", payload_program},
    {"# rootward-files:", payload_file},
};

/* The words of one line of a script, when it declares something. */
static struct err *read_declaration(struct payload *p, char *line, const struct payload_cause *cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(declarations); i++) {
		const struct declaration *d = &declarations[i];
		char *save = NULL;

		if (strncmp(line, d->key, strlen(d->key)) != 0)
			continue;
		for (char *word = strtok_r(line + strlen(d->key), " \t\r", &save); word;
		     word = strtok_r(NULL, " \t\r", &save))
			TRY(d->add(p, word, cause));
	}
	return NULL;
}

static struct err *read_script(struct payload *p, const char *path, const char *host, const char *owner)
{
	AUTOFREE char *text = NULL;
	struct payload_cause cause = {owner, "named by a boot hook", path};
	char *save = NULL;
	size_t len;

	TRY(file_read(host, HOOK_BYTES_MAX, &text, &len));
	/* A program that is no script declares nothing: what it needs is in its ELF headers. */
	if (strncmp(text, "#!", 2) != 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		TRY(read_declaration(p, line, &cause));
	return NULL;
}

static struct err *add_hook(struct payload *p, const char *dir, const char *name)
{
	AUTOFREE char *path = path_join(dir, name);
	AUTOFREE char *host = sysroot_resolve(p->sysroot, path);
	AUTOFREE char *owner = xasprintf("hook:%s", path + strlen(HOOK_DIR "/"));
	struct payload_cause cause = {owner, "boot hook", NULL};
	struct stat st;

	if (!host || stat(host, &st) < 0)
		return err_sys(errno, "boot hook %s%s", p->sysroot, path);
	if (!is_hook_name(name) || !S_ISREG(st.st_mode)) {
		warn("%s%s is no boot hook: a file whose name has only letters, digits, - and _", p->sysroot, path);
		return NULL;
	}
	if (!(st.st_mode & 0111)) {
		warn("boot hook %s%s is not executable and left out: chmod +x", p->sysroot, path);
		return NULL;
	}
	TRY(err_wrap(payload_file(p, path, &cause), "boot hook"));
	return err_wrap(read_script(p, path, host, owner), "boot hook %s%s", p->sysroot, path);
}

static struct err *add_stage(struct payload *p, const char *dir, const char *name)
{
	AUTOFREE char *path = path_join(dir, name);

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		if (strcmp(stages[i], name) == 0)
			return for_each_name(p, path, add_hook);
	const char *near = nearest_name(name, stages, ARRAY_SIZE(stages));
	return err_new(EXIT_USAGE, "boot hooks: %s%s is no stage of the boot: %s%s%s", p->sysroot, path,
		       near ? "did you mean " : "known are pre-load, post-load, pre-mount, pre-switch, emergency",
		       near ? near : "", near ? "?" : "");
}

struct err *boot_hooks_add(struct payload *p)
{
	return for_each_name(p, HOOK_DIR, add_stage);
}
