/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots over the network: from words of the command line to what is to be mounted or attached. */
#include "netroot.h"

#include <stdio.h>
#include <string.h>

#include "cmdline.h"
#include "netroot_internal.h"

const char *netroot_after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

errint netroot_copy(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

errint netroot_server(const char **at, struct netroot_spec *out)
{
	const char *s = *at, *end;

	if (*s == '[') {
		end = strchr(s, ']');
		if (!end || end == s + 1)
			return -EINVAL;
		*at = end + 1;
		return netroot_copy(out->server, sizeof(out->server), s + 1, (size_t)(end - s - 1));
	}
	end = s + strcspn(s, ":,/");
	*at = end;
	return netroot_copy(out->server, sizeof(out->server), s, (size_t)(end - s));
}

/* ---- NFS ---- */

/* "[SERVER:]/PATH[,OPTIONS]", dracut's also "[SERVER:]/PATH[:OPTIONS]". */
static errint parse_nfs(const char *text, struct netroot_spec *out)
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

static errint parse_nfs4(const char *text, struct netroot_spec *out)
{
	out->nfs_version = 4;
	return parse_nfs(text, out);
}

/* ---- shared directories of a virtual machine ---- */

static errint parse_tag(const char *text, enum netroot_kind kind, struct netroot_spec *out)
{
	out->kind = kind;
	return *text ? netroot_copy(out->path, sizeof(out->path), text, strlen(text)) : -EINVAL;
}

static errint parse_9p(const char *text, struct netroot_spec *out)
{
	return parse_tag(text, NETROOT_9P, out);
}

static errint parse_virtiofs(const char *text, struct netroot_spec *out)
{
	return parse_tag(text, NETROOT_VIRTIOFS, out);
}

/* ---- HTTP ---- */

static errint set_sha256(const char *text, struct netroot_spec *out)
{
	if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
		return -EINVAL;
	for (unsigned i = 0; i < 64; i++)
		out->sha256[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
	return 0;
}

/* The whole URL; "#sha256=..." at its end belongs to us. */
static errint parse_url(const char *text, struct netroot_spec *out)
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
		r = set_sha256(netroot_after(fragment, "#sha256="), out);
	return r < 0 ? r : netroot_copy(out->path, sizeof(out->path), text, len);
}

/* ---- root= ---- */

static const struct scheme {
	const char *prefix;
	errint (*parse)(const char *rest, struct netroot_spec *out);
	bool whole; /* the parser wants the prefix, too */
} schemes[] = {
    {"nfs:", parse_nfs, false},
    {"nfs4:", parse_nfs4, false},
    {"nbd:", netroot_parse_nbd, false},
    {"iscsi:", netroot_parse_iscsi, false},
    {"nvme-tcp:", netroot_parse_nvme, false},
    {"nvme+tcp:", netroot_parse_nvme, false},
    {"nvmf:", netroot_parse_nvme, false},
    {"9p:", parse_9p, false},
    {"virtiofs:", parse_virtiofs, false},
    {"http://", parse_url, true},
    {"https://", parse_url, true},
    {"ftp://", parse_url, true},
};

/* 1 TEXT is one of those, 0 not, -errno malformed. */
static errint parse_scheme(const char *text, struct netroot_spec *out)
{
	const char *live = netroot_after(text, "live:"), *rest;
	errint r;

	/* dracut's spelling of an image that is fetched. */
	if (live && strstr(live, "://"))
		text = live;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		rest = netroot_after(text, schemes[i].prefix);
		if (!rest)
			continue;
		r = schemes[i].parse(schemes[i].whole ? text : rest, out);
		return r < 0 ? r : 1;
	}
	return 0;
}

static bool is_dhcp_word(const char *text)
{
	static const char *const words[] = {"dhcp", "dhcp6", "auto6", "either6", "on", "any"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

errint netroot_from_root_path(const char *text, struct netroot_spec *out)
{
	errint r = parse_scheme(text, out);

	if (r != 0)
		return r < 0 ? r : 0;
	return strchr(text, '/') ? parse_nfs(text, out) : -EINVAL;
}

/* ---- the command line ---- */

/* Values of the words that matter here; all point into the line. */
struct words {
	const char *root, *fstype, *flags, *nfsroot, *nbdroot, *netroot;
};

static errint keep_word(struct netroot_spec *out, struct words *w, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **field;
	} plain[] = {{"root", &w->root},       {"rootfstype", &w->fstype}, {"rootflags", &w->flags},
		     {"nfsroot", &w->nfsroot}, {"nbdroot", &w->nbdroot},   {"netroot", &w->netroot}};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(plain[i].key, key) == 0)
			*plain[i].field = value && *value ? value : NULL;
	if (strcmp(key, "sha256") == 0)
		return value ? set_sha256(value, out) : -EINVAL;
	return netroot_block_word(out, key, value);
}

static bool has_type(const char *list, const char *type)
{
	return list && strcmp(list, type) == 0;
}

