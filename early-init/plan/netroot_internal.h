/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parsers of netroot= share. */
#ifndef ROOTWARD_PLAN_NETROOT_INTERNAL_H
#define ROOTWARD_PLAN_NETROOT_INTERNAL_H

#include "netroot.h"

/* TEXT behind PREFIX, or NULL. */
const char *netroot_after(const char *text, const char *prefix) NONNULL(1, 2);
/* LEN bytes of TEXT as a string. 0 or -ENAMETOOLONG. */
errint netroot_copy(char *out, size_t size, const char *text, size_t len) MUST_CHECK NONNULL(1, 3);
/* A server at *AT, "[v6]" too, up to ':', ',' or '/'; *AT is moved past it. 0, -EINVAL, -ENAMETOOLONG. */
errint netroot_server(const char **at, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);

/* ---- netroot_file.c: roots without a block device; TEXT is behind "nfs:" and so on ---- */
errint netroot_parse_nfs(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_nfs4(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_9p(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_virtiofs(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
/* TEXT is the whole URL; "#sha256=..." at its end belongs to us. */
errint netroot_parse_url(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
/* The image's checksum, in lower case. 0 or -EINVAL. */
errint netroot_set_sha256(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);

/* ---- netroot_block.c: roots on a block device; TEXT is behind "nbd:" and so on ---- */
errint netroot_parse_nbd(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_nbdroot(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_iscsi(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
errint netroot_parse_nvme(const char *text, struct netroot_spec *out) MUST_CHECK NONNULL(1, 2);
/* rd.iscsi.*, rd.nvmf.*: 0 (also any other word), -EINVAL, -ENAMETOOLONG. VALUE may be NULL. */
errint netroot_block_word(struct netroot_spec *out, const char *key, const char *value) MUST_CHECK NONNULL(1, 2);

#endif
