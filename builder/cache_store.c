// SPDX-License-Identifier: GPL-2.0-or-later
#include "cache_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT_SUFFIX ".segment"
#define TEMP_PREFIX "tmp-"
/* More files than this are not looked at: no run of ours makes so many before it trims. */
#define SEGMENTS_MAX 4096
/* A temporary file older than this belongs to nobody: no build takes so long. */
#define TEMP_AGE_S 3600

struct found {
	char name[40];
	uint64_t size;
	struct timespec used;
};

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

static int older_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The segments in DIRFD, oldest use first (malloc); forgotten temporary files go. */
static size_t list_segments(int dirfd, struct found **out)
{
	struct found *list = xcalloc(SEGMENTS_MAX, sizeof(*list));
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;
	struct stat st;
	size_t n = 0;

	while (d && n < SEGMENTS_MAX && (de = readdir(d))) {
		size_t len = strlen(de->d_name);

		if (len >= sizeof(list->name) || fstatat(dirfd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (strncmp(de->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0 &&
		    st.st_mtim.tv_sec < time(NULL) - TEMP_AGE_S) {
			unlinkat(dirfd, de->d_name, 0);
			continue;
		}
		if (!S_ISREG(st.st_mode) || !has_suffix(de->d_name, SEGMENT_SUFFIX))
			continue;
		memcpy(list[n].name, de->d_name, len + 1);
		list[n].size = (uint64_t)st.st_size;
		list[n++].used = st.st_mtim;
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	qsort(list, n, sizeof(*list), older_first);
	*out = list;
	return n;
}

/* Entry at OFFSET; 0 when it does not fit, else the offset after it. */
static size_t entry_at(const struct cache_segment *s, size_t offset, struct cache_entry *out)
{
	struct cache_header h;
	size_t at = offset + sizeof(h);

	if (at > s->size)
		return 0;
	memcpy(&h, s->map + offset, sizeof(h));
	if (h.size > s->size - at)
		return 0;
	*out = (struct cache_entry){.key = h.key, .data = s->map + at, .size = (size_t)h.size};
	memcpy(out->check, h.check, sizeof(h.check));
	at += (size_t)h.size;
	at += -at & 7;
	return at <= s->size ? at : 0;
}

/* Number of entries, or -1 when the file is not whole. */
static ssize_t count_entries(const struct cache_segment *s)
{
	struct cache_entry e;
	size_t at = 8;
	ssize_t n = 0;

	if (s->size < 8 || memcmp(s->map, CACHE_MAGIC, 8) != 0)
		return -1;
	for (; at < s->size; n++) {
		at = entry_at(s, at, &e);
		if (!at)
			return -1;
	}
	return n;
}

static bool segment_map(int dirfd, const struct found *f, struct cache_segment *s)
{
	AUTOCLOSE int fd = openat(dirfd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	*s = (struct cache_segment){.map = map, .size = (size_t)st.st_size};
	memcpy(s->name, f->name, sizeof(s->name));
	return true;
}

static void segment_enter(struct cache_segment *s, size_t n, struct cache_table *table)
{
	size_t at = 8;

	s->entries = xcalloc(n ? n : 1, sizeof(*s->entries));
	for (size_t i = 0; i < n; i++) {
		at = entry_at(s, at, &s->entries[i]);
		s->entries[i].segment = s;
		cache_table_add(table, &s->entries[i]);
	}
}

void cache_store_load(int dirfd, struct cache_segment **segments, size_t *count, struct cache_table *table)
{
	AUTOFREE struct found *list = NULL;
	size_t n = list_segments(dirfd, &list);

	*segments = xcalloc(n ? n : 1, sizeof(**segments));
	*count = 0;
	for (size_t i = 0; i < n; i++) {
		struct cache_segment *s = &(*segments)[*count];
		ssize_t entries;

		if (!segment_map(dirfd, &list[i], s))
			continue;
		entries = count_entries(s);
		if (entries < 0) {
			cache_segment_unmap(s);
			unlinkat(dirfd, list[i].name, 0);
			continue;
		}
		segment_enter(s, (size_t)entries, table);
		++*count;
	}
}

void cache_segment_unmap(struct cache_segment *s)
{
	munmap((void *)(uintptr_t)s->map, s->size);
	free(s->entries);
}

void cache_segment_touch(int dirfd, const struct cache_segment *s)
{
	/* Another build may have trimmed it away meanwhile; that is no fault. */
	(void)utimensat(dirfd, s->name, NULL, AT_SYMLINK_NOFOLLOW);
}

/* Buffered by stdio: entries are small and many. 0 or an errno. */
static int write_segment(int fd, const struct cache_fresh *entries, size_t n)
{
	static const char zero[8];
	CLEANUP(close_file) FILE *f = fdopen(fd, "w");

	if (!f) {
		close(fd);
		return errno;
	}
	fwrite(CACHE_MAGIC, 8, 1, f);
	for (size_t i = 0; i < n; i++) {
		fwrite(&entries[i].head, sizeof(entries[i].head), 1, f);
		fwrite(entries[i].data, 1, (size_t)entries[i].head.size, f);
		fwrite(zero, 1, -entries[i].head.size & 7, f);
	}
	return fflush(f) || ferror(f) ? EIO : 0;
}

void cache_store_publish(int dirfd, const char *dir, const struct cache_fresh *entries, size_t n)
{
	struct cache_key id = cache_key("segment", &entries[0].head, sizeof(entries[0].head));
	char temp[40], name[40];
	int fd, fault;

	/* The first key, the number and the process: two builds at once must not share a name. */
	snprintf(temp, sizeof(temp), TEMP_PREFIX "%ld", (long)getpid());
	snprintf(name, sizeof(name), "%08x-%zu-%ld" SEGMENT_SUFFIX, (unsigned)id.part[0], n, (long)getpid());
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		warn("cache %s: cannot write: %s; the next build will be a cold one", dir, strerror(errno));
		return;
	}
	/* No fsync: after a crash the hashes tell what arrived, and the rest is built again. */
	fault = write_segment(fd, entries, n);
	if (!fault && renameat(dirfd, temp, dirfd, name) < 0)
		fault = errno;
	if (fault) {
		warn("cache %s: cannot write: %s; the next build will be a cold one", dir, strerror(fault));
		unlinkat(dirfd, temp, 0);
	}
}

void cache_store_trim(int dirfd, uint64_t max_bytes)
{
	AUTOFREE struct found *list = NULL;
	size_t n = list_segments(dirfd, &list);
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += list[i].size;
	for (size_t i = 0; i < n && total > max_bytes; i++) {
		unlinkat(dirfd, list[i].name, 0);
		total -= list[i].size;
	}
}