/* What is attached by netroot= or nbdroot= holds the root that root= names. */
static errint parse_attached(const struct words *w, struct netroot_spec *out)
{
	errint r = w->netroot ? parse_scheme(w->netroot, out) : netroot_parse_nbdroot(w->nbdroot, out);

	if (w->netroot && r == 0 && strcmp(w->netroot, "iscsi") == 0) {
		out->kind = NETROOT_ISCSI;
		r = 1;
	}
	if (w->netroot && r == 0 && is_dhcp_word(w->netroot)) {
		out->kind = NETROOT_DHCP;
		r = 1;
	}
	if (r < 0)
		return r;
	if (w->netroot && r == 0)
		return -EPROTONOSUPPORT;
	/* "root=iscsi:..." and "root=nbd" beside it say the same once more. */
	out->device_only = w->root && !strchr(w->root, ':') && strcmp(w->root, "nbd") != 0 &&
			   strcmp(w->root, "iscsi") != 0 && !is_dhcp_word(w->root);
	if (w->root && (netroot_after(w->root, "block:") || netroot_after(w->root, "/dev/")))
		out->device_only = strcmp(w->root, "/dev/nfs") != 0;
	return 0;
}

static errint parse_root(const struct words *w, struct netroot_spec *out)
{
	errint r;

	if (has_type(w->fstype, "9p") && w->root && !netroot_after(w->root, "9p:"))
		return parse_9p(w->root, out);
	if (has_type(w->fstype, "virtiofs") && w->root && !netroot_after(w->root, "virtiofs:"))
		return parse_virtiofs(w->root, out);
	if (w->netroot || w->nbdroot)
		return parse_attached(w, out);
	if (out->iscsi.firmware) {
		out->kind = NETROOT_ISCSI;
		out->device_only = w->root != NULL;
		return 0;
	}
	if (w->root && is_dhcp_word(w->root)) {
		out->kind = NETROOT_DHCP;
		return 0;
	}
	if (w->root && (strcmp(w->root, "/dev/nfs") == 0 || strcmp(w->root, "nfs") == 0))
		return parse_nfs(w->nfsroot ? w->nfsroot : "", out);
	r = w->root ? parse_scheme(w->root, out) : 0;
	if (r == 0 && out->kind != NETROOT_NONE)
		out->device_only = true; /* rd.nvmf.discover=, rd.iscsi.target.name= */
	return r < 0 ? r : 0;
}

static void explain(const struct words *w, errint err, char *why, size_t size)
{
	const char *word = w->netroot ? "netroot" : w->nbdroot ? "nbdroot" : w->nfsroot ? "nfsroot" : "root";
	const char *value = w->netroot ? w->netroot : w->nbdroot ? w->nbdroot : w->nfsroot ? w->nfsroot : w->root;
	char shown[NETROOT_MASKED_MAX];

	snprintf(why, size, "%s=%s %s", word, netroot_masked(value ? value : "", shown, sizeof(shown)),
		 err == -ENAMETOOLONG ? "is too long"
		 : err == -EPROTONOSUPPORT
		     ? "is of a kind that is not known here: nfs:, nfs4:, nbd:, iscsi:, nvme-tcp:, "
		       "9p:, virtiofs:, http:// and https:// are"
		     : "is malformed: see rootward-init(7), ROOT OVER THE NETWORK");
}

errint netroot_parse(char *line, struct netroot_spec *out, char *why, size_t size)
{
	struct words w = {0};
	char *key, *value;
	errint r = 0, bad;

	*out = (struct netroot_spec){0};
	why[0] = '\0';
	while (cmdline_next(&line, &key, &value)) {
		bad = keep_word(out, &w, key, value);
		if (bad < 0 && r == 0) {
			r = bad;
			snprintf(why, size, "%s=%s is malformed: see rootward-init(7), ROOT OVER THE NETWORK", key,
				 strstr(key, "password") && value ? "***"
				 : value			  ? value
								  : "");
		}
	}
	if (r < 0)
		return r;
	r = parse_root(&w, out);
	if (r == 0 && w.flags &&
	    (out->kind == NETROOT_NFS || out->kind == NETROOT_9P || out->kind == NETROOT_VIRTIOFS) && !out->options[0])
		r = netroot_copy(out->options, sizeof(out->options), w.flags, strlen(w.flags));
	if (r < 0)
		explain(&w, r, why, size);
	return r;
}

bool netroot_needs_network(const struct netroot_spec *spec)
{
	switch (spec->kind) {
	case NETROOT_NONE:
	case NETROOT_VIRTIOFS:
		return false;
	case NETROOT_9P:
		return strstr(spec->options, "trans=tcp") != NULL;
	case NETROOT_DHCP:
	case NETROOT_NFS:
	case NETROOT_NBD:
	case NETROOT_ISCSI:
	case NETROOT_NVME:
	case NETROOT_HTTP:
		break;
	}
	return true;
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
