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

/* 0, EBADMSG where the file ends before, or what the disk says. */
static int read_at(int fd, size_t offset, void *out, size_t n)
{
	ssize_t got = pread(fd, out, n, (off_t)offset);

	if (got < 0)
		return errno;
	return (size_t)got == n ? 0 : EBADMSG;
}

/* The entry at *OFFSET, which becomes the one after it. As read_at(); EBADMSG also for one that does not fit. */
static int entry_at(int fd, const struct cache_segment *s, size_t *offset, struct cache_entry *out)
{
	struct cache_header h;
	size_t at = *offset + sizeof(h);
	int fault = at > s->size ? EBADMSG : read_at(fd, *offset, &h, sizeof(h));

	if (fault)
		return fault;
	if (h.size > s->size - at)
		return EBADMSG;
	*out = (struct cache_entry){.key = h.key, .data = s->map + at, .size = (size_t)h.size};
	memcpy(out->check, h.check, sizeof(h.check));
	at += (size_t)h.size;
	at += -at & 7;
	*offset = at;
	return at <= s->size ? 0 : EBADMSG;
}

/* Its entries, as entry_at(). Headers are read, not mapped: a page that the disk does not give would end in SIGBUS. */
static int read_entries(int fd, struct cache_segment *s)
{
	VEC(struct cache_entry) entries = {0};
	struct cache_entry e;
	char magic[8];
	size_t at = sizeof(magic);
	int fault = read_at(fd, 0, magic, sizeof(magic));

	if (!fault && memcmp(magic, CACHE_MAGIC, sizeof(magic)) != 0)
		fault = EBADMSG;
	while (!fault && at < s->size) {
		fault = entry_at(fd, s, &at, &e);
		if (!fault)
			VEC_PUSH(&entries, e);
	}
	s->entries = entries.items;
	s->count = entries.count;
	return fault;
}

/* 0 with *S, which has no place in the table yet; else as read_entries(). */
static int segment_map(int dirfd, const struct found *f, struct cache_segment *s)
{
	AUTOCLOSE int fd = openat(dirfd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno;
	if (st.st_size <= 0)
		return EBADMSG;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	*s = (struct cache_segment){.map = map, .size = (size_t)st.st_size};
	memcpy(s->name, f->name, sizeof(s->name));
	int fault = read_entries(fd, s);
	if (fault)
		cache_segment_unmap(s);
	return fault;
}

static void segment_enter(struct cache_segment *s, struct cache_table *table)
{
	for (size_t i = 0; i < s->count; i++) {
		s->entries[i].segment = s;
		cache_table_add(table, &s->entries[i]);
	}
}

bool cache_store_load(int dirfd, struct cache_segment **segments, size_t *count, struct cache_table *table)
{
	AUTOFREE struct found *list = NULL;
	size_t n = list_segments(dirfd, &list);
	bool readable = true;

	*segments = xcalloc(n ? n : 1, sizeof(**segments));
	*count = 0;
	for (size_t i = 0; i < n; i++) {
		struct cache_segment *s = &(*segments)[*count];
		int fault = segment_map(dirfd, &list[i], s);

		readable &= fault != EIO;
		if (fault == EBADMSG)
			unlinkat(dirfd, list[i].name, 0);
		if (fault)
			continue;
		segment_enter(s, table);
		++*count;
	}
	return readable;
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

static bool put(FILE *f, const void *data, size_t n)
{
	return fwrite(data, 1, n, f) == n;
}

/* Buffered by stdio: entries are small and many. 0 or the errno of what failed first. */
static int write_segment(int fd, const struct cache_fresh *entries, size_t n)
{
	static const char zero[8];
	CLEANUP(close_file) FILE *f = fdopen(fd, "w");
	bool good;

	if (!f) {
		int fault = errno;
		close(fd);
		return fault;
	}
	good = put(f, CACHE_MAGIC, 8);
	for (size_t i = 0; good && i < n; i++) {
		const struct cache_header *h = &entries[i].head;
		good = put(f, h, sizeof(*h)) && put(f, entries[i].data, (size_t)h->size) && put(f, zero, -h->size & 7);
	}
	return good && fflush(f) == 0 ? 0 : errno;
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
