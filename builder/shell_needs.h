/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a shell command needs to run, as far as its text tells: the install
 * and remove lines of modprobe.d. The grammar is sh(1)'s (POSIX.1-2017 XCU
 * 2.10) with lists, pipes, groups, if/while/for/case, quotes, redirections,
 * substitutions, "sh -c TEXT" and prefixes such as exec. What only a run can
 * tell (a program named by a variable) is said to be unknown, never guessed.
 */
#ifndef ROOTWARD_SHELL_NEEDS_H
#define ROOTWARD_SHELL_NEEDS_H

#include "util.h"

/* Zero it. Strings live in the arena; each only once. */
struct shell_needs {
	struct arena arena;
	VEC(const char *) programs; /* as written, without what the shell itself is: "/sbin/modprobe", "logger" */
	VEC(const char *) modules;  /* what it gives to modprobe or insmod for loading */
	bool unknown;		    /* some program cannot be told from the text */
};

void shell_needs_read(const char *command, struct shell_needs *out) NONNULL(1, 2);
void shell_needs_free(struct shell_needs *n);

#endif
