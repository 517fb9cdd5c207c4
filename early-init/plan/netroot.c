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

/* ---- root= ---- */

static const struct scheme {
	const char *prefix;
	errint (*parse)(const char *rest, struct netroot_spec *out);
	bool whole; /* the parser wants the prefix, too */
} schemes[] = {
    {"nfs:", netroot_parse_nfs, false},		  {"nfs4:", netroot_parse_nfs4, false},
    {"nbd:", netroot_parse_nbd, false},		  {"iscsi:", netroot_parse_iscsi, false},
    {"nvme-tcp:", netroot_parse_nvme, false},	  {"nvme+tcp:", netroot_parse_nvme, false},
    {"nvmf:", netroot_parse_nvme, false},	  {"9p:", netroot_parse_9p, false},
    {"virtiofs:", netroot_parse_virtiofs, false}, {"http://", netroot_parse_url, true},
    {"https://", netroot_parse_url, true},	  {"ftp://", netroot_parse_url, true},
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
	struct netroot_spec told = *out;
	errint r;

	told.options[0] = '\0';
	r = parse_scheme(text, &told);
	if (r == 0)
		r = strchr(text, '/') ? netroot_parse_nfs(text, &told) : -EINVAL;
	if (r < 0)
		return r;
	/* Those of rootflags=, unless the server says others. */
	if (!told.options[0])
		memcpy(told.options, out->options, sizeof(told.options));
	*out = told;
	return 0;
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
		return value ? netroot_set_sha256(value, out) : -EINVAL;
	return netroot_block_word(out, key, value);
}

static bool has_type(const char *list, const char *type)
{
	return list && strcmp(list, type) == 0;
}

/* Whether ROOT says what netroot= or nbdroot= says, once more: "root=iscsi:...", "root=nbd". */
static bool says_the_same(const char *root)
{
	struct netroot_spec other = {0};

	return strcmp(root, "nbd") == 0 || strcmp(root, "iscsi") == 0 || strcmp(root, "/dev/nfs") == 0 ||
	       is_dhcp_word(root) || parse_scheme(root, &other) != 0;
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
	out->device_only = w->root && !says_the_same(w->root);
	return 0;
}

static errint parse_root(const struct words *w, struct netroot_spec *out)
{
	errint r;

	if (has_type(w->fstype, "9p") && w->root && !netroot_after(w->root, "9p:"))
		return netroot_parse_9p(w->root, out);
	if (has_type(w->fstype, "virtiofs") && w->root && !netroot_after(w->root, "virtiofs:"))
		return netroot_parse_virtiofs(w->root, out);
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
		return netroot_parse_nfs(w->nfsroot ? w->nfsroot : "", out);
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
	    (out->kind == NETROOT_NFS || out->kind == NETROOT_9P || out->kind == NETROOT_VIRTIOFS ||
	     out->kind == NETROOT_DHCP) &&
	    !out->options[0])
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

const char *netroot_modules(enum netroot_kind kind)
{
	static const char *const modules[] = {
	    [NETROOT_NONE] = "",
	    [NETROOT_DHCP] = "",
	    [NETROOT_NFS] = "fs-nfs nfsv4 nfsv3",
	    [NETROOT_9P] = "fs-9p 9pnet_virtio",
	    [NETROOT_VIRTIOFS] = "fs-virtiofs",
	    [NETROOT_NBD] = "nbd",
	    [NETROOT_ISCSI] = "iscsi_tcp sd_mod",
	    [NETROOT_NVME] = "nvme_tcp",
	    [NETROOT_HTTP] = "loop fs-squashfs",
	};

	return modules[kind];
}
