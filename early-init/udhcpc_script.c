/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs beside PID 1, started by udhcpc: writes what it is told, PID 1 does the rest. */
#include "udhcpc_script.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "plan/netlease.h"
#include "textfile.h"

static const char *find(char **env, const char *key)
{
	size_t len = strlen(key);

	for (; *env; env++)
		if (strncmp(*env, key, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* The lines that netlease.h knows. A newline in a value, which a server may send, would be another line. */
static void collect(char **env, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (; *env; env++) {
		size_t len = strlen(*env);

		if (!netlease_key(*env, strcspn(*env, "=")) || strchr(*env, '\n') || used + len + 2 > size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s\n", *env);
	}
}

/* Whole or not at all: PID 1 may look at any time. */
static errint publish(const char *path, const char *text)
{
	char temporary[300];
	errint r = path_format(temporary, sizeof(temporary), "%s.new", path);
	size_t len = strlen(text);
	int CLEANUP(close_fd) fd =
	    r < 0 ? -1 : open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (r < 0)
		return r;
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len || rename(temporary, path) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

errint udhcpc_event(const char *dir, const char *event, char **env)
{
	bool lease = strcmp(event, "bound") == 0 || strcmp(event, "renew") == 0;
	const char *name = find(env, "interface"), *message = find(env, "message");
	char path[256], text[NET_LEASE_FILE_MAX];
	errint r;

	/* "deconfig" comes first, "leasefail" when nobody has answered: there is nothing in them. */
	if (!name || !*name || strchr(name, '/') || (!lease && strcmp(event, "nak") != 0))
		return 0;
	r = path_format(path, sizeof(path), "%s/dhcp.%s%s", dir, name, lease ? "" : ".message");
	if (r < 0)
		return r;
	if (lease)
		collect(env, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "the server refused%s%.80s\n", message ? ": " : "",
			 message ? message : "");
	return publish(path, text);
}

int udhcpc_script_main(int argc, char **argv)
{
	errint r = argc > 1 ? udhcpc_event(NET_RUN_DIR, argv[1], environ) : -EINVAL;

	if (r < 0)
		fprintf(stderr, "udhcpc-script: %s\n", strerror(-r));
	return r < 0;
}
