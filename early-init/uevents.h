/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between uevents.c (hotplug), coldplug.c (what is there already) and devices.c (names, unmatched devices). */
#ifndef ROOTWARD_UEVENTS_H
#define ROOTWARD_UEVENTS_H

#include "boot.h"

/*
 * A device at SYSPATH ("/devices/...") shows MODALIAS: plan its modules, remember it when there are none. In a shell
 * before coldplug_begin() only what leads to a keyboard or a network card; coldplug sees the rest.
 */
void device_seen(struct boot *b, const char *syspath, const char *modalias) NONNULL(1, 2, 3);

/* The walk of coldplug_finish() below SYS_DIR, "/sys" but in tests; NO_PCI: without modaliases of PCI devices. */
typedef void coldplug_alias_fn(void *arg, const char *syspath, const char *modalias);
errint coldplug_walk(const char *sys_dir, bool no_pci, coldplug_alias_fn *fn, void *arg) MUST_CHECK NONNULL(1, 3);

/* ---- keyboards.c ---- */

/* Whether M drives a keyboard or a network card, or a bus that may have one. */
bool module_leads_to_keyboard(const struct index_module *m) NONNULL(1);
/* Whether a module of the image that matches MODALIAS does. */
bool alias_leads_to_keyboard(const struct boot *b, const char *modalias) NONNULL(1, 2);

/* Forget and free all cookies and unmatched devices: for tests. */
void devices_clear(void);

#endif
