/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question and its answer of the domain name system (RFC 1035, 4.1). Pure. */
#ifndef ROOTWARD_PLAN_DNS_H
#define ROOTWARD_PLAN_DNS_H

#include "netaddr.h"

/* Longest message by UDP without extensions. */
#define DNS_MESSAGE_MAX 512
#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28

/* The question for NAME's addresses of TYPE. Its length, or -EINVAL: no name (an empty part, one over 63 bytes). */
errint dns_question(const char *name, unsigned type, uint16_t id, uint8_t out[DNS_MESSAGE_MAX])
    MUST_CHECK NONNULL(1, 4);

/*
 * Addresses of TYPE in the answer LEN bytes at MESSAGE, at most MAX. Their
 * number; 0 the name has none; -ENOENT there is no such name; -EAGAIN not the
 * answer to question ID; -EBADMSG damaged; -EREMOTEIO the server cannot say.
 */
errint dns_answer(const uint8_t *message, size_t len, unsigned type, uint16_t id, struct net_addr *out, unsigned max)
    MUST_CHECK NONNULL(1, 5);

#endif
