/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward remove: the images of a kernel that goes. */
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "boot_dir.h"
#include "command.h"
#include "image_state.h"
#include "install.h"
#include "lock.h"
#include "post_update.h"

struct removal {
	const char *sysroot;
	bool force, hook;
	unsigned removed;
};

/* A file that a power cut brings back would be a surprise. */
static void sync_directory_of(const char *path)
{
	AUTOFREE char *copy = xstrdup(path);
	AUTOCLOSE int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

/* Whether PATH is ours to remove; an error when it is not, but in a hook, which is called for every kernel. */
static struct err *may_remove(const struct removal *r, const char *path, bool *may)
{
	CLEANUP(image_close) struct image img = {0};

	*may = r->force;
	if (r->force)
		return NULL;
	struct err *e = image_open(path, &img);
	const char *maker = e ? NULL : image_maker(&img);
	*may = maker && strcmp(maker, "rootward") == 0;
	if (*may || (!e && r->hook))
		return NULL;
	if (!e)
		return err_new(EXIT_FAILED, "%s was made by %s: not removed (--force removes it)", path,
			       maker ? maker : "another tool");
	if (!r->hook)
		return err_wrap(e, image_is_forbidden(path) ? "not removed" : "not removed (--force removes it)");
	say("%s; not removed", err_message(e));
	err_free(e);
	return NULL;
}

static struct err *remove_file(struct removal *r, const char *path)
{
	bool may;

	if (!path_exists(path))
		return NULL;
	TRY(may_remove(r, path, &may));
	if (!may)
		return NULL;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(errno, "%s", path);
	sync_directory_of(path);
	say("removed %s", path);
	r->removed++;
	return NULL;
}

static struct err *remove_release(struct removal *r, const char *release)
{
	AUTOFREE char *usual = boot_image_path(r->sysroot, release);
	AUTOFREE char *previous = xasprintf("%s" PREVIOUS_SUFFIX, usual);
	AUTOCLOSE int lock = -1;

	/* A build that runs now would bring it back. */
	TRY(kernel_lock(r->sysroot, release, LOCK_WAIT_DEFAULT, &lock));
	TRY(remove_file(r, usual));
	TRY(remove_file(r, previous));
	install_clean(usual);
	post_update_unmark(r->sysroot, release);
	if (!r->removed && !r->hook)
		say("kernel %s has no image %s", release, usual);
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"kernel", required_argument, NULL, 'k'}, {"sysroot", required_argument, NULL, 's'},
	    {"force", no_argument, NULL, 'f'},	      {"hook", no_argument, NULL, 'h'},
	    {"quiet", no_argument, NULL, 'q'},	      {0}};
	struct removal r = {0};
	const char *kernel = NULL, *named = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "k:q", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		if (c == 'k')
			kernel = optarg;
		if (c == 's')
			named = optarg;
		if (c == 'q')
			verbosity = -1;
		r.force |= c == 'f';
		r.hook |= c == 'h';
	}
	if (!kernel || optind < argc)
		return err_new(EXIT_USAGE, "remove: which kernel? rootward remove -k KVER");
	if (!*kernel || strchr(kernel, '/'))
		return err_new(EXIT_USAGE, "remove: not the release of a kernel: '%s'", kernel);
	AUTOFREE char *sysroot = sysroot_name(named);
	r.sysroot = sysroot;
	return remove_release(&r, kernel);
}

const struct command cmd_remove = {
    .name = "remove",
    .synopsis = "-k KVER [--force] [--sysroot DIR]",
    .summary = "remove the image of a kernel",
    .help = "  -k, --kernel KVER  kernel release\n"
	    "      --force        also an image that another tool made, or that cannot be read\n"
	    "      --hook         called by a package's hook: what another tool made is left alone silently,\n"
	    "                     what cannot be read with a word\n"
	    "      --sysroot DIR  below DIR\n"
	    "  -q, --quiet        only errors\n"
	    "\nThe image under its usual name in /boot, and the previous one (.old) beside it.\n",
    .run = run,
};
