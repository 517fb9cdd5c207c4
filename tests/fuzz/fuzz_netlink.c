/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any datagram of rtnetlink: no read outside it, and names that end. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *arg, const struct nl_event *e)
{
	(void)arg;
	if (memchr(e->ifname, '\0', sizeof(e->ifname)) == NULL || memchr(e->kind, '\0', sizeof(e->kind)) == NULL)
		abort();
	if (e->what == NL_LINK && !e->ifname[0])
		abort();
	if (e->address.family != 0 && e->address.family != 4 && e->address.family != 6)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy = malloc(size ? size : 1); /* aligned as the kernel's buffer is */

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	nl_parse_all(copy, size, check, NULL);
	free(copy);
	return 0;
}
