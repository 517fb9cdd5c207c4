/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base tree: directories, nodes, early-init under its names, busybox with its applets. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "payload_internal.h"
#include "sysroot.h"

#ifndef ROOTWARD_PREFIX
#define ROOTWARD_PREFIX "/usr"
#endif

#define INIT_PATH "/init"
#define BUSYBOX_PATH "/usr/bin/busybox"

static const struct entry base_tree[] = {
    {.path = "/dev", .type = ENTRY_DIR, .mode = 0755, .reason = "mount point of devtmpfs"},
    {.path = "/dev/console",
     .type = ENTRY_CHAR,
     .mode = 0600,
     .dev_major = 5,
     .dev_minor = 1,
     .reason = "the kernel opens it for PID 1"},
    {.path = "/dev/kmsg",
     .type = ENTRY_CHAR,
     .mode = 0644,
     .dev_major = 1,
     .dev_minor = 11,
     .reason = "log before devtmpfs is there"},
    {.path = "/dev/null",
     .type = ENTRY_CHAR,
     .mode = 0666,
     .dev_major = 1,
     .dev_minor = 3,
     .reason = "fds of programs that the kernel starts"},
    {.path = "/etc", .type = ENTRY_DIR, .mode = 0755, .reason = "configuration of programs"},
    {.path = "/proc", .type = ENTRY_DIR, .mode = 0555, .reason = "mount point"},
    {.path = "/root", .type = ENTRY_DIR, .mode = 0700, .reason = "home of the emergency shell"},
    {.path = "/run", .type = ENTRY_DIR, .mode = 0755, .reason = "mount point, moved to the real root"},
    {.path = "/sys", .type = ENTRY_DIR, .mode = 0555, .reason = "mount point"},
    {.path = "/sysroot", .type = ENTRY_DIR, .mode = 0755, .reason = "mount point of the real root"},
    {.path = "/tmp", .type = ENTRY_DIR, .mode = 01777, .reason = "scratch of the emergency shell"},
    {.path = "/usr/bin", .type = ENTRY_DIR, .mode = 0755, .reason = "programs"},
    {.path = "/usr/lib", .type = ENTRY_DIR, .mode = 0755, .reason = "libraries, modules, firmware"},
    {.path = "/usr/lib/rootward", .type = ENTRY_DIR, .mode = 0755, .reason = "boot index and manifest"},
    {.path = "/usr/lib64", .type = ENTRY_DIR, .mode = 0755, .reason = "the ELF interpreter of some machines"},
    {.path = "/usr/sbin", .type = ENTRY_DIR, .mode = 0755, .reason = "programs"},
    {.path = "/bin", .type = ENTRY_SYMLINK, .mode = 0777, .target = "usr/bin", .reason = "merged /usr"},
    {.path = "/lib", .type = ENTRY_SYMLINK, .mode = 0777, .target = "usr/lib", .reason = "merged /usr"},
    {.path = "/lib64", .type = ENTRY_SYMLINK, .mode = 0777, .target = "usr/lib64", .reason = "merged /usr"},
    {.path = "/sbin", .type = ENTRY_SYMLINK, .mode = 0777, .target = "usr/sbin", .reason = "merged /usr"},
};

static const struct {
	const char *path, *text;
} base_files[] = {
    {"/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"},
    {"/etc/group", "root:x:0:\n"},
};

/* The names kmod's tools have; early-init is all of them. */
static const char *const kmod_names[] = {"modprobe", "insmod", "rmmod", "lsmod", "modinfo"};

#define PASSWORD_NAME "early-init-password"

static struct err *add_base(struct payload *p, const struct entry *e)
{
	struct entry copy = *e;

	copy.segment = SEG_MAIN;
	copy.owner = "base";
	return manifest_add(p->manifest, &copy, NULL);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

char *payload_find_early_init(void)
{
	const char *named = getenv("ROOTWARD_EARLY_INIT");
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (named && *named)
		return xstrdup(named);
	if (n > 0) {
		self[n] = '\0';
		AUTOFREE char *beside = xasprintf("%.*s/early-init.bin", (int)(strrchr(self, '/') - self), self);
		if (is_program(beside))
			return STEAL_POINTER(beside);
	}
	AUTOFREE char *installed = path_join(config_datadir(), "early-init");
	return is_program(installed) ? STEAL_POINTER(installed) : NULL;
}

/* HOST must be a program that runs without libraries. */
static struct err *check_static(const char *host)
{
	CLEANUP(elf_needed_free) struct elf_needed n = {0};
	struct file_map map;

	TRY(file_map(host, &map));
	struct err *e = elf_needed_read(host, map.data, map.size, &n);
	if (!e && !n.is_static)
		e = err_new(EXIT_FAILED, "%s: not a statically linked program", host);
	file_unmap(&map);
	return e;
}

struct err *payload_password(struct payload *p)
{
	AUTOFREE char *init = payload_find_early_init();
	AUTOFREE char *beside = NULL, *installed = path_join(config_datadir(), PASSWORD_NAME);

	if (init && strrchr(init, '/'))
		beside = xasprintf("%.*s/" PASSWORD_NAME, (int)(strrchr(init, '/') - init), init);
	const char *host = beside && is_program(beside) ? beside : installed;
	if (!is_program(host))
		return err_new(EXIT_FAILED,
			       "emergency-password: %s found neither beside early-init nor in %s: install it",
			       PASSWORD_NAME, config_datadir());
	TRY(check_static(host));
	return add_base(p, &(struct entry){.path = "/usr/lib/rootward/" PASSWORD_NAME,
					   .type = ENTRY_FILE,
					   .mode = 0755,
					   .reason = "asks for the emergency-password",
					   .source = host});
}

static struct err *add_early_init(struct payload *p)
{
	AUTOFREE char *host = payload_find_early_init();

