/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roots that no local disk holds: what root=, nfsroot=, nbdroot=, netroot= and
 * their relatives say. Pure. Forms: Documentation/admin-guide/nfs/nfsroot.rst,
 * dracut.cmdline(7) (nfs:, nbd:, iscsi:, virtiofs:), RFC 4173 (iscsi:),
 * Debian's nbd-client and open-iscsi.
 */
#ifndef ROOTWARD_PLAN_NETROOT_H
#define ROOTWARD_PLAN_NETROOT_H

#include "base.h"

enum netroot_kind {
	NETROOT_NONE, /* a local root */
	NETROOT_DHCP, /* whatever DHCP's root-path says: see netroot_from_root_path */
	NETROOT_NFS,
	NETROOT_9P,
	NETROOT_VIRTIOFS,
	NETROOT_NBD,
	NETROOT_ISCSI,
	NETROOT_NVME, /* over TCP */
	NETROOT_HTTP  /* an image of a file system, fetched into memory; https and ftp, too */
};

struct netroot_iscsi {
	char user[128], password[128], in_user[128], in_password[128]; /* CHAP; "": none */
	char initiator[224];
	char group[16]; /* target portal group */
	char lun[24];
	bool firmware; /* all of it is in the firmware's boot table (iBFT) */
};

struct netroot_spec {
	enum netroot_kind kind;
	/* The device holds a file system that root= names; else what is attached is the root. */
	bool device_only;
	char server[256]; /* name or address, without brackets; "": that of ip= or DHCP */
	unsigned port;	  /* 0: the protocol's own */
	/* NFS: path; 9p, virtiofs: tag; NBD: export; iSCSI: target; NVMe: NQN, "": what discovery finds; HTTP: URL */
	char path[512];
	char options[512];	     /* NFS: mount options; NBD: options of the client */
	char fstype[32], flags[256]; /* of what is on the device: NBD's fourth and fifth field */
	unsigned nfs_version;	     /* 4: nfs4: was said; 0 any */
	struct netroot_iscsi iscsi;
	char host_nqn[224], host_id[40]; /* rd.nvmf.hostnqn=, rd.nvmf.hostid= */
	char sha256[65];		 /* of the HTTP image; "": not said */
};

/*
 * Every word of LINE (split in place) into OUT. 0, or -EINVAL, -ENAMETOOLONG,
 * -EPROTONOSUPPORT with WHY (SIZE bytes) in words.
 */
errint netroot_parse(char *line, struct netroot_spec *out, char *why, size_t size) MUST_CHECK NONNULL(1, 2, 3);

/*
 * What DHCP's root-path (option 17) says into OUT, which netroot_parse() has
 * filled and which stays as it is where the path says nothing: any form of
 * root= above, "SERVER:/PATH[,OPTIONS]" or "/PATH". 0, -EINVAL, -ENAMETOOLONG.
 */
errint netroot_from_root_path(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);

/* Whether SPEC is reached over a network: not 9p over virtio, virtiofs, and no local root. */
bool netroot_needs_network(const struct netroot_spec *spec) MUST_CHECK NONNULL(1);

/* Modules and aliases that a root of KIND needs before it is tried, blanks between; "" none. */
const char *netroot_modules(enum netroot_kind kind) __attribute__((returns_nonnull));

/* Room for whatever netroot_masked() has to show. */
#define NETROOT_MASKED_MAX 600

/*
 * TEXT, a value of root=, netroot= or DHCP's root-path, for a message: "***"
 * in the place of passwords ("iscsi:USER:***@...", "https://USER:***@..."),
 * also where it is malformed. OUT; truncates.
 */
const char *netroot_masked(const char *text, char *out, size_t size) NONNULL(1, 2) __attribute__((returns_nonnull));

/* "NFS", "NBD", ... */
const char *netroot_kind_name(enum netroot_kind kind) __attribute__((returns_nonnull));

/* SPEC in words, without passwords: "NFS export /srv/root of 192.0.2.1". Truncates. */
void netroot_describe(const struct netroot_spec *spec, char *out, size_t size) NONNULL(1, 2);

#endif
