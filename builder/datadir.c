/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Rootward's own data is: installed, staged by make install DESTDIR=, or in the source tree. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

/* What every such directory has. */
#define MARK "conf.d/00-image.conf"

static bool has_data(const char *dir)
{
	AUTOFREE char *mark = path_join(dir, MARK);

	return access(mark, R_OK) == 0;
}

/* Beside the running program: that of another version under PREFIX may not fit it. OUT has PATH_MAX bytes. */
static bool find_beside(char *out)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	for (; n > 0; n--) {
		if (self[n - 1] != '/')
			continue;
		self[n - 1] = '\0';
		for (const char *const *below = (const char *const[]){"lib/rootward", "", NULL}; *below; below++) {
			AUTOFREE char *dir = path_join(self, *below);
			if (strlen(dir) >= PATH_MAX || !has_data(dir))
				continue;
			memcpy(out, dir, strlen(dir) + 1);
			return true;
		}
	}
	return false;
}

const char *config_datadir(void)
{
	static char found[PATH_MAX];
	const char *named = getenv("ROOTWARD_DATADIR");

	if (named && *named)
		return named;
	if (!found[0] && !find_beside(found))
		snprintf(found, sizeof(found), "%s", ROOTWARD_PREFIX "/lib/rootward");
	return found;
}
