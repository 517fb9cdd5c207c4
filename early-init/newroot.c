/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "newroot.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "textfile.h"

const char *const newroot_mounts[] = {"/dev", "/proc", "/sys", "/run", NULL};

#define MAX_LINKS 40

/* A path on its way: DONE, from the root and without links, and what is still to be walked. */
struct walk {
	char done[PATH_MAX], rest[PATH_MAX];
	unsigned links;
};

/* TARGET, what the link at DONE/NAME says, in front of the rest. */
static errint follow_link(struct walk *w, const char *target)
{
	char rest[PATH_MAX];
	errint err;

	if (++w->links > MAX_LINKS)
		return -ELOOP;
	if (target[0] == '/')
		w->done[0] = '\0';
	err = path_format(rest, sizeof(rest), "%s/%s", target, w->rest);
	if (err == 0)
		memcpy(w->rest, rest, strlen(rest) + 1);
	return err;
}

static errint enter(struct walk *w, int dir, const char *name)
{
	char next[PATH_MAX], target[PATH_MAX], *slash;
	ssize_t n;
	errint err;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		/* At the root it leads nowhere. */
		slash = strrchr(w->done, '/');
		*(slash ? slash : w->done) = '\0';
		return 0;
	}
	err = path_format(next, sizeof(next), "%s%s%s", w->done, w->done[0] ? "/" : "", name);
	if (err < 0)
		return err;
	n = readlinkat(dir, next, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = '\0';
		return follow_link(w, target);
	}
	if (errno != EINVAL)
		return -errno;
	memcpy(w->done, next, strlen(next) + 1);
	return 0;
}

/*
 * By hand what openat2(2) does with RESOLVE_IN_ROOT: kernels before 5.6,
 * sandboxes and valgrind lack it, and a way taken only there would be tested
 * nowhere. Nobody changes the tree meanwhile.
 */
