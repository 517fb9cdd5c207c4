/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "harness.h"

#include <limits.h>
#include <unistd.h>

#include "config.h"

struct err *harness_find(const char *name, char **out)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	AUTOFREE char *program = path_join("qemu", name);
	AUTOFREE char *installed = path_join(config_datadir(), program);

	if (access(installed, X_OK) == 0) {
		*out = STEAL_POINTER(installed);
		return NULL;
	}
	for (; n > 0; n--) {
		if (self[n - 1] != '/')
			continue;
		self[n - 1] = '\0';
		AUTOFREE char *beside = path_join(self, program);
		if (access(beside, X_OK) == 0) {
			*out = STEAL_POINTER(beside);
			return NULL;
		}
	}
	return err_new(EXIT_FAILED, "%s is missing, and there is no %s above this program: install rootward again",
		       installed, program);
}
