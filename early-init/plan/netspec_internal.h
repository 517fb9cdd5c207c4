/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between netspec.c (the words), netspec_ip.c (ip=) and netspec_links.c (interfaces made of others). */
#ifndef ROOTWARD_PLAN_NETSPEC_INTERNAL_H
#define ROOTWARD_PLAN_NETSPEC_INTERNAL_H

#include "netspec.h"

/* Longest value of a word that is looked at. */
#define NET_VALUE_SIZE 512
#define NET_FIELDS_MAX 20

/* VALUE cut at ':' outside of brackets. Fields point into TEXT. */
struct net_fields {
	char text[NET_VALUE_SIZE];
	char *at[NET_FIELDS_MAX];
	unsigned count;
};

/* 0, or -EINVAL: too long, too many. */
errint net_fields_split(const char *value, struct net_fields *out) MUST_CHECK NONNULL(1, 2);
/* Field I, "" past the last. */
const char *net_field(const struct net_fields *f, unsigned i) __attribute__((returns_nonnull)) NONNULL(1);
/* TEXT into OUT: -EINVAL when it is not an interface name (empty, too long, '/' or a blank in it). */
errint net_name_copy(const char *text, char out[NET_NAME_SIZE]) MUST_CHECK NONNULL(1);

/* What takes one word's VALUE; NULL, or the form that it should have had. */
const char *net_take_vlan(struct netspec *spec, const char *value) NONNULL(1);
const char *net_take_bond(struct netspec *spec, const char *value) NONNULL(1);
const char *net_take_bridge(struct netspec *spec, const char *value) NONNULL(1);

#endif