	if (!host)
		return err_new(EXIT_FAILED,
			       "early-init not found beside rootward nor in %s: install it or set ROOTWARD_EARLY_INIT",
			       config_datadir());
	TRY(check_static(host));
	TRY(add_base(p, &(struct entry){.path = INIT_PATH,
					.type = ENTRY_FILE,
					.mode = 0755,
					.reason = "first program of the boot",
					.source = host}));
	for (size_t i = 0; i < ARRAY_SIZE(kmod_names); i++) {
		AUTOFREE char *path = path_join("/usr/sbin", kmod_names[i]);
		TRY(add_base(p, &(struct entry){.path = path,
						.type = ENTRY_SYMLINK,
						.mode = 0777,
						.reason = "module tool; the kernel calls modprobe",
						.because = INIT_PATH,
						.target = "../../init"}));
	}
	return add_base(p, &(struct entry){.path = "/usr/lib/rootward/udhcpc-script",
					   .type = ENTRY_SYMLINK,
					   .mode = 0777,
					   .reason = "the DHCP client calls it",
					   .because = INIT_PATH,
					   .target = "../../../init"});
}

struct err *payload_base(struct payload *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(base_tree); i++)
		TRY(add_base(p, &base_tree[i]));
	for (size_t i = 0; i < ARRAY_SIZE(base_files); i++)
		TRY(add_base(p, &(struct entry){.path = base_files[i].path,
						.type = ENTRY_FILE,
						.mode = 0644,
						.reason = "names of the emergency shell's user",
						.data = (const unsigned char *)base_files[i].text,
						.size = strlen(base_files[i].text)}));
	return err_wrap(add_early_init(p), "early-init");
}

/* Applets that are not linked: ours replace them, or their names mean something to the kernel. */
static bool is_ours(const char *applet)
{
	static const char *const others[] = {"busybox", "init", "linuxrc", "depmod"};

	for (size_t i = 0; i < ARRAY_SIZE(kmod_names); i++)
		if (strcmp(applet, kmod_names[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(applet, others[i]) == 0)
			return true;
	return false;
}

static struct err *add_applet(struct payload *p, const char *name)
{
	AUTOFREE char *path = path_join("/usr/bin", name);

	if (is_ours(name) || manifest_find(p->manifest, path))
		return NULL;
	return manifest_add(p->manifest,
			    &(struct entry){.path = path,
					    .type = ENTRY_SYMLINK,
					    .mode = 0777,
					    .segment = SEG_MAIN,
					    .owner = OWNER_BUSYBOX,
					    .reason = "applet",
					    .because = BUSYBOX_PATH,
					    .target = "busybox"},
			    NULL);
}

static bool is_applet_name(const char *s, size_t len)
{
	return len > 0 && len < 32 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789[_-.+") == len;
}

/*
 * The table of applet names inside busybox (applet_names of its
 * include/applet_tables.h): sorted names, each with its NUL, first "[" and "[[". Read and not asked for,
 * because the busybox of another machine cannot be run.
 */
static struct err *add_applets(struct payload *p, const char *host, const struct file_map *map)
{
	static const char start[] = "\0[\0[["; /* with the NUL at its end */
	const char *at = memmem(map->data, map->size, start, sizeof(start));
	const char *end = (const char *)map->data + map->size, *former = "";

	if (!at)
		return err_new(EXIT_FAILED, "%s: no table of applets found in it: is it busybox with a shell?", host);
	for (at++; at < end; at += strlen(at) + 1) {
		size_t len = strnlen(at, (size_t)(end - at));
		if (len == (size_t)(end - at) || !is_applet_name(at, len) || strcmp(at, former) <= 0)
			break;
		former = at;
		TRY(add_applet(p, at));
	}
	return manifest_find(p->manifest, "/usr/bin/sh") ? NULL : err_new(EXIT_FAILED, "%s: has no shell", host);
}

char *payload_find_busybox(const char *sysroot)
{
	static const char *const places[] = {"/usr/bin/busybox", "/bin/busybox",
					     "/usr/lib/initramfs-tools/bin/busybox"};

	for (int host = 0; host < 2; host++)
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			char *path = sysroot_resolve(host ? "" : sysroot, places[i]);
			if (path)
				return path;
		}
	return NULL;
}

struct err *payload_busybox(struct payload *p)
{
	AUTOFREE char *host = payload_find_busybox(p->sysroot);
	struct file_map map;

	if (!host)
		return err_new(EXIT_FAILED, "busybox not found: install busybox-static");
	TRY(err_wrap(check_static(host), "busybox (install busybox-static)"));
	TRY(manifest_add(p->manifest,
			 &(struct entry){.path = BUSYBOX_PATH,
					 .type = ENTRY_FILE,
					 .mode = 0755,
					 .segment = SEG_MAIN,
					 .owner = OWNER_BUSYBOX,
					 .reason = "emergency shell and scripts",
					 .source = host},
			 NULL));
	TRY(file_map(host, &map));
	struct err *e = add_applets(p, host, &map);
	file_unmap(&map);
	return e;
}
