/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names below /dev/disk/by-id and by-path that udev would give a block device
 * (60-persistent-storage.rules, and ata_id, scsi_id and usb_id, which it
 * calls). No link is made: a name asked for is compared with what udev would
 * have written for the facts at hand.
 */
#ifndef ROOTWARD_PLAN_BYID_H
#define ROOTWARD_PLAN_BYID_H

#include "rootspec.h"

/* Whether NAME ("nvme-MODEL_SERIAL-part2", "wwn-0x5000...", "by-diskseq/3", "by-path/pci-...") is DEV. */
bool byid_matches(const char *name, const struct block_facts *dev) MUST_CHECK NONNULL(1, 2);

/* The same with "-partN" left out of the comparison: whether NAME is on DEV's disk. */
bool byid_same_disk(const char *name, const struct block_facts *dev) MUST_CHECK NONNULL(1, 2);

#endif
