/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

/* flock(2) has no deadline; who waits looks again this often. */
#define RETRY_MS 100

/* 1: taken, 0: another program has it, -1: this file system has no locks. */
static int try_lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

static int wait_for(int fd, unsigned wait_s)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	int taken = 0;

	for (uint64_t waited_ms = 0; taken == 0 && waited_ms < (uint64_t)wait_s * 1000; waited_ms += RETRY_MS) {
		nanosleep(&pause, NULL);
		taken = try_lock(fd);
	}
	return taken;
}

struct err *directory_lock(const char *dir, const char *busy, unsigned wait_s, int *fd)
{
	AUTOCLOSE int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*fd = -1;
	if (lock < 0)
		return NULL;
	int taken = try_lock(lock);
	if (taken == 0 && wait_s) {
		say("%s running: waiting for it, %u s at most", busy, wait_s);
		taken = wait_for(lock, wait_s);
	}
	if (taken == 0)
		return err_new(EXIT_FAILED, "%s still running after %u s: see what holds %s (fuser -v), then try again",
			       busy, wait_s, dir);
	if (taken < 0) {
		warn("%s cannot be locked (%s): whether %s running at the same time is not noticed", dir,
		     strerror(errno), busy);
		return NULL;
	}
	*fd = lock;
	lock = -1;
	return NULL;
}

struct err *kernel_lock(const char *sysroot, const char *release, unsigned wait_s, int *fd)
{
	AUTOFREE char *dir = kernel_module_dir(sysroot, release);
	AUTOFREE char *busy = xasprintf("another build for kernel %s is", release);

	*fd = -1;
	return dir ? directory_lock(dir, busy, wait_s, fd) : NULL;
}
