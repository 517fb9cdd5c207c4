/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image of a file system by HTTP, HTTPS or FTP: fetched into a file system
 * in memory of its own, checked, and attached to a loop device, where it is
 * found like any disk. busybox's wget does HTTP and FTP; HTTPS needs curl and
 * certificates (feature http-root).
 */
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netroot.h"
#include "textfile.h"

#define DIR_IMAGE RUN_DIR "/image"
#define FILE_IMAGE DIR_IMAGE "/root.img"
#define CURL "/usr/bin/curl"
#define WGET "/usr/bin/wget"
#define SHA256SUM "/usr/bin/sha256sum"
#define TRY_S 120
/* As long without a byte ends a try. */
#define STALL_S "30"
/* squashfs: little-endian magic, and bytes_used of its superblock (Documentation/filesystems/squashfs.rst). */
#define SQUASHFS_MAGIC 0x73717368u
#define SQUASHFS_BYTES_USED 40

static errint make_place(void)
{
	if (mkdir(DIR_IMAGE, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* Left by an earlier try: the same file is begun anew. */
	if (access(FILE_IMAGE, F_OK) == 0)
		return unlink(FILE_IMAGE) < 0 ? -errno : 0;
	return mount("tmpfs", DIR_IMAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=90%") < 0 ? -errno : 0;
}

static errint fetch(const char *url, char *why, size_t size)
{
	char *const by_wget[] = {(char *)WGET, (char *)"-q", (char *)"-O", (char *)FILE_IMAGE, (char *)url, NULL};
	char *const by_curl[] = {(char *)CURL,
				 (char *)"--fail",
				 (char *)"--silent",
				 (char *)"--show-error",
				 (char *)"--location",
				 (char *)"--connect-timeout",
				 (char *)STALL_S,
				 (char *)"--speed-limit",
				 (char *)"1",
				 (char *)"--speed-time",
				 (char *)STALL_S,
				 (char *)"--output",
				 (char *)FILE_IMAGE,
				 (char *)url,
				 NULL};
	bool curl = access(CURL, X_OK) == 0;

	if (!curl && strncmp(url, "https:", 6) == 0) {
		snprintf(why, size,
			 "https needs curl and certificates, which this image has not: build it with --feature "
			 "http-root");
		return -EPROTONOSUPPORT;
	}
	return job_run_program(curl ? by_curl : by_wget, NULL, why, size);
}

/* What the program's status and last words mean. */
static errint explain_fetch(errint status, const char *url, char *why, size_t size)
{
	char words[JOB_TEXT_MAX];
	bool gone;

	snprintf(words, sizeof(words), "%s", why[0] ? why : "no word why");
	/* curl's 22 with --fail; busybox quotes the server's answer. */
	gone = strstr(words, " 404") || strstr(words, " 403") || strstr(words, " 410") || strstr(words, " 401");
	snprintf(why, size, "fetching %.150s failed: %.120s", url, words);
	return status < 0 ? status : gone ? -ENOENT : -EIO;
}

static errint check_size(const char *url, char *why, size_t size)
{
	unsigned char head[64] = {0};
	int CLEANUP(close_fd) fd = open(FILE_IMAGE, O_RDONLY | O_CLOEXEC);
	uint64_t used = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head)) {
		snprintf(why, size, "%.150s is no image of a file system: %lld bytes", url, (long long)st.st_size);
		return -EBADMSG;
	}
	if (((unsigned)head[0] | (unsigned)head[1] << 8 | (unsigned)head[2] << 16 | (unsigned)head[3] << 24) !=
	    SQUASHFS_MAGIC)
		return 0;
	for (unsigned i = 0; i < 8; i++)
		used |= (uint64_t)head[SQUASHFS_BYTES_USED + i] << (8 * i);
	if ((uint64_t)st.st_size >= used)
		return 0;
	snprintf(why, size, "%.150s is cut off: %lld bytes have come, the squashfs in it has %llu", url,
		 (long long)st.st_size, (unsigned long long)used);
	return -EBADMSG;
}

static errint check_sum(const char *wanted, const char *url, char *why, size_t size)
{
	char *const argv[] = {(char *)SHA256SUM, (char *)FILE_IMAGE, NULL};
	char said[JOB_TEXT_MAX];
	errint r;

	if (!wanted[0])
		return 0;
	r = job_run_program(argv, NULL, said, sizeof(said));
	if (r == 0 && strncmp(said, wanted, 64) == 0)
		return 0;
	if (r != 0)
		snprintf(why, size, "the checksum of %.150s cannot be computed: %.100s", url, said);
	else
		snprintf(why, size, "%.100s is damaged or another image: its SHA-256 is %.64s, not %.64s", url, said,
			 wanted);
	return r != 0 ? -EIO : -EBADMSG;
}

static errint attach_loop(char *name, size_t size)
{
	int CLEANUP(close_fd) control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int CLEANUP(close_fd) file = open(FILE_IMAGE, O_RDONLY | O_CLOEXEC);
	struct loop_config config = {.fd = (uint32_t)file, .info.lo_flags = LO_FLAGS_READ_ONLY};
	char path[32];
	int number;

	if (control < 0 || file < 0)
		return -errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number < 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/loop%d", number);
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", FILE_IMAGE);
	int CLEANUP(close_fd) loop = open(path, O_RDONLY | O_CLOEXEC);
	if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) < 0)
		return -errno;
	snprintf(name, size, "loop%d", number);
	return 0;
}

/* The programs ask the C library, which asks these files. */
static void name_server(struct boot *b, const struct netroot *n)
{
	struct net_addr found[1];
	char why[JOB_TEXT_MAX], text[NET_ADDR_TEXT];
	FILE *hosts;

	if (net_addr_parse(n->address, found) == 0 || netroot_resolve(b, n, found, 1, why, sizeof(why)) <= 0)
		return;
	hosts = fopen("/etc/hosts", "we");
	if (!hosts)
		return;
	fprintf(hosts, "%s %s\n", net_addr_text(&found[0], false, text), n->address);
	fclose(hosts);
	hosts = fopen("/etc/nsswitch.conf", "we");
	if (hosts) {
		fputs("hosts: files dns\n", hosts);
		fclose(hosts);
	}
}

static errint attach(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	char buffer[NETROOT_MASKED_MAX];
	const char *shown = netroot_masked(n->spec.path, buffer, sizeof(buffer));
	errint r = make_place();

	if (r == 0) {
		name_server(b, n);
		r = fetch(n->spec.path, why, size);
		if (r != 0)
			return r == -EPROTONOSUPPORT ? r : explain_fetch(r, shown, why, size);
		r = check_size(shown, why, size);
	}
	if (r == 0)
		r = check_sum(n->spec.sha256, shown, why, size);
	if (r == 0) {
		r = attach_loop(why, size);
		if (r < 0)
			snprintf(why, size, "no loop device can be made of the image: %s%s", strerror(-r),
				 r == -ENOENT ? ": this image has no module loop: build it with --feature network"
					      : "");
	}
	if (r < 0 && !why[0])
		snprintf(why, size, "no room for the image in memory: %s", strerror(-r));
	return r;
}

static uint64_t progress(void)
{
	struct stat st;

	return stat(FILE_IMAGE, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* A damaged image is fetched anew: the server may be writing it. */
const struct netroot_type netroot_http = {
    .kind = NETROOT_HTTP,
    .try_s = TRY_S,
    .attach = attach,
    .device = true,
    .progress = progress,
    .passes = netroot_error_passes,
};
