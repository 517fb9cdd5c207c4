// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a module is so much larger than what it needs that it can be started beside it. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader.h"
#include "plan/signature.h"

/*
 * How many times as large a module must be as those it needs to be started beside them. The kernel checks the signature
 * of all of its bytes first, and waits for the others only if they are known by the time it links it.
 */
#define AHEAD_FACTOR 4
/* The same for one that is still to be started. */
#define BEHIND_FACTOR 64

/* Bytes of the plain file that ID is loaded from, 0 unknown or packed. */
static uint64_t plain_size(const struct boot *b, uint32_t id, const char **path)
{
	struct index_module m = {0};
	struct stat st;
	size_t len;

	if (index_module(&b->ix, id, &m) < 0 || !m.path || stat(m.path, &st) < 0)
		return 0;
	len = strlen(m.path);
	*path = m.path;
	return len > 3 && strcmp(m.path + len - 3, ".ko") == 0 ? (uint64_t)st.st_size : 0;
}

/* Whether the kernel checks signatures and this file has one: without, there is nothing to do before the symbols. */
static bool check_takes_time(const char *path)
{
	char end[SIGNATURE_MARK_LEN];
	bool found;
	int fd;

	if (access("/sys/module/module/parameters/sig_enforce", F_OK) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	found = lseek(fd, -(off_t)sizeof(end), SEEK_END) >= 0 && read(fd, end, sizeof(end)) == (ssize_t)sizeof(end) &&
		memcmp(end, SIGNATURE_MARK, sizeof(end)) == 0;
	close(fd);
	return found;
}

bool load_fits_ahead(const void *b, uint32_t id, uint32_t dep, bool loading)
{
	const char *path = NULL, *dep_path = NULL;
	uint64_t size = plain_size(b, id, &path), dep_size = plain_size(b, dep, &dep_path);

	return dep_size > 0 && size >= (loading ? AHEAD_FACTOR : BEHIND_FACTOR) * dep_size && check_takes_time(path);
}
