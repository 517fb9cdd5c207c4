// SPDX-License-Identifier: GPL-2.0-or-later
#include "cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "cache_store.h"

/* More than this lead in a circle. */
#define LINKS_MAX 8

struct cache {
	char *dir;
	int dirfd;
	uint64_t max_bytes;
	VEC(struct cache_segment) segments;
	struct cache_table table;
	VEC(struct cache_fresh) fresh; /* the segment that cache_commit publishes */
	uint64_t fresh_bytes;
	pthread_mutex_t lock;
	unsigned hits, misses;
	bool warned; /* that the disk does not give it back */
};

/* Only the bytes that are compared; a key is a hash already. */
static bool key_equal(const struct cache_key *a, const struct cache_key *b)
{
	return a->part[0] == b->part[0] && a->part[1] == b->part[1];
}

static struct cache_entry **slot_of(const struct cache_table *t, const struct cache_key *key)
{
	size_t i = key->part[0] & (t->cap - 1);

	while (t->slots[i] && !key_equal(&t->slots[i]->key, key))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static void table_grow(struct cache_table *t)
{
	struct cache_table bigger = {.cap = t->cap ? t->cap * 2 : 1024, .count = t->count};

	bigger.slots = xcalloc(bigger.cap, sizeof(*bigger.slots));
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i])
			*slot_of(&bigger, &t->slots[i]->key) = t->slots[i];
	free(t->slots);
	*t = bigger;
}

void cache_table_add(struct cache_table *t, struct cache_entry *entry)
{
	struct cache_entry **slot;

	if (t->count * 2 >= t->cap)
		table_grow(t);
	slot = slot_of(t, &entry->key);
	if (!*slot)
		t->count++;
	*slot = entry;
}

static char *default_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return xstrdup("/var/cache/rootward");
	AUTOFREE char *base = xdg && xdg[0] == '/' ? xstrdup(xdg) : home ? path_join(home, ".cache") : NULL;
	if (!base)
		return NULL;
	/* As the XDG base directory specification has it. Where this fails, so does making ours, which is told. */
	(void)mkdir(base, 0700);
	return path_join(base, "rootward");
}

static struct err *unsafe(const char *dir, const char *why)
{
	return err_new(EXIT_FAILED, "cache directory %s: %s; fix that, or use --cache none", dir, why);
}

/* Whether nobody but us and root can have made, or can replace, the link DIR: a cache that an administrator moved. */
static bool is_trusted_link(const char *dir, const struct stat *link)
{
	AUTOFREE char *copy = xstrdup(dir);
	struct stat parent;

	if (stat(dirname(copy), &parent) < 0 || (link->st_uid != 0 && link->st_uid != geteuid()))
		return false;
	/* Where it is sticky only the owners of link and directory can. */
	return (parent.st_uid == 0 || parent.st_uid == geteuid()) &&
	       (!(parent.st_mode & 022) || (parent.st_mode & S_ISVTX));
}

/* Takes *DIR (malloc) to where it leads when it is a symbolic link, and the next one, too. */
static struct err *follow_links(char **dir)
{
	struct stat st;

	for (unsigned i = 0; lstat(*dir, &st) == 0 && S_ISLNK(st.st_mode); i++) {
		char target[PATH_MAX];
		ssize_t n = readlink(*dir, target, sizeof(target));

		if (n <= 0 || n == sizeof(target) || i == LINKS_MAX)
			return unsafe(*dir, "is a symbolic link that cannot be followed");
		if (!is_trusted_link(*dir, &st))
			return unsafe(*dir, "is a symbolic link that others made or can replace");
		target[n] = '\0';
		AUTOFREE char *link = *dir;
		*dir = *target == '/' ? xstrdup(target) : path_join(dirname(link), target);
	}
	return NULL;
}

/* Only a directory of our own that nobody else can write to holds bytes that end in an image. */
static struct err *open_dir(const char *named, int *fd)
{
	AUTOFREE char *dir = xstrdup(named);
	struct stat st;

	TRY(follow_links(&dir));
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(errno, "cannot make the cache directory %s", dir);
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return err_sys(errno, "cannot open the cache directory %s", dir);
	if (fstat(*fd, &st) < 0)
		return err_sys(errno, "cannot read the cache directory %s", dir);
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return unsafe(dir, "it is not yours or others may write to it");
	return NULL;
}

