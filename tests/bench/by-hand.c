// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hand-written init that `make bench` measures against: what an expert
 * writes for one machine. It loads exactly the modules of /modules, in order,
 * waits for the disk, mounts it and switches to it. No probing, no
 * parallelism, no error handling beyond saying where it stopped.
 *
 *   /modules: one path a line      /root.conf: "DEVICE FSTYPE"
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void stop(const char *what)
{
	perror(what);
	for (;;)
		pause();
}

static void load_all(void)
{
	char line[512];
	FILE *f = fopen("/modules", "re");

	if (!f)
		stop("/modules");
	while (fgets(line, sizeof(line), f)) {
		int fd;

		line[strcspn(line, "\n")] = '\0';
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
			stop(line);
		close(fd);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	const struct timespec pause_time = {.tv_nsec = 1000000};
	char device[128], type[32];
	struct stat st;
	FILE *f;

	(void)argc;
	if (mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") < 0)
		stop("/dev");
	f = fopen("/root.conf", "re");
	if (!f || fscanf(f, "%127s %31s", device, type) != 2)
		stop("/root.conf");
	fclose(f);
	load_all();
	while (stat(device, &st) < 0)
		nanosleep(&pause_time, NULL);
	while (mount(device, "/mnt", type, MS_RDONLY, NULL) < 0)
		nanosleep(&pause_time, NULL);
	if (mount("/dev", "/mnt/dev", NULL, MS_MOVE, NULL) < 0 || chdir("/mnt") < 0 ||
	    mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		stop("switch");
	execv("/sbin/init", argv);
	stop("/sbin/init");
}
