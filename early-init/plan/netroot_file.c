/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots that are mounted or fetched without a block device: NFS, directories of a virtual machine's host, images. */
#include <string.h>

#include "netroot_internal.h"

/* ---- NFS ---- */

/* "[SERVER:]/PATH[,OPTIONS]", dracut's also "[SERVER:]/PATH[:OPTIONS]". */
errint netroot_parse_nfs(const char *text, struct netroot_spec *out)
{
	const char *at = text;
	size_t len;
	errint r;

	out->kind = NETROOT_NFS;
	if (*at && *at != '/' && *at != ',') {
		r = netroot_server(&at, out);
		if (r < 0)
			return r;
		/* A word without a path is one for the default path of the kernel's clients: "/tftpboot/NAME". */
		if (*at == ':')
			at++;
		else if (*at)
			return -EINVAL;
	}
	len = strcspn(at, ":,");
	if (len) {
		r = netroot_copy(out->path, sizeof(out->path), at, len);
		if (r < 0)
			return r;
	}
	at += len;
	if (!*at)
		return 0;
	at++;
	return netroot_copy(out->options, sizeof(out->options), at, strlen(at));
}

errint netroot_parse_nfs4(const char *text, struct netroot_spec *out)
{
	out->nfs_version = 4;
	return netroot_parse_nfs(text, out);
}

/* ---- shared directories of a virtual machine ---- */

static errint parse_tag(const char *text, enum netroot_kind kind, struct netroot_spec *out)
{
	out->kind = kind;
	return *text ? netroot_copy(out->path, sizeof(out->path), text, strlen(text)) : -EINVAL;
}

errint netroot_parse_9p(const char *text, struct netroot_spec *out)
{
	return parse_tag(text, NETROOT_9P, out);
}

errint netroot_parse_virtiofs(const char *text, struct netroot_spec *out)
{
	return parse_tag(text, NETROOT_VIRTIOFS, out);
}

/* ---- HTTP ---- */

errint netroot_set_sha256(const char *text, struct netroot_spec *out)
{
	if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
		return -EINVAL;
	for (unsigned i = 0; i < 64; i++)
		out->sha256[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
	return 0;
}

errint netroot_parse_url(const char *text, struct netroot_spec *out)
{
	const char *host = strstr(text, "://"), *fragment = strchr(text, '#'), *user;
	size_t len = fragment ? (size_t)(fragment - text) : strlen(text);
	errint r;

	out->kind = NETROOT_HTTP;
	if (!host || !host[3] || host[3] == '/')
		return -EINVAL;
	host += 3;
	user = host + strcspn(host, "@/");
	if (*user == '@')
		host = user + 1;
	r = netroot_server(&host, out);
	if (r == 0 && fragment && netroot_after(fragment, "#sha256="))
		r = netroot_set_sha256(netroot_after(fragment, "#sha256="), out);
	return r < 0 ? r : netroot_copy(out->path, sizeof(out->path), text, len);
}
