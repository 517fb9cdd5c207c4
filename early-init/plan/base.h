/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contracts the compiler checks, shared by every part of Rootward. */
#ifndef ROOTWARD_PLAN_BASE_H
#define ROOTWARD_PLAN_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function of this type returns 0 (or a documented count >= 0) or -errno. */
typedef int errint;

#define MUST_CHECK __attribute__((warn_unused_result))
#define NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Take the value of a CLEANUP variable away from its cleanup. */
#define STEAL_POINTER(p) \
	({ \
		__typeof__(p) stolen_ = (p); \
		(p) = NULL; \
		stolen_; \
	})

/* Numbers in network byte order, wherever they stand. */
static inline unsigned get_be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t get_be32(const unsigned char *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

/* No module: what index lookups return where an id is not there. */
#define MODULE_NONE UINT32_MAX

#endif
