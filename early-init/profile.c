/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This machine's hardware profile (format: plan/hardware.h), for `build
 * --hardware` and `simulate`. The walk through /sys/devices takes longer than
 * the switch to the real root, so a child makes it while the boot goes on; it
 * holds the directories that it needs open and looks up nothing else.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "plan/hardware.h"
#include "root.h"
#include "textfile.h"

/* Bounds that no machine reaches: a bridge, a hub or a switch each adds a level. */
#define DEPTH_MAX 48
#define DEVICES_MAX 200000
#define MODALIAS_MAX 8192 /* that of the CPUs is the longest */

struct walk {
	FILE *out;
	char path[PATH_MAX]; /* below /sys */
	size_t len;
	unsigned depth, count;
	char text[MODALIAS_MAX], escaped[4 * MODALIAS_MAX];
};

static void put_word(struct walk *w, const char *word)
{
	if (hardware_escape(word, w->escaped, sizeof(w->escaped)) >= 0)
		fprintf(w->out, " %s", w->escaped);
}

static const char *driver_of(int dir, char *target, size_t size)
{
	ssize_t n = readlinkat(dir, "driver", target, size - 1);
	char *base;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	base = strrchr(target, '/');
	return base ? base + 1 : target;
}

static const char *modalias_of(int dir, struct walk *w)
{
	int CLEANUP(close_fd) fd = openat(dir, "modalias", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, w->text, sizeof(w->text) - 1);

	if (n <= 0)
		return NULL;
	w->text[n] = '\0';
	w->text[strcspn(w->text, "\n")] = '\0';
	return w->text[0] ? w->text : NULL;
}

static void put_device(struct walk *w, int dir)
{
	const char *modalias = modalias_of(dir, w), *driver;
	char target[PATH_MAX];

	/* One "processor" driver a CPU says nothing that the CPU modalias does not say. */
	if (!modalias && strncmp(w->path, "/devices/system/", 16) == 0)
		return;
	driver = driver_of(dir, target, sizeof(target));
	if (!modalias && !driver)
		return;
	w->count++;
	fputs("device", w->out);
	put_word(w, w->path);
	put_word(w, modalias);
	if (driver)
		put_word(w, driver);
	fputc('\n', w->out);
}

/* Takes FD. What vanishes while it is looked at is no error. */
static void walk_dir(struct walk *w, int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		close(fd);
		return;
	}
	if (w->depth > 0)
		put_device(w, fd);
	while (w->depth < DEPTH_MAX && w->count < DEVICES_MAX && (e = readdir(dir))) {
		size_t n = strlen(e->d_name), before = w->len;
		int sub;
		if (e->d_type != DT_DIR || e->d_name[0] == '.' || before + n + 2 > sizeof(w->path))
			continue;
		sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		w->path[before] = '/';
		memcpy(w->path + before + 1, e->d_name, n + 1);
		w->len = before + 1 + n;
		w->depth++;
		walk_dir(w, sub);
		w->depth--;
		w->len = before;
		w->path[before] = '\0';
	}
	closedir(dir);
}

static void put_layer(struct walk *w, const char *where, const char *kind, const struct block_dev *dev)
{
	fprintf(w->out, "layer %s %s", where, kind);
	put_word(w, dev->facts.devname);
	put_word(w, dev->devpath);
	fputc('\n', w->out);
}

/* DEV and the disk that it is on. */
static void put_layers(struct walk *w, struct boot *b, const char *where, const struct block_dev *dev)
{
	const struct block_dev *disk = dev->facts.disk ? block_dev_by_name(b, dev->facts.disk) : NULL;

	put_layer(w, where, dev->facts.disk ? "partition" : "disk", dev);
	if (disk)
		put_layer(w, where, "disk", disk);
}

static void put_stack(struct walk *w, struct boot *b, const char *where, const char *devname, const char *type)
{
	const struct block_dev *dev = block_dev_by_name(b, devname), *other;

	if (!dev)
		return;
	fprintf(w->out, "stack %s /dev/%s", where, devname);
	put_word(w, type);
	fputc('\n', w->out);
	put_layers(w, b, where, dev);
	for (unsigned i = 0; (other = block_dev_at(b, i)); i++)
		if (other != dev && btrfs_same_set(dev, other))
			put_layers(w, b, where, other);
}

static void put_resume(struct walk *w, struct boot *b)
{
	const struct block_dev *dev;

	if (!b->root->resume.parsed)
		return;
	block_identify(b, &b->root->resume.spec);
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (rootspec_matches(&b->root->resume.spec, &dev->facts))
			put_stack(w, b, "resume", dev->facts.devname, dev->facts.fs_type);
}

/* Takes DEVICES. */
static errint write_profile(struct boot *b, int devices, int dir, const char *name)
{
	char temporary[64];
	struct utsname u;
	struct walk *w = calloc(1, sizeof(*w));
	errint err = -ENOMEM;
	int fd = -1;

	if (w && path_format(temporary, sizeof(temporary), ".%s.new", name) == 0 && uname(&u) == 0) {
		fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
		w->out = fd < 0 ? NULL : fdopen(fd, "w");
		err = w->out ? 0 : -errno;
	}
	if (err == 0) {
		fprintf(w->out, HW_HEADER "\nkernel %s\n", u.release);
		if (b->root) {
			put_stack(w, b, "/", b->root->root.devname, b->root->root.fs_type);
			put_stack(w, b, "/usr", b->root->usr.devname, b->root->usr.fs_type);
			put_resume(w, b);
		}
		w->len = (size_t)snprintf(w->path, sizeof(w->path), "/devices");
		walk_dir(w, devices);
		if (fclose(w->out) != 0 || renameat(dir, temporary, dir, name) < 0)
			err = -errno;
	} else {
		close(devices);
	}
	free(w);
	return err;
}

errint profile_write(struct boot *b, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	pid_t pid;

	if (!slash || path_format(parent, sizeof(parent), "%.*s", (int)(slash - path), path) < 0)
		return -EINVAL;
	int CLEANUP(close_fd) dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	int devices = open("/sys/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (devices < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		yield_to_root();
		_exit(write_profile(b, devices, dir, slash + 1) < 0);
	}
	close(devices);
	return pid < 0 ? -errno : 0;
}
