/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NFS without mount.nfs: the kernel takes the options as text, and asks rpcbind
 * and the MOUNT protocol of version 3 itself (nfs(5), fs/nfs/fs_context.c). What
 * mount.nfs does beside that is here: the server's address, and finding out
 * which version it speaks. Locks need rpc.statd, which early boot has not: nolock.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "netroot.h"

#define TRY_S 15

/* Options of mount.nfs alone. */
static bool for_mount_nfs(const char *word)
{
	static const char *const words[] = {"bg", "fg", "retry="};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(word, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* "vers=4.1", "nfsvers=3", "v4": what is said, else NULL. */
static bool names_version(const char *word)
{
	return strncmp(word, "vers=", 5) == 0 || strncmp(word, "nfsvers=", 8) == 0 ||
	       (word[0] == 'v' && word[1] >= '2' && word[1] <= '4');
}

struct nfs_options {
	struct mount_options mount;
	bool version_said;
	bool lock_said;
};

/* What the command line says, without what is not for the kernel. */
static errint collect(const struct netroot *n, struct nfs_options *out)
{
	struct mount_options all;
	char *rest = NULL;
	errint r = mount_options_parse(n->spec.options, n->read_write ? 0 : MS_RDONLY, &all);

	*out = (struct nfs_options){.mount.flags = all.flags};
	for (char *word = strtok_r(all.data, ",", &rest); word && r == 0; word = strtok_r(NULL, ",", &rest)) {
		if (for_mount_nfs(word))
			continue;
		out->version_said |= names_version(word);
		out->lock_said |= strcmp(word, "lock") == 0 || strcmp(word, "nolock") == 0;
		r = mount_options_add(&out->mount, word);
	}
	return r;
}

static errint add_pair(struct mount_options *o, const char *key, const char *value)
{
	char word[80];

	snprintf(word, sizeof(word), "%s=%s", key, value);
	return mount_options_add(o, word);
}

/* VERSION NULL: as the options say. */
static errint options_for(struct boot *b, const struct nfs_options *said, const struct net_addr *server,
			  const char *version, struct mount_options *out)
{
	const struct net_learned *l = net_learned_at(b, 0);
	const struct net_addr *own = l ? (server->family == 6 ? &l->address6 : &l->address) : NULL;
	char text[NET_ADDR_TEXT];
	errint r;

	*out = said->mount;
	r = add_pair(out, "addr", net_addr_text(server, false, text));
	if (r == 0 && own && own->family)
		r = add_pair(out, "clientaddr", net_addr_text(own, false, text));
	if (r == 0 && server->family == 6 && !strstr(out->data, "proto="))
		r = mount_options_add(out, "proto=tcp6");
	if (r == 0 && !said->lock_said)
		r = mount_options_add(out, "nolock");
	if (r == 0 && version)
		r = add_pair(out, "vers", version);
	return r;
}

/* Documentation/admin-guide/nfs/nfsroot.rst: without a path "/tftpboot/%s"; %s is the client's name or address. */
static void export_path(struct boot *b, const struct netroot *n, char *out, size_t size)
{
	const char *path = n->spec.path[0] ? n->spec.path : "/tftpboot/%s", *at = strstr(path, "%s");
	const struct net_learned *l = net_learned_at(b, 0);
	char own[NET_ADDR_TEXT] = "";

	if (l)
		net_addr_text(&l->address, false, own);
	if (at)
		snprintf(out, size, "%.*s%s%s", (int)(at - path), path, l && l->hostname[0] ? l->hostname : own,
			 at + 2);
	else
		snprintf(out, size, "%s", path);
}

static void explain(const struct netroot *n, const char *path, errint error, char *why, size_t size)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		snprintf(why, size,
			 "the server %s refuses the export %s to this machine: see its exports (the address, and "
			 "\"insecure\" when requests come from ports above 1023)",
			 n->address, path);
		break;
	case -ENOENT:
	case -ENOTDIR:
		snprintf(why, size, "the server %s has no directory %s, or does not export it", n->address, path);
		break;
	case -EPROTONOSUPPORT:
	case -EPROTO:
	case -EOPNOTSUPP:
		snprintf(why, size, "the server %s does not speak the NFS version or transport that is asked for (%s)",
			 n->address, n->spec.options[0] ? n->spec.options : "4.2 to 3, TCP");
		break;
	case -EINVAL:
		snprintf(why, size, "the kernel takes not all of the options \"%s\" for NFS; the kernel log says more",
			 n->spec.options);
		break;
	case -ENODEV:
		snprintf(why, size,
			 "the kernel has no driver for NFS, and this image no module nfs: build it with "
			 "--feature network");
		break;
	case -ECONNREFUSED:
		snprintf(why, size, "the server %s is there, but no NFS service listens on it", n->address);
		break;
	case -ETIMEDOUT:
	case -EIO:
		snprintf(why, size, "no answer from the NFS server %s", n->address);
		break;
	default:
		snprintf(why, size, "the NFS server %s: %s", n->address, strerror(-error));
	}
}

/* Errors that say no more than "not this version". */
static bool other_version(errint error)
{
	return error == -EPROTONOSUPPORT || error == -EPROTO || error == -EOPNOTSUPP;
}

/* As mount.nfs: from the newest version down to what the server speaks. What was said is the only one. */
static errint mount_versions(struct boot *b, const struct netroot *n, const struct nfs_options *said,
			     const struct net_addr *server, const char *source)
{
	static const char *const versions[] = {"4.2", "4.1", "4.0", "3"};
	struct mount_options o;
	errint r = -EPROTONOSUPPORT, of_v4 = 0;

	for (size_t i = 0; i < ARRAY_SIZE(versions) && other_version(r); i++) {
		bool v4 = versions[i][0] == '4';
		if (n->spec.nfs_version == 4 && !v4)
			break;
		r = options_for(b, said, server, said->version_said ? NULL : versions[i], &o);
		if (r == 0 && mount(source, NEWROOT, "nfs", o.flags, o.data) < 0)
			r = -errno;
		if (said->version_said)
			break;
		/* Version 4 names exports below a root of its own, where this path may not be: 3 has it as it is. */
		if (v4 && r == -ENOENT) {
			of_v4 = r;
			r = -EPROTONOSUPPORT;
			i = ARRAY_SIZE(versions) - 2;
		}
	}
	return r < 0 && of_v4 < 0 ? of_v4 : r;
}

static errint attach(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	struct net_addr servers[4];
	struct nfs_options said;
	char path[640], source[960], text[NET_ADDR_TEXT];
	errint count = netroot_resolve(b, n, servers, ARRAY_SIZE(servers), why, size), r;

	if (count < 0)
		return count;
	r = collect(n, &said);
	export_path(b, n, path, sizeof(path));
	for (errint i = 0; r == 0 && i < count; i++) {
		net_addr_text(&servers[i], false, text);
		snprintf(source, sizeof(source), servers[i].family == 6 ? "[%s]:%s" : "%s:%s", text, path);
		r = mount_versions(b, n, &said, &servers[i], source);
		if (r == 0)
			return 0;
		if (netroot_error_passes(r) && i + 1 < count)
			r = 0;
	}
	explain(n, path, r, why, size);
	return r;
}

const struct netroot_type netroot_nfs = {
    .kind = NETROOT_NFS,
    .try_s = TRY_S,
    .attach = attach,
    .passes = netroot_error_passes,
};
