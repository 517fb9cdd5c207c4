// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /sbin/init of the disk that `make bench` boots. It stamps the kernel log,
 * reads the other stamps out of it, prints them on the console as
 *
 *   BENCH unpack=US run_init=US real_init=US
 *
 * (microseconds of the kernel log's clock, 0 where there is no such line) and
 * powers off. "ROOTWARD-TEST: exit 0" tells the harness that all went well.
 * With BENCH_HARDWARE=1 on the command line it first prints the hardware
 * profile that early-init left, each line behind "HW "; with BENCH_TIMELINE=1
 * its timeline, behind "TL ".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Sequence number and time stamp of a record: "PRIORITY,SEQ,USEC,FLAGS;TEXT" (Documentation/ABI/testing/dev-kmsg). */
static unsigned long long stamp_of(const char *record)
{
	const char *comma = strchr(record, ',');

	comma = comma ? strchr(comma + 1, ',') : NULL;
	return comma ? strtoull(comma + 1, NULL, 10) : 0;
}

static void print_stamps(int kmsg, FILE *console)
{
	unsigned long long trying = 0, unpacked = 0, run = 0, real = 0;
	char record[8192];
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		const char *text;

		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		if (strncmp(text, "Trying to unpack rootfs", 23) == 0)
			trying = stamp_of(record);
		else if (strncmp(text, "Freeing initrd memory", 21) == 0)
			unpacked = stamp_of(record);
		else if (strncmp(text, "Run /init as init", 17) == 0)
			run = stamp_of(record);
		else if (strncmp(text, "bench: real init", 16) == 0)
			real = stamp_of(record);
	}
	fprintf(console, "\nBENCH unpack=%llu run_init=%llu real_init=%llu\nROOTWARD-TEST: exit 0\n",
		unpacked > trying ? unpacked - trying : 0, run, real);
	fflush(console);
}

/* After the stamps are taken: what this costs is not measured. early-init's children write these after the switch. */
static void print_file(FILE *console, const char *path, const char *mark)
{
	const struct timespec pause_time = {.tv_nsec = 10000000};
	char line[4096];
	FILE *f;

	for (int i = 0; i < 500 && access(path, F_OK) < 0; i++)
		nanosleep(&pause_time, NULL);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		fprintf(console, "%s %s", mark, line);
	if (f)
		fclose(f);
	fputc('\n', console);
}

int main(void)
{
	int kmsg;
	FILE *console;

	/* A hand-over may come with or without /dev. */
	if (access("/dev/kmsg", F_OK) < 0)
		(void)mount("dev", "/dev", "devtmpfs", 0, NULL);
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	console = fopen("/dev/console", "we");
	/* Without the newline the record stays open for a continuation and cannot be read yet. */
	if (kmsg >= 0 && write(kmsg, "bench: real init\n", 17) == 17 && console) {
		if (getenv("BENCH_HARDWARE"))
			print_file(console, "/run/rootward/hardware", "HW");
		if (getenv("BENCH_TIMELINE"))
			print_file(console, "/run/rootward/boot.json", "TL");
		print_stamps(kmsg, console);
	}
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
