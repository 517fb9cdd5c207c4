/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mount.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "plan/rootspec.h"

/* A large file system may replay its journal for minutes; a device that is gone answers never. */
#define MOUNT_LIMIT_S 300
#define REPORT_S 10

/* mount(8)'s words for flags of mount(2). */
static const struct {
	const char *word;
	unsigned long set, clear;
} flag_words[] = {
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"noatime", MS_NOATIME, 0},
    {"atime", 0, MS_NOATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"relatime", MS_RELATIME, 0},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, 0},
    {"nostrictatime", 0, MS_STRICTATIME},
    {"lazytime", MS_LAZYTIME, 0},
    {"nolazytime", 0, MS_LAZYTIME},
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"defaults", 0, 0},
    {"auto", 0, 0},
    {"noauto", 0, 0},
    {"nofail", 0, 0},
    {"_netdev", 0, 0},
    {"user", 0, 0},
    {"nouser", 0, 0},
    {"users", 0, 0},
    {"owner", 0, 0},
    {"group", 0, 0},
};

static bool take_flag(const char *word, size_t len, unsigned long *flags)
{
	if (len >= 2 && (memcmp(word, "x-", 2) == 0 || memcmp(word, "X-", 2) == 0))
		return true;
	if (len >= 8 && memcmp(word, "comment=", 8) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (strlen(flag_words[i].word) != len || memcmp(flag_words[i].word, word, len) != 0)
			continue;
		*flags = (*flags & ~flag_words[i].clear) | flag_words[i].set;
		return true;
	}
	return false;
}

static errint add_word(struct mount_options *o, const char *word, size_t len)
{
	size_t have = strlen(o->data);

	if (have + (have != 0) + len + 1 > sizeof(o->data))
		return -ENAMETOOLONG;
	if (have)
		o->data[have++] = ',';
	memcpy(o->data + have, word, len);
	o->data[have + len] = '\0';
	return 0;
}

errint mount_options_add(struct mount_options *o, const char *word)
{
	return add_word(o, word, strlen(word));
}

/* Up to the next comma that no double quotes protect (SELinux contexts hold commas). */
static size_t word_length(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (quoted || s[n] != ','); n++)
		if (s[n] == '"')
			quoted = !quoted;
	return n;
}

bool mount_has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = text; s && *s; s += word_length(s), s += *s == ',')
		if (word_length(s) == len && memcmp(s, word, len) == 0)
			return true;
	return false;
}

bool mount_names_device(const char *text, char *out, size_t size)
{
	for (const char *s = text; s && *s; s += word_length(s), s += *s == ',') {
		if (!rootspec_in_option(s))
			continue;
		snprintf(out, size, "%.*s", (int)word_length(s), s);
		return true;
	}
	return false;
}

errint mount_options_parse(const char *text, unsigned long base, struct mount_options *out)
{
	const char *s = text ? text : "";

	*out = (struct mount_options){.flags = base};
	while (*s) {
		size_t len = word_length(s);
		if (len && !take_flag(s, len, &out->flags)) {
			errint err = add_word(out, s, len);
			if (err < 0)
				return err;
		}
		s += len;
		s += *s == ',';
	}
	return 0;
}

bool mount_type_at(const char *types, const char *signature, unsigned i, char *out, size_t size)
{
	const char *s = types && *types ? types : "auto";

	for (;; s++) {
		size_t len = strcspn(s, ",");
		bool is_auto = len == 4 && memcmp(s, "auto", 4) == 0;
		if (len && !(is_auto && !signature) && i-- == 0) {
			if (is_auto)
				snprintf(out, size, "%s", signature);
			else
				snprintf(out, size, "%.*s", (int)len, s);
			return true;
		}
		s += len;
		if (!*s)
			return false;
	}
}

struct mount_call {
	const char *node, *where, *type, *data;
	unsigned long flags;
};

/* What the child of FD reports: 0 or -errno of mount(2), -ETIMEDOUT when it is silent for too long. */
static errint wait_for_mount(const struct mount_call *c, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int error;

	for (unsigned waited = 0; waited < MOUNT_LIMIT_S; waited += REPORT_S) {
		if (poll(&p, 1, REPORT_S * 1000) != 0)
			return read(fd, &error, sizeof(error)) == (ssize_t)sizeof(error) ? -error : -EIO;
		log_warn("mounting %s as %s takes more than %u s: it replays its journal, or the device has stopped "
			 "answering",
			 c->node, c->type, waited + REPORT_S);
	}
	return -ETIMEDOUT;
}

/*
 * mount(2) by a child, which shares our mounts: what waits for a device that
 * does not answer cannot be interrupted, and PID 1 must not be it. A child that
 * is given up stays; the loop reaps it should it ever end.
 */
static errint mount_by_child(const struct mount_call *c)
{
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		error = mount(c->node, c->where, c->type, c->flags, c->data) < 0 ? errno : 0;
		_exit(write(ends[1], &error, sizeof(error)) != (ssize_t)sizeof(error));
	}
	error = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (pid > 0)
		error = wait_for_mount(c, ends[0]);
	close(ends[0]);
	if (pid > 0 && error != -ETIMEDOUT)
		waitpid(pid, NULL, 0);
	return error;
}

errint mount_device(const char *node, const char *where, const char *type, const struct mount_options *o,
		    bool *read_only)
{
	struct mount_call call = {node, where, type, o->data[0] ? o->data : NULL, o->flags};
	errint err;

	*read_only = o->flags & MS_RDONLY;
	err = mount_by_child(&call);
	/* A write-protected device: the kernel, too, tries its root again without writing (init/do_mounts.c). */
	if (err == 0 || *read_only || (err != -EROFS && err != -EACCES))
		return err;
	call.flags |= MS_RDONLY;
	err = mount_by_child(&call);
	*read_only = err == 0;
	return err;
}

bool mount_error_passes(int error)
{
	return error == -ENXIO || error == -EBUSY || error == -EIO || error == -EAGAIN || error == -EINTR;
}

const char *mount_no_replay_option(const char *type)
{
	static const struct {
		const char *type, *option;
	} known[] = {{"ext3", "noload"},
		     {"ext4", "noload"},
		     {"xfs", "norecovery"},
		     {"btrfs", "rescue=nologreplay"}, /* since 5.9; plain "nologreplay" is deprecated */
		     {"nilfs2", "norecovery"},
		     {"f2fs", "norecovery"}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].type, type) == 0)
			return known[i].option;
	return NULL;
}
