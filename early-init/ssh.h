/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remote help: while the emergency shell waits, who has a key may log in as
 * well (feature ssh: dropbear). /etc/rootward/ssh of the image holds
 * authorized_keys and, as dropbear-initramfs has them,
 * dropbear_{ed25519,ecdsa,rsa}_host_key; without one a key is made at each boot.
 */
#ifndef ROOTWARD_SSH_H
#define ROOTWARD_SSH_H

#include "boot.h"

/* Bring the network up and listen, when the image has what it takes; else nothing. SHELL: ended by who wants to go on.
 */
void ssh_start(struct boot *b, pid_t shell) NONNULL(1);
/* The shell was left: nobody is logged in any more. */
void ssh_stop(struct boot *b) NONNULL(1);

#endif
