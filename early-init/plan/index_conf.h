/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration put into a boot index: by the builder into the one that it
 * makes, by modprobe -C into a copy of the image's. Pure; what is allocated is
 * bounded by what is given.
 */
#ifndef ROOTWARD_PLAN_INDEX_CONF_H
#define ROOTWARD_PLAN_INDEX_CONF_H

#include "index_format.h"

/* One line of modprobe.d or modules-load.d, as modconf_parse gives it. Borrowed. */
struct conf_line {
	enum index_conf_kind kind;
	struct index_conf text;
};

/*
 * BASE with the COUNT LINES, in kmod's order of precedence, as its whole
 * configuration: with what they blacklist, with the modules that only they
 * name, and with soft and weak dependencies, whose names are looked up here
 * once as kmod does at every load. Into *OUT (malloc'ed). -ENOMEM, -EBADMSG
 * BASE is damaged, -E2BIG larger than the format allows.
 */
errint index_with_conf(const struct boot_index *base, const struct conf_line *lines, size_t count, unsigned char **out,
		       size_t *size) MUST_CHECK NONNULL(1, 4, 5);

#endif
