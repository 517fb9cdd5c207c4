/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "post_update.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "lock.h"
#include "sysroot.h"

#define STATE_DIR "/var/lib/rootward"
#define DEADLINE_S 600
/* Set for the scripts: what they call updates no boot loader, they do. */
#define RUNNING "ROOTWARD_POST_UPDATE"

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

void post_update_mark(const char *sysroot, const char *release, struct post_update *out)
{
	struct timespec now;

	out->token[0] = '\0';
	if (!has_scripts(sysroot))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	int len = snprintf(out->token, sizeof(out->token), "%ld %lld.%09ld\n", (long)getpid(), (long long)now.tv_sec,
			   now.tv_nsec);
	make_state_dir(sysroot);
	AUTOFREE char *mark = mark_path(sysroot, release);
	AUTOFREE char *dir = sysroot_path(sysroot, STATE_DIR);
	AUTOCLOSE int fd = open(mark, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	AUTOCLOSE int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The image's rename is on the disk when the scripts begin; so must this be. */
	if (fd < 0 || dirfd < 0 || write(fd, out->token, (size_t)len) != len || fsync(fd) < 0 || fsync(dirfd) < 0)
		warn("%s: %s; should the scripts of " POST_UPDATE_DIR " fail, nobody repeats them", mark,
		     strerror(errno));
}

bool post_update_is_due(const char *sysroot, const char *release, struct post_update *out)
{
	AUTOFREE char *mark = mark_path(sysroot, release);
	AUTOFREE char *text = NULL;
	size_t len;

	out->token[0] = '\0';
	if (getenv(RUNNING) || !path_exists(mark))
		return false;
	struct err *e = file_read(mark, sizeof(out->token) - 1, &text, &len);
	if (!e)
		snprintf(out->token, sizeof(out->token), "%s", text);
	err_free(e);
	return true;
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
	setenv(RUNNING, release, 1);
	struct err *e = child_run(argv, DEADLINE_S, &status);
	unsetenv(RUNNING);
	if (e || status == 0)
		return e;
	return err_new(EXIT_FAILED, "a script of " POST_UPDATE_DIR " failed (status %d)", status);
}

static bool is_still(const char *release, const struct post_update *due)
{
	struct post_update now;

	return post_update_is_due("", release, &now) && strcmp(now.token, due->token) == 0;
}

/* Not the mark of another update, which is building now, or waits for its turn to run the scripts. */
static void unmark_own(const char *release, const struct post_update *due)
{
	AUTOCLOSE int lock = -1;
	struct err *e = kernel_lock("", release, 0, &lock);

	if (!e && is_still(release, due))
		post_update_unmark("", release);
	err_free(e);
}

struct err *post_update_run(const char *release, const char *image, const struct post_update *due, bool repeat)
{
	AUTOCLOSE int turn = -1;

	if (getenv(RUNNING) || !has_scripts(""))
		return NULL;
	TRY(directory_lock(POST_UPDATE_DIR, "scripts of " POST_UPDATE_DIR " are", DEADLINE_S, &turn));
	if (repeat && !is_still(release, due))
		return NULL;
	TRY(err_wrap(
	    run_scripts(release, image),
	    "%s is built, but the boot loader may not know it yet (when the cause is gone: rootward update -k %s)",
	    image, release));
	unmark_own(release, due);
	return NULL;
}
