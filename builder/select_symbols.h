/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules chosen by the symbols that they import, so that a driver in an odd
 * directory is found. A symbol that a module exports is looked for only in
 * modules that depend on that module: modules.dep says so without reading
 * them. One that the kernel itself exports is looked for only where the group
 * has scan= paths; scan= limits both.
 */
#ifndef ROOTWARD_SELECT_SYMBOLS_H
#define ROOTWARD_SELECT_SYMBOLS_H

#include "select.h"

typedef void select_symbol_fn(void *arg, struct choice *c, const struct module_group *g,
			      const struct config_word *word);
/* FOUND for each module that imports a symbol of a group and is in no group yet; in modules.dep order. */
struct err *select_by_symbols(struct selection *s, unsigned threads, select_symbol_fn *found, void *arg)
    MUST_CHECK NONNULL(1, 3);

#endif
