// SPDX-License-Identifier: GPL-2.0-or-later
/* Module files that a person names, packed in any way: of another root they may be. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textfile.h"
#include "tool.h"

#define BUSYBOX "/bin/busybox"
#define NO_BUSYBOX 127

/* As for modfile_open(): no module is larger. */
#define MODULE_SIZE_MAX ((size_t)512 << 20)

/* The applet that undoes what the kernel does not: modfile_open() has told zstd and plain files apart. */
static const char *applet_for(const char *path)
{
	unsigned char first = 0;

	return bytes_read(path, &first, 1) == 1 && first == 0x1f ? "gunzip" : "unxz";
}

/* Everything from FD into OUT. */
static errint read_all(int fd, struct modfile *out)
{
	size_t cap = 0;
	ssize_t n = 1;

	while (n > 0) {
		if (out->size == cap) {
			char *grown = cap < MODULE_SIZE_MAX ? realloc(out->data, cap ? 2 * cap : 1 << 16) : NULL;

			if (!grown)
				return -ENOMEM;
			cap = cap ? 2 * cap : 1 << 16;
			out->data = grown;
		}
		n = read(fd, (char *)out->data + out->size, cap - out->size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			out->size += (size_t)n;
	}
	return n < 0 ? -errno : 0;
}

/* The child: what it would say of a damaged file is for the caller to say. */
static void run_applet(const char *path, int out)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execl(BUSYBOX, "busybox", applet_for(path), "-c", path, (char *)NULL);
	_exit(NO_BUSYBOX);
}

static errint unpack(const char *path, struct modfile *out)
{
	int ends[2], status = 0;
	errint r;
	pid_t pid;

	*out = (struct modfile){.fd = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		run_applet(path, ends[1]);
	close(ends[1]);
	r = pid < 0 ? -EAGAIN : read_all(ends[0], out);
	close(ends[0]);
	if (pid > 0 && (waitpid(pid, &status, 0) < 0 || status != 0) && r == 0)
		r = WIFEXITED(status) && WEXITSTATUS(status) == NO_BUSYBOX ? -EPROTONOSUPPORT : -EINVAL;
	if (r < 0)
		modfile_close(out);
	return r;
}

errint tool_open_module(const char *path, struct modfile *out)
{
	errint r = modfile_open(path, out);

	if (r == 0 && !out->kernel_decompress)
		return 0;
	if (r == 0)
		modfile_close(out);
	return r == 0 || r == -EPROTONOSUPPORT ? unpack(path, out) : r;
}
