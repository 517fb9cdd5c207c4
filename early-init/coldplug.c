// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is there before the first uevent. PCI tells in one directory what most
 * boots need; every other modalias below /sys/devices is read in one walk, for
 * which root does not wait when it has been found already. Nothing is written
 * to the "uevent" files: that would make the kernel repeat every event to every
 * listener, for nothing that reading does not tell.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "loader.h"
#include "uevents.h"

/* sysfs is a tree of devices on buses behind bridges; this deep it is not a machine any more. */
#define DEPTH_MAX 64
#define SYSPATH_MAX 2048

struct walk {
	coldplug_alias_fn *fn;
	void *arg;
	bool no_pci;		/* its modaliases have been read */
	char path[SYSPATH_MAX]; /* below sys_dir */
	char alias[ALIAS_READ_MAX];
};

/* Attribute groups: they hold no devices. A device cannot have such a name, its group would be in the way. */
static bool attributes_only(const char *name)
{
	static const char *const names[] = {"power", "statistics", "queue", "mq", "msi_irqs"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* One line of the file NAME in DIR, without its newline; length, 0 for none. */
static size_t read_line(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	return strcspn(buf, "\n");
}

/* "0000:00:1f.2" at the end of PATH: domain, bus, device, function (drivers/pci/probe.c). */
static bool is_pci_device(const char *path)
{
	const char *name = strrchr(path, '/');
	unsigned domain, bus, device, function;
	int end = 0;

	return name && sscanf(name + 1, "%x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end) == 4 &&
	       name[1 + end] == '\0';
}

static void found_alias(struct walk *w, int dir)
{
	size_t len;

	if (w->no_pci && is_pci_device(w->path))
		return;
	len = read_line(dir, "modalias", w->alias, sizeof(w->alias));
	if (len == 0)
		return;
	w->alias[len] = '\0';
	w->fn(w->arg, w->path, w->alias);
}

/* Names of the directories in D, NUL after each; NULL when memory runs out. *MODALIAS says whether there is one. */
static char *list_children(DIR *d, size_t *size, bool *modalias)
{
	char *names = NULL;
	size_t used = 0, capacity = 0;
	struct dirent *e;

	*modalias = false;
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name) + 1;
		char *grown;

		if (e->d_type == DT_REG && strcmp(e->d_name, "modalias") == 0)
			*modalias = true;
		if (e->d_type != DT_DIR || e->d_name[0] == '.' || attributes_only(e->d_name))
			continue;
		if (used + len > capacity) {
			capacity = 2 * capacity + len + 256;
			grown = realloc(names, capacity);
			if (!grown)
				break;
			names = grown;
		}
		memcpy(names + used, e->d_name, len);
		used += len;
	}
	*size = used;
	return names;
}

static void walk_dir(struct walk *w, int dir, unsigned depth);

static void walk_child(struct walk *w, int dir, const char *name, unsigned depth)
{
	size_t here = strlen(w->path);
	int len = snprintf(w->path + here, sizeof(w->path) - here, "/%s", name);
	int child = -1;

	if (len > 0 && (size_t)len < sizeof(w->path) - here)
		child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child >= 0)
		walk_dir(w, child, depth + 1);
	w->path[here] = '\0';
}

/* DIR (taken over, closed) is at W->path. One descriptor is open for each level. */
static void walk_dir(struct walk *w, int dir, unsigned depth)
{
	DIR *d = fdopendir(dir);
	size_t size = 0;
	bool modalias;
	char *names;

	if (!d) {
		close(dir);
		return;
	}
	names = list_children(d, &size, &modalias);
	if (modalias)
		found_alias(w, dir);
	for (const char *name = names; depth < DEPTH_MAX && name < names + size; name += strlen(name) + 1)
		walk_child(w, dir, name, depth);
	free(names);
	closedir(d);
}

