/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary sysfs and /dev of image files, made with the distribution's own mkfs and sfdisk. */
#ifndef ROOTWARD_TEST_FAKE_DISKS_H
#define ROOTWARD_TEST_FAKE_DISKS_H

#include "../../early-init/boot.h"

struct fake {
	char dir[64], sys[80], dev[80];
	struct boot b;
};

/* For cmocka_unit_test_setup_teardown: *STATE is a struct fake. */
int fake_setup(void **state);
/* The same for a search of the root, which has half a minute. */
int fake_setup_root(void **state);
int fake_teardown(void **state);

/* Whether `sh -c` of the command succeeded; "$1" is the /dev directory, "$2" the sysfs. */
bool fake_run(const struct fake *f, const char *script);
/* Skip the test when PROGRAM is not installed. */
void fake_needs(const char *program);
/* A sysfs directory with a size attribute of SECTORS (512 bytes) for DEVPATH. */
void fake_sysfs(const struct fake *f, const char *devpath, unsigned long sectors);
/* The uevent of device NAME (last part of DEVPATH); PARTN NULL for a whole disk. */
void fake_event(struct fake *f, enum uevent_action action, const char *devpath, const char *partn);
/* A disk of SIZE_MB with sfdisk's TABLE, and its partitions as nodes with events, "/devices/pci/block/NAME". */
void fake_disk(struct fake *f, const char *name, unsigned size_mb, const char *table, unsigned partitions);
/* Add /devices/pci/block/NAME, whose node is there. */
void fake_whole(struct fake *f, const char *name);
const struct block_facts *fake_facts(struct fake *f, const char *name);

#endif
