/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any answer of a DHCPv6 server: no read outside it, and what comes of it fits a request. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/dhcp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp6_exchange x = {.mac = {true, {0x52, 0x54, 0, 1, 2, 3}}, .xid = {7, 8, 9}};
	uint8_t out[DHCP6_MESSAGE_MAX], *copy = malloc(size ? size : 1);
	struct net_lease lease;
	char why[100] = "";
	errint r;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	r = dhcp6_read(&x, copy, size, &lease, why, sizeof(why));
	if (r > 0 && (lease.address.family != 6 || lease.address.prefix != 128 || lease.dns_count > NET_DNS_MAX))
		abort();
	if ((r == DHCP6_ADVERTISE) != (x.server_len != 0) || x.server_len > DHCP6_DUID_MAX)
		abort();
	if (dhcp6_build(&x, out) > sizeof(out) || strlen(why) >= sizeof(why))
		abort();
	free(copy);
	return 0;
}
