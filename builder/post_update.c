/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "post_update.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "sysroot.h"

#define STATE_DIR "/var/lib/rootward"
#define DEADLINE_S 600

static char *mark_path(const char *sysroot, const char *release)
{
	AUTOFREE char *mark = xasprintf(STATE_DIR "/post-update-%s", release);

	return sysroot_path(sysroot, mark);
}

static bool has_scripts(const char *sysroot)
{
	AUTOFREE char *dir = sysroot_path(sysroot, POST_UPDATE_DIR);
	DIR *d = opendir(dir);
	const struct dirent *de;
	bool found = false;

	if (!d)
		return false;
	while (!found && (de = readdir(d)))
		found = de->d_name[0] != '.';
	closedir(d);
	return found;
}

/* A bare tree below --sysroot may have none of them; what cannot be made is told when the mark is. */
static void make_state_dir(const char *sysroot)
{
	static const char *const dirs[] = {"/var", "/var/lib", STATE_DIR};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTOFREE char *dir = sysroot_path(sysroot, dirs[i]);
		(void)mkdir(dir, 0755);
	}
}

void post_update_mark(const char *sysroot, const char *release)
{
	if (!has_scripts(sysroot))
		return;
	make_state_dir(sysroot);
	AUTOFREE char *mark = mark_path(sysroot, release);
	AUTOFREE char *dir = sysroot_path(sysroot, STATE_DIR);
	AUTOCLOSE int fd = open(mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	AUTOCLOSE int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The image's rename is on the disk when the scripts begin; so must this be. */
	if (fd < 0 || dirfd < 0 || fsync(fd) < 0 || fsync(dirfd) < 0)
		warn("%s: %s; should the scripts of " POST_UPDATE_DIR " fail, nobody repeats them", mark,
		     strerror(errno));
}

bool post_update_is_due(const char *sysroot, const char *release)
{
	AUTOFREE char *mark = mark_path(sysroot, release);

	return path_exists(mark);
}

void post_update_unmark(const char *sysroot, const char *release)
{
	AUTOFREE char *mark = mark_path(sysroot, release);

	if (path_exists(mark) && unlink(mark) < 0)
		warn("%s: %s; the scripts of " POST_UPDATE_DIR " will run once more", mark, strerror(errno));
}

/* PATH may be short of it: a PATH of one directory, given by hand, is no reason to leave a boot loader untold. */
static const char *find_run_parts(void)
{
	static const char *const places[] = {"/usr/bin/run-parts", "/bin/run-parts"};

	if (child_exists("run-parts"))
		return "run-parts";
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static struct err *run_scripts(const char *release, const char *image)
{
	AUTOFREE char *arg_release = xasprintf("--arg=%s", release);
	AUTOFREE char *arg_image = xasprintf("--arg=%s", image);
	const char *program = find_run_parts();
	char *argv[] = {(char *)(uintptr_t)program,
			(char *)"--exit-on-error",
			arg_release,
			arg_image,
			(char *)POST_UPDATE_DIR,
			NULL};
	int status;

	if (!program)
		return err_new(EXIT_FAILED,
			       "run-parts is not installed: the scripts of " POST_UPDATE_DIR " did not run");
	TRY(child_run(argv, DEADLINE_S, &status));
	if (status == 0)
		return NULL;
	return err_new(EXIT_FAILED, "a script of " POST_UPDATE_DIR " failed (status %d)", status);
}

struct err *post_update_run(const char *release, const char *image)
{
	struct err *e = has_scripts("") ? run_scripts(release, image) : NULL;

	if (!e) {
		post_update_unmark("", release);
		return NULL;
	}
	/* Another update's scripts may have succeeded meanwhile, for the image before this one. */
	post_update_mark("", release);
	return err_wrap(
	    e, "%s is built, but the boot loader may not know it yet (when the cause is gone: rootward update -k %s)",
	    image, release);
}
