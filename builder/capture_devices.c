/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a machine: a walk through /sys/devices. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"

/* Bounds that no machine reaches: a bridge, a hub or a switch each adds a level, a disk some ten devices. */
#define DEPTH_MAX 48
#define DEVICES_MAX 200000

struct walk {
	struct hw_profile *p;
	char path[PATH_MAX]; /* below /sys */
	size_t len;
	unsigned depth;
};

/* First line of FILE in directory DIR, or NULL when it is not there or empty. */
static const char *first_line(int dir, const char *file, struct hw_profile *p)
{
	AUTOCLOSE int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[8192];
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0 || text[0] == '\n')
		return NULL;
	text[n] = '\0';
	return arena_strndup(&p->arena, text, strcspn(text, "\n"));
}

/* Name of the driver that DIR's "driver" link points to, or NULL. */
static const char *driver_name(int dir, struct hw_profile *p)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, "driver", target, sizeof(target) - 1);
	const char *base;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	base = strrchr(target, '/');
	return arena_strdup(&p->arena, base ? base + 1 : target);
}

static void take_device(struct walk *w, int dir)
{
	const char *modalias = first_line(dir, "modalias", w->p), *driver;

	/* One "processor" driver a CPU says nothing that the CPU modalias does not say. */
	if (!modalias && strncmp(w->path, "/devices/system/", 16) == 0)
		return;
	driver = driver_name(dir, w->p);
	if (modalias || driver)
		VEC_PUSH(&w->p->devices, ((struct hw_device){arena_strdup(&w->p->arena, w->path), modalias, driver}));
}

static struct err *walk_dir(struct walk *w, int fd);

/* Go into NAME below the open directory FD and come back. A device that vanished meanwhile is no error. */
static struct err *walk_into(struct walk *w, int fd, const char *name)
{
	size_t len = w->len, n = strlen(name);
	struct err *e;
	int sub;

	if (w->depth == DEPTH_MAX || len + 1 + n >= sizeof(w->path) || w->p->devices.count >= DEVICES_MAX)
		return err_new(EXIT_FAILED, "/sys%s: too many or too deep devices", w->path);
	sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return NULL;
	w->path[len] = '/';
	memcpy(w->path + len + 1, name, n + 1);
	w->len += 1 + n;
	w->depth++;
	e = walk_dir(w, sub);
	w->depth--;
	w->len = len;
	w->path[len] = '\0';
	return e;
}

/* FD is taken. */
static struct err *walk_dir(struct walk *w, int fd)
{
	DIR *dir = fdopendir(fd);
	struct err *e = NULL;
	struct dirent *entry;

	if (!dir) {
		close(fd);
		return err_sys(errno, "/sys%s", w->path);
	}
	take_device(w, fd);
	while (!e && (entry = readdir(dir))) {
		/* sysfs tells d_type; a copied tree on a file system that does not is opened to see. */
		if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
			continue;
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || strcmp(entry->d_name, "..") == 0))
			continue;
		e = walk_into(w, fd, entry->d_name);
	}
	closedir(dir);
	return e;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct hw_device *)a)->syspath, ((const struct hw_device *)b)->syspath);
}

struct err *capture_devices(const char *machine, struct hw_profile *p)
{
	AUTOFREE char *path = path_join(machine, "sys/devices");
	struct walk w = {.p = p, .path = "/devices", .len = strlen("/devices")};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (fd < 0)
		return err_sys(errno, "%s", path);
	TRY(walk_dir(&w, fd));
	if (p->devices.count > 0)
		qsort(p->devices.items, p->devices.count, sizeof(*p->devices.items), by_path);
	return NULL;
}
