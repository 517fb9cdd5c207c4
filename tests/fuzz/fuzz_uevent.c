/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any netlink message, and the same bytes as a sysfs uevent file: every string that comes out ends inside. */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *s, const char *msg, size_t size)
{
	if (s && (s < msg || s >= msg + size || !memchr(s, '\0', (size_t)(msg + size - s))))
		abort();
}

static void check(const struct uevent *u, const char *msg, size_t size)
{
	const char *const texts[] = {u->devpath, u->subsystem, u->modalias, u->devname, u->devtype,
				     u->driver,	 u->diskseq,   u->partn,    u->partname};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		check_inside(texts[i], msg, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *msg = malloc(size ? size : 1);
	struct uevent u;

	if (!msg)
		abort();
	if (size)
		memcpy(msg, data, size);
	if (uevent_parse(msg, size, &u) == 0) {
		if (!u.devpath || u.devpath[0] != '/')
			abort();
		check(&u, msg, size);
	}
	if (uevent_parse_file(msg, size, &u) == 0)
		check(&u, msg, size);
	free(msg);
	return 0;
}