errint coldplug_walk(const char *sys_dir, bool no_pci, coldplug_alias_fn *fn, void *arg)
{
	struct walk *w;
	int sys = open(sys_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), devices;
	errint r = sys < 0 ? -errno : 0;

	if (r < 0)
		return r;
	devices = openat(sys, "devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = devices < 0 ? -errno : 0;
	close(sys);
	if (r < 0)
		return r;
	w = malloc(sizeof(*w));
	if (!w) {
		close(devices);
		return -ENOMEM;
	}
	w->fn = fn;
	w->arg = arg;
	w->no_pci = no_pci;
	snprintf(w->path, sizeof(w->path), "/devices");
	walk_dir(w, devices, 0);
	free(w);
	return 0;
}

/* A link in a directory of /sys, which is open as DIR, to the device at SYSPATH ("/devices/..."). */
typedef void link_fn(struct boot *b, int dir, const char *name, const char *syspath);

/* Every link in PATH, by name: disks before their partitions, PCI by address. False: no PATH. */
static bool each_link(struct boot *b, const char *path, link_fn *fn)
{
	char target[SYSPATH_MAX];
	struct dirent **list = NULL;
	int n = scandir(path, &list, NULL, alphasort);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < n; i++) {
		ssize_t len = dir < 0 ? -1 : readlinkat(dir, list[i]->d_name, target, sizeof(target) - 1);
		const char *syspath;

		target[len > 0 ? len : 0] = '\0';
		syspath = strstr(target, "/devices/");
		if (syspath)
			fn(b, dir, list[i]->d_name, syspath);
		free(list[i]);
	}
	free(list);
	if (dir >= 0)
		close(dir);
	return dir >= 0 && n >= 0;
}

/* One block device: its uevent file tells all that the event did. */
static void block_seen(struct boot *b, int dir, const char *name, const char *syspath)
{
	char file[NAME_MAX + 16], text[UEVENT_MAX];
	struct uevent u;
	ssize_t len;
	int fd;

	snprintf(file, sizeof(file), "%s/uevent", name);
	fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	if (uevent_parse_file(text, (size_t)len, &u) < 0)
		return;
	u.action = UEVENT_ADD;
	u.devpath = syspath;
	u.subsystem = "block";
	block_uevent(b, &u);
}

static void pci_seen(struct boot *b, int dir, const char *name, const char *syspath)
{
	char file[NAME_MAX + 16], alias[ALIAS_READ_MAX];
	size_t len;

	snprintf(file, sizeof(file), "%s/modalias", name);
	len = read_line(dir, file, alias, sizeof(alias));
	alias[len] = '\0';
	if (len > 0)
		device_seen(b, syspath, alias);
}

/* The CPU is the last to be served: its modules are ciphers and governors. */
struct cpu_alias {
	struct boot *b;
	char *path, *alias;
};

static void plan_alias(void *arg, const char *syspath, const char *modalias)
{
	struct cpu_alias *cpu = arg;

	if (strncmp(modalias, "cpu:", 4) != 0) {
		device_seen(cpu->b, syspath, modalias);
		loader_kick_urgent(cpu->b);
	} else if (!cpu->alias) {
		cpu->path = strdup(syspath);
		cpu->alias = strdup(modalias);
	}
}

void coldplug_begin(struct boot *b)
{
	uint64_t start = clock_ns();

	block_drop_vanished(b);
	each_link(b, "/sys/class/block", block_seen);
	b->pci_seen = each_link(b, "/sys/bus/pci/devices", pci_seen);
	b->looked = true;
	loader_kick_urgent(b);
	timeline_step(STEP_COLDPLUG, "pci", NULL, -1, 0, start, clock_ns());
}

static errint walk_devices(struct boot *b)
{
	struct cpu_alias cpu = {.b = b};
	uint64_t start = clock_ns();
	errint r;

	b->walked = true;
	r = coldplug_walk("/sys", b->pci_seen, plan_alias, &cpu);
	if (cpu.path && cpu.alias)
		device_seen(b, cpu.path, cpu.alias);
	free(cpu.path);
	free(cpu.alias);
	if (r < 0)
		log_err("cannot walk /sys/devices: %s; only devices plugged in from now on are seen", strerror(-r));
	timeline_step(STEP_COLDPLUG, "coldplug", NULL, -1, r, start, clock_ns());
	return r;
}

errint coldplug_finish(struct boot *b)
{
	errint r;

	if (!b->looked || b->walked)
		return 0;
	r = walk_devices(b);
	loader_kick(b);
	return r == -ENOMEM ? r : 1;
}

errint coldplug(struct boot *b)
{
	coldplug_begin(b);
	return walk_devices(b);
}
