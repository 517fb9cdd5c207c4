/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root's words for people's eyes, without passwords: the console and the report of a failed boot are photographed and
 * sent around.
 */
#include <stdio.h>
#include <string.h>

#include "netroot_internal.h"

/*
 * Where "USER:PASSWORD@" ends, at the '@'; NULL when TEXT has no place for it.
 * Also of words that parse as nothing: those are the ones that get shown. Hence
 * the last '@', where the parser takes the first: the password may hold one.
 */
static const char *credentials_end(const char *text, const char **start)
{
	static const char *const schemes[] = {"iscsi:", "cifs:", "smb:"};
	const char *url = strstr(text, "://"), *rest, *end = NULL;
	size_t len = 0;

	if (url) {
		*start = url + strlen("://");
		len = strcspn(*start, "/");
	}
	/* No way to tell where a password ends here: any byte may be in it. */
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		rest = netroot_after(text, schemes[i]);
		if (rest) {
			*start = rest;
			len = strlen(rest);
		}
	}
	for (size_t i = 0; i < len; i++)
		if ((*start)[i] == '@')
			end = *start + i;
	return end;
}

const char *netroot_masked(const char *text, char *out, size_t size)
{
	const char *start = text, *end = credentials_end(text, &start), *colon;

	colon = end ? memchr(start, ':', (size_t)(end - start)) : NULL;
	if (colon)
		snprintf(out, size, "%.*s:***%s", (int)(colon - text), text, end);
	else
		snprintf(out, size, "%s", text);
	return out;
}

const char *netroot_kind_name(enum netroot_kind kind)
{
	static const char *const names[] = {
	    [NETROOT_NONE] = "local",  [NETROOT_DHCP] = "DHCP",		[NETROOT_NFS] = "NFS",
	    [NETROOT_9P] = "9p",       [NETROOT_VIRTIOFS] = "virtiofs", [NETROOT_NBD] = "NBD",
	    [NETROOT_ISCSI] = "iSCSI", [NETROOT_NVME] = "NVMe/TCP",	[NETROOT_HTTP] = "HTTP"};

	return names[kind];
}

void netroot_describe(const struct netroot_spec *spec, char *out, size_t size)
{
	const char *server = spec->server[0] ? spec->server : "the server that DHCP or ip= names";
	char shown[NETROOT_MASKED_MAX];

	switch (spec->kind) {
	case NETROOT_NONE:
		snprintf(out, size, "a local root");
		return;
	case NETROOT_DHCP:
		snprintf(out, size, "the root-path that DHCP tells");
		return;
	case NETROOT_NFS:
		snprintf(out, size, "NFS export %s of %s", spec->path[0] ? spec->path : "that DHCP names", server);
		return;
	case NETROOT_9P:
	case NETROOT_VIRTIOFS:
		snprintf(out, size, "%s directory \"%s\"", netroot_kind_name(spec->kind), spec->path);
		return;
	case NETROOT_NBD:
		snprintf(out, size, "NBD export \"%s\" of %s", spec->path, server);
		return;
	case NETROOT_ISCSI:
		if (spec->iscsi.firmware)
			snprintf(out, size, "the iSCSI target of the firmware's boot table");
		else
			snprintf(out, size, "iSCSI target %s at %s", spec->path, server);
		return;
	case NETROOT_NVME:
		snprintf(out, size, "NVMe/TCP subsystem %s at %s", spec->path[0] ? spec->path : "found by discovery",
			 server);
		return;
	case NETROOT_HTTP:
		break;
	}
	snprintf(out, size, "image %s", netroot_masked(spec->path, shown, sizeof(shown)));
}
