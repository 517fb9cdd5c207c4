/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handler.h"

#include <string.h>

static const struct handler luks = {"crypto_LUKS", NULL, HANDLER_NOT_HERE, "an encrypted volume (LUKS)", NULL};
static const struct handler lvm = {"LVM2_member", NULL, HANDLER_NOT_HERE, "a physical volume of LVM", NULL};
static const struct handler md = {"linux_raid_member", NULL, HANDLER_NOT_HERE, "a member of an md RAID", NULL};
static const struct handler bcache = {"bcache", NULL, HANDLER_NOT_HERE, "a bcache device", NULL};
static const struct handler zfs = {"zfs_member", NULL, HANDLER_NOT_HERE, "a member of a ZFS pool", NULL};
static const struct handler bitlocker = {"BitLocker", NULL, HANDLER_NOT_HERE, "an encrypted volume (BitLocker)", NULL};
static const struct handler any_raid = {NULL, "raid", HANDLER_NOT_HERE, "a member of a RAID or volume group", NULL};
static const struct handler any_crypto = {NULL, "crypto", HANDLER_NOT_HERE, "an encrypted volume", NULL};
static const struct handler anything = {NULL, NULL, HANDLER_NOT_HERE, "no file system", NULL};

/* The first row that fits decides: exact types stand before the usages that would swallow them. */
static const struct handler *const handlers[] = {
    &btrfs_handler, &swsuspend_handler, &swap_handler,	     &luks,	&lvm, &md, &bcache, &zfs, &bitlocker,
    &any_raid,	    &any_crypto,	&filesystem_handler, &anything, /* fits all */
};

const struct handler *handler_find(const char *type, const char *usage)
{
	const struct handler *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(handlers) && !found; i++) {
		const struct handler *h = handlers[i];
		if (h->type && strcmp(h->type, type) != 0)
			continue;
		if (h->usage && (!usage || strcmp(h->usage, usage) != 0))
			continue;
		found = h;
	}
	return found ? found : &anything;
}