/* Once: a disk that fails in one place fails in many. */
static void warn_unreadable(struct cache *c)
{
	if (__atomic_exchange_n(&c->warned, true, __ATOMIC_RELAXED))
		return;
	warn("cache %s: cannot be read from the disk, and what was in there is made anew: check the disk's health "
	     "(dmesg), then rm -r %s, or use --cache none",
	     c->dir, c->dir);
}

struct err *cache_open(const char *dir, uint64_t max_bytes, struct cache **out)
{
	AUTOFREE char *usual = NULL;
	bool named = dir != NULL;
	AUTOCLOSE int fd = -1;
	struct err *e;

	*out = NULL;
	if (dir && strcmp(dir, "none") == 0)
		return NULL;
	if (!dir)
		dir = usual = default_dir();
	if (!dir)
		return NULL;
	e = open_dir(dir, &fd);
	if (e && named)
		return e;
	if (e) {
		warn("%s; building without a cache", err_message(e));
		err_free(e);
		return NULL;
	}
	*out = xcalloc(1, sizeof(**out));
	**out = (struct cache){.dir = xstrdup(dir), .dirfd = fd, .max_bytes = max_bytes};
	pthread_mutex_init(&(*out)->lock, NULL);
	fd = -1;
	if (!cache_store_load((*out)->dirfd, &(*out)->segments.items, &(*out)->segments.count, &(*out)->table))
		warn_unreadable(*out);
	return NULL;
}

void cache_close(struct cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->segments.count; i++)
		cache_segment_unmap(&c->segments.items[i]);
	VEC_FREE(&c->segments);
	free(c->table.slots);
	VEC_FREE(&c->fresh);
	pthread_mutex_destroy(&c->lock);
	close(c->dirfd);
	free(c->dir);
	free(c);
}

struct cache_key cache_key(const char *purpose, const void *data, size_t size)
{
	XXH64_hash_t seed = XXH3_64bits(ROOTWARD_VERSION, strlen(ROOTWARD_VERSION));
	XXH128_hash_t h;

	seed = XXH3_64bits_withSeed(purpose, strlen(purpose), seed);
	h = XXH3_128bits_withSeed(data, size, seed);
	return (struct cache_key){{h.low64, h.high64}};
}

static void count(struct cache *c, bool hit)
{
	__atomic_fetch_add(hit ? &c->hits : &c->misses, 1, __ATOMIC_RELAXED);
}

/* Whether its bytes are what was put in. Where the disk does not give them, using them would end in SIGBUS. */
static bool is_sound(struct cache *c, const struct cache_entry *entry)
{
	uintptr_t in_page = (uintptr_t)entry->data & ((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	XXH128_hash_t h;

	if (!file_fault_in((void *)((uintptr_t)entry->data - in_page), entry->size + in_page)) {
		warn_unreadable(c);
		return false;
	}
	h = XXH3_128bits(entry->data, entry->size);
	return h.low64 == entry->check[0] && h.high64 == entry->check[1];
}

bool cache_get(struct cache *c, const struct cache_key *key, const unsigned char **data, size_t *size)
{
	const struct cache_entry *entry = NULL;

	if (!c)
		return false;
	if (c->table.cap)
		entry = *slot_of(&c->table, key);
	if (entry && !is_sound(c, entry))
		entry = NULL;
	count(c, entry != NULL);
	if (!entry)
		return false;
	entry->segment->used = true;
	*data = entry->data;
	*size = entry->size;
	return true;
}

void cache_put(struct cache *c, const struct cache_key *key, const void *data, size_t size)
{
	struct cache_fresh fresh = {.head = {.key = *key, .size = size}, .data = data};
	XXH128_hash_t h;

	if (!c)
		return;
	h = XXH3_128bits(data, size);
	fresh.head.check[0] = h.low64;
	fresh.head.check[1] = h.high64;
	pthread_mutex_lock(&c->lock);
	if (c->fresh_bytes + size < c->max_bytes) {
		c->fresh_bytes += size;
		VEC_PUSH(&c->fresh, fresh);
	}
	pthread_mutex_unlock(&c->lock);
}

void cache_commit(struct cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->segments.count; i++)
		if (c->segments.items[i].used)
			cache_segment_touch(c->dirfd, &c->segments.items[i]);
	if (c->fresh.count)
		cache_store_publish(c->dirfd, c->dir, c->fresh.items, c->fresh.count);
	VEC_FREE(&c->fresh);
	c->fresh_bytes = 0;
	cache_store_trim(c->dirfd, c->max_bytes);
}

void cache_stats(const struct cache *c, unsigned *hits, unsigned *misses)
{
	*hits = c ? c->hits : 0;
	*misses = c ? c->misses : 0;
}
