/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "harness.h"

#include <unistd.h>

#include "config.h"

struct err *harness_find(const char *name, char **out)
{
	AUTOFREE char *program = path_join("qemu", name);
	AUTOFREE char *path = path_join(config_datadir(), program);

	if (access(path, X_OK) < 0)
		return err_sys(errno, "%s: install rootward again", path);
	*out = STEAL_POINTER(path);
	return NULL;
}
