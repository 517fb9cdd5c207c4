/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The script that udhcpc runs at each event, and that is early-init by this name. */
#ifndef ROOTWARD_UDHCPC_SCRIPT_H
#define ROOTWARD_UDHCPC_SCRIPT_H

#include "plan/base.h"

#define UDHCPC_SCRIPT "/usr/lib/rootward/udhcpc-script"
/* How the child says that there is no client. */
#define EXIT_NOT_STARTED 127

/* EVENT of the client with its environment, into DIR/dhcp.INTERFACE or DIR/dhcp.INTERFACE.message. */
errint udhcpc_event(const char *dir, const char *event, char **env) MUST_CHECK NONNULL(1, 2, 3);

#endif
