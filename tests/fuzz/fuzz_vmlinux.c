/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a kernel image and as Module.symvers: no read outside them. */
#include <string.h>

#include "../../builder/vmlinux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct err *e, struct vmlinux *v)
{
	if (e) {
		err_free(e);
		return;
	}
	for (size_t i = 0; i < v->exports.count; i++)
		if (!strmap_get(&v->by_name, v->exports.items[i].name))
			abort();
	vmlinux_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vmlinux v;
	const void *bytes = size ? (const void *)data : "";
	use(vmlinux_parse(bytes, size, "6.1.0-test", &v), &v);
	use(symvers_parse(bytes, size, &v), &v);
	return 0;
}
