/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as /etc/ld.so.cache: every entry's strings are read to their end. */
#include <string.h>

#include "../../builder/ldcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t length;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ldcache cache;
	struct ldcache_entry entry;

	if (ldcache_open(&cache, data, size) < 0)
		return 0;
	for (uint32_t i = 0; i < cache.count; i++)
		if (ldcache_at(&cache, i, &entry) == 0)
			length = strlen(entry.soname) + strlen(entry.path);
	return 0;
}
