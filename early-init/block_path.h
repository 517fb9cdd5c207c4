/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a disk is plugged in, as the names below /dev/disk/by-path tell it. */
#ifndef ROOTWARD_BLOCK_PATH_H
#define ROOTWARD_BLOCK_PATH_H

#include "plan/base.h"

/*
 * udev's ID_PATH ("pci-0000:00:1f.2-ata-1.0") of the whole disk at DIR, its
 * directory below SYS_DIR, into OUT. "" where udev has none, and for disks
 * behind Fibre Channel, iSCSI and FireWire, whose names are of another make.
 */
void block_path(const char *sys_dir, const char *dir, char *out, size_t size) NONNULL(1, 2, 3);

#endif
