/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator.h"

#include <string.h>
#include <unistd.h>

#include "config.h"
#include "image_state.h"
#include "sysroot.h"

/*
 * The hook of a tool that is installed. Both are asked for: a package that was
 * removed and not purged leaves its hook in /etc, which then does nothing.
 */
static const char *other_hook(const char *sysroot)
{
	static const struct {
		const char *hook, *program;
	} tools[] = {
	    {"/etc/kernel/postinst.d/initramfs-tools", "/usr/sbin/update-initramfs"},
	    {"/etc/kernel/postinst.d/dracut", "/usr/bin/dracut"},
	    {"/usr/lib/kernel/install.d/50-dracut.install", "/usr/bin/dracut"},
	    {"/usr/lib/kernel/install.d/50-mkinitcpio.install", "/usr/bin/mkinitcpio"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		AUTOFREE char *hook = sysroot_path(sysroot, tools[i].hook);
		AUTOFREE char *program = sysroot_path(sysroot, tools[i].program);
		if (access(hook, X_OK) == 0 && access(program, X_OK) == 0)
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
