/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of roots over the network, DHCP's root-path, and answers of name servers. */
#include <stdint.h>
#include <string.h>

#include "../../early-init/plan/dns.h"
#include "../../early-init/plan/netroot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[2048], text[256];
	struct netroot_spec spec;
	struct net_addr found[4];
	size_t len = size < sizeof(line) - 1 ? size : sizeof(line) - 1;

	memcpy(line, data, len);
	line[len] = '\0';
	if (netroot_parse(line, &spec, text, sizeof(text)) == 0)
		netroot_describe(&spec, text, sizeof(text));
	memcpy(line, data, len);
	line[len] = '\0';
	if (netroot_from_root_path(line, &spec) == 0)
		netroot_describe(&spec, text, sizeof(text));
	netroot_masked(line, text, sizeof(text));
	if (size >= 2)
		(void)!dns_answer(data, size, DNS_TYPE_A, (uint16_t)(data[0] << 8 | data[1]), found, 4);
	return 0;
}
