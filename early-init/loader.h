/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of loader.c, beside what boot.h says. */
#ifndef ROOTWARD_LOADER_H
#define ROOTWARD_LOADER_H

#include "boot.h"

void loader_free(struct boot *b);
/* Start what is urgent and ready: while coldplug still looks around. */
void loader_kick_urgent(struct boot *b);
/* Want what modules-load.d and the command line name; POST: what rd.driver.post names. */
void loader_want_configured(struct boot *b, bool post);

#endif