errint newroot_open(const char *root, const char *path, int flags)
{
	struct walk w = {0};
	int CLEANUP(close_fd) dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	errint err;
	int fd;

	if (dir < 0)
		return -errno;
	err = path_format(w.rest, sizeof(w.rest), "%s", path);
	while (err == 0 && w.rest[strspn(w.rest, "/")]) {
		char name[NAME_MAX + 1];
		char *start = w.rest + strspn(w.rest, "/");
		size_t len = strcspn(start, "/");
		err = path_format(name, sizeof(name), "%.*s", (int)len, start);
		memmove(w.rest, start + len, strlen(start + len) + 1);
		if (err == 0)
			err = enter(&w, dir, name);
	}
	if (err < 0)
		return err;
	fd = openat(dir, w.done[0] ? w.done : ".", flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static errint interpreter_there(const char *root, const char *init, const char *interpreter, char *why, size_t size)
{
	int CLEANUP(close_fd) fd = newroot_open(root, interpreter, O_PATH);

	if (fd >= 0)
		return 0;
	snprintf(why, size, "%s needs %s, which is not in the root%s", init, interpreter,
		 strncmp(interpreter, "/usr", 4) == 0 ? " (is /usr mounted?)" : "");
	return fd;
}

static errint check_script(const char *root, const char *init, char *head, char *why, size_t size)
{
	char *end, *p = head + 2;

	p += strspn(p, " \t");
	end = p + strcspn(p, " \t\n");
	*end = '\0';
	if (!*p) {
		snprintf(why, size, "%s is a script without an interpreter", init);
		return -ENOEXEC;
	}
	return interpreter_there(root, init, p, why, size);
}

/* PT_INTERP of a 64- or 32-bit program; 0 with an empty OUT when it is static. */
static errint read_interp(int fd, const unsigned char *head, char *out, size_t size)
{
	const Elf64_Ehdr *e64 = (const void *)head;
	const Elf32_Ehdr *e32 = (const void *)head;
	bool is64 = head[EI_CLASS] == ELFCLASS64;
	unsigned count = is64 ? e64->e_phnum : e32->e_phnum;
	uint64_t at = is64 ? e64->e_phoff : e32->e_phoff;
	size_t step = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	out[0] = '\0';
	for (unsigned i = 0; i < count && i < 128; i++, at += step) {
		union {
			Elf64_Phdr p64;
			Elf32_Phdr p32;
		} ph;
		uint64_t offset, length;
		ssize_t n;
		if (pread(fd, &ph, step, (off_t)at) != (ssize_t)step)
			return -ENOEXEC;
		if ((is64 ? ph.p64.p_type : ph.p32.p_type) != PT_INTERP)
			continue;
		offset = is64 ? ph.p64.p_offset : ph.p32.p_offset;
		length = is64 ? ph.p64.p_filesz : ph.p32.p_filesz;
		if (length >= size)
			return -ENOEXEC;
		n = pread(fd, out, length, (off_t)offset);
		if (n != (ssize_t)length)
			return -ENOEXEC;
		out[length] = '\0';
		return 0;
	}
	return 0;
}

/* Machines whose programs this kernel may run: its own and that of the 32-bit mode. */
static bool runs_here(unsigned machine)
{
#if defined(__x86_64__)
	return machine == EM_X86_64 || machine == EM_386;
#elif defined(__aarch64__)
	return machine == EM_AARCH64 || machine == EM_ARM;
#else
	(void)machine;
	return true;
#endif
}

static errint check_program(const char *root, const char *init, int fd, char *why, size_t size)
{
	_Alignas(8) char head[256] = "";
	ssize_t n = pread(fd, head, sizeof(head) - 1, 0);
	char interp[256];

	if (n < 0) {
		snprintf(why, size, "%s cannot be read: %s", init, strerror(errno));
		return -EIO;
	}
	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		return check_script(root, init, head, why, size);
	if (n < (ssize_t)sizeof(Elf32_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0) {
		snprintf(why, size, "%s is neither an ELF program nor a script", init);
		return -ENOEXEC;
	}
	/* e_type and e_machine lie at the same place in both classes. */
	const Elf32_Ehdr *e = (const void *)head;
	if (e->e_type != ET_EXEC && e->e_type != ET_DYN) {
		snprintf(why, size, "%s is an ELF file, but no program", init);
		return -ENOEXEC;
	}
	if (!runs_here(e->e_machine)) {
		snprintf(why, size, "%s is a program for another kind of machine (ELF machine %u)", init, e->e_machine);
		return -ENOEXEC;
	}
	if (read_interp(fd, (const unsigned char *)head, interp, sizeof(interp)) < 0) {
		snprintf(why, size, "%s is a damaged ELF program", init);
		return -ENOEXEC;
	}
	return interp[0] ? interpreter_there(root, init, interp, why, size) : 0;
}

errint newroot_check_init(const char *root, const char *init, char *why, size_t size)
{
	/* Not O_PATH: what cannot be read cannot be checked, and PID 1 may read all. O_NONBLOCK for a fifo. */
	int CLEANUP(close_fd) fd = newroot_open(root, init, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	struct statvfs fs;

	if (fd < 0) {
		snprintf(why, size, "%s: %s", init, strerror(-fd));
		return fd;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s is not a file", init);
		return -EACCES;
	}
	if (!(st.st_mode & 0111)) {
		snprintf(why, size, "%s is not executable (mode %04o)", init, st.st_mode & 07777);
		return -EACCES;
	}
	if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC)) {
		snprintf(why, size, "%s is on a file system mounted noexec: see rootflags=", init);
		return -EACCES;
	}
	return check_program(root, init, fd, why, size);
}

errint newroot_check_mount_points(const char *root, char *why, size_t size)
{
	int CLEANUP(close_fd) dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		snprintf(why, size, "%s: %s", root, strerror(errno));
		return -ENOENT;
	}
	for (unsigned i = 0; newroot_mounts[i]; i++) {
		const char *name = newroot_mounts[i] + 1;
		struct stat st;
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISDIR(st.st_mode))
				continue;
			snprintf(why, size, "/%s in the root is not a directory", name);
			return -ENOTDIR;
		}
		if (mkdirat(dir, name, 0755) == 0)
			continue;
		snprintf(why, size, "/%s is missing in the root and cannot be made: %s%s", name, strerror(errno),
			 errno == EROFS ? " (boot with rw once)" : "");
		return -errno;
	}
	return 0;
}
