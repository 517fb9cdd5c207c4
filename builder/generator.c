/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "image_state.h"
#include "sysroot.h"

/* Enough for the longest list of a package's files. */
#define LIST_MAX ((size_t)16 << 20)

/* Whether LIST, of dpkg, names a file that is there and no conffile of /etc. Directories may be left for others' sake.
 */
static bool has_files(const char *sysroot, char *list)
{
	char *line;
	struct stat st;

	while ((line = strsep(&list, "\n"))) {
		AUTOFREE char *path =
		    *line == '/' && strncmp(line, "/etc", 4) != 0 ? sysroot_path(sysroot, line) : NULL;
		if (path && lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

/*
 * Whether dpkg removed PACKAGE without purging it: it then keeps the list of what is left, the conffiles, and nothing
 * else about the package. Where dpkg knows nothing of it, somebody else brought its files.
 */
static bool is_removed(const char *sysroot, const char *package)
{
	AUTOFREE char *list_name = xasprintf("/var/lib/dpkg/info/%s.list", package);
	AUTOFREE char *sums_name = xasprintf("/var/lib/dpkg/info/%s.md5sums", package);
	AUTOFREE char *list = sysroot_path(sysroot, list_name);
	AUTOFREE char *sums = sysroot_path(sysroot, sums_name);
	AUTOFREE char *text = NULL;
	size_t len;

	if (path_exists(sums))
		return false;
	struct err *e = file_read(list, LIST_MAX, &text, &len);
	err_free(e);
	return !e && !has_files(sysroot, text);
}

/*
 * The hook of a tool that is installed. More than the hook is asked for: a package that was removed and not purged
 * leaves it in /etc. Of dracut the program is in another package, dracut-core, which stays until autoremove.
 */
static const char *other_hook(const char *sysroot)
{
	static const struct {
		const char *hook, *program;
		const char *package; /* whose conffile the hook is on Debian */
	} tools[] = {
	    {"/etc/kernel/postinst.d/initramfs-tools", "/usr/sbin/update-initramfs", "initramfs-tools"},
	    {"/etc/kernel/postinst.d/dracut", "/usr/bin/dracut", "dracut"},
	    {"/usr/lib/kernel/install.d/50-dracut.install", "/usr/bin/dracut", NULL},
	    {"/usr/lib/kernel/install.d/50-mkinitcpio.install", "/usr/bin/mkinitcpio", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		AUTOFREE char *hook = sysroot_path(sysroot, tools[i].hook);
		AUTOFREE char *program = sysroot_path(sysroot, tools[i].program);
		if (access(hook, X_OK) == 0 && access(program, X_OK) == 0 &&
		    !(tools[i].package && is_removed(sysroot, tools[i].package)))
			return tools[i].hook;
	}
	return NULL;
}

static bool is_foreign(const char *image, const char **maker)
{
	CLEANUP(image_close) struct image img = {0};
	struct err *e = path_exists(image) ? image_open(image, &img) : err_new(EXIT_FAILED, "none");
	bool readable = !e;

	err_free(e);
	*maker = readable ? image_maker(&img) : NULL;
	return readable && (!*maker || strcmp(*maker, "rootward") != 0);
}

struct err *generator_acts(const char *sysroot, const char *config_dir, const char *image, bool *acts, char **why)
{
	struct config config = {0};
	struct err *e = config_read(sysroot, config_dir, &config);
	AUTOFREE char *choice = xstrdup(!e && config.hooks.generator ? config.hooks.generator : "auto");
	const char *hook = other_hook(sysroot), *maker;

	config_free(&config);
	*acts = true;
	if (e)
		return e;
	if (strcmp(choice, "none") == 0) {
		*acts = false;
		*why = xstrdup("[hooks] generator = none");
	} else if (strcmp(choice, "auto") == 0 && hook && is_foreign(image, &maker)) {
		*acts = false;
		*why = xasprintf("%s was made by %s, whose hook %s is installed; [hooks] generator = rootward in "
				 "/etc/rootward/conf.d gives it to Rootward",
				 image, maker ? maker : "another tool", hook);
	}
	return NULL;
}
