/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hardware profile: a text file, one fact a line, made by `rootward capture`
 * and by early-init at every boot (/run/rootward/hardware), read by
 * `build --hardware` and `simulate`. Format: docs/hardware-profile.md.
 *
 *   rootward-hardware 1
 *   kernel RELEASE
 *   device SYSFS-PATH MODALIAS [DRIVER]     path below /sys; '-' where there is none
 *   stack / SOURCE FSTYPE                   what is mounted on /, /usr; the resume device: "stack resume ..."
 *   layer / KIND NAME SYSFS-PATH            KIND: partition disk dm-crypt lvm md multipath loop ... top down
 *
 * Blanks inside a word are written \x20, a backslash \x5c. Unknown first words
 * (so '#' too) and words past the known ones are skipped, so that later
 * versions may add facts.
 */
#ifndef ROOTWARD_PLAN_HARDWARE_H
#define ROOTWARD_PLAN_HARDWARE_H

#include "base.h"

enum hw_fact { HW_KERNEL, HW_DEVICE, HW_STACK, HW_LAYER, HW_UNKNOWN };

/* One line, decoded in place. WORD[0] follows the keyword; missing ones and "-" are NULL, WORD[0] never is. */
#define HW_WORDS 4
struct hw_line {
	enum hw_fact fact;
	char *word[HW_WORDS];
};

#define HW_HEADER "rootward-hardware 1"

/*
 * Next fact of *CURSOR (NUL-terminated text, modified in place). 1 a line, 0
 * the end, -EBADMSG a line too short for its keyword (LINE_NO says which),
 * -EPROTONOSUPPORT when the first line is not HW_HEADER. *LINE_NO starts at 0.
 */
errint hardware_next(char **cursor, unsigned *line_no, struct hw_line *out) MUST_CHECK NONNULL(1, 2, 3);

/* WORD escaped into OUT; length or -ENAMETOOLONG. NULL or "" is written "-", the word "-" itself "\x2d". */
errint hardware_escape(const char *word, char *out, size_t size) MUST_CHECK NONNULL(2);

#endif
