/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack_compress.h"

#include "content_hash.h"

/* More is not kept in the cache, and not in memory. */
#define KEEP_MAX ((size_t)8 << 20)

/* An archive on its way through a compressor. */
struct pressed {
	const struct pack_stream *stream;
	struct compressor *c;
	struct content_hasher *plain; /* NULL: not to be kept */
	struct buf kept;	      /* what came out, while it is at most KEEP_MAX */
};

static struct err *plain_in(void *arg, const void *data, size_t n)
{
	struct pressed *p = arg;

	if (p->plain)
		content_hasher_add(p->plain, data, n);
	return compressor_write(p->c, data, n);
}

static struct err *packed_out(void *arg, const void *data, size_t n)
{
	struct pressed *p = arg;

	if (p->plain && p->kept.len <= KEEP_MAX)
		buf_add(&p->kept, data, n);
	return p->stream->out.write(p->stream->out.arg, data, n);
}

struct cache_key pack_cache_key(const char *kind, enum codec c, int level, const uint64_t hash[2])
{
	char purpose[48];

	snprintf(purpose, sizeof(purpose), "%s%s:%d", kind, codec_name(c), level);
	return cache_key(purpose, hash, 2 * sizeof(hash[0]));
}

static struct cache_key key_of(const struct pack_stream *s, const struct content_hasher *plain)
{
	uint64_t hash[2];

	content_hasher_get(plain, hash);
	return pack_cache_key("archive ", s->codec, s->level, hash);
}

/* By the hash of what went in now: a file may have changed since the cache was asked. */
static void keep(struct pressed *p, struct manifest *m, struct cache *cache)
{
	if (!p->plain || p->kept.len > KEEP_MAX)
		return;
	struct cache_key key = key_of(p->stream, p->plain);
	size_t size = p->kept.len;
	char *data = STEAL_POINTER(p->kept.data);
	VEC_PUSH(&m->kept, data);
	cache_put(cache, &key, data, size);
}

static struct err *compress(const struct pack_stream *s, struct manifest *m, struct cache *cache)
{
	struct pressed p = {.stream = s, .c = compressor_new(s->codec, s->level)};

	p.plain = cache ? content_hasher_new() : NULL;
	struct err *e = compressor_begin(p.c, s->threads, (struct sink){packed_out, &p});
	if (!e)
		e = s->fill(s->arg, (struct sink){plain_in, &p});
	if (!e)
		e = compressor_finish(p.c);
	if (!e)
		keep(&p, m, cache);
	compressor_free(p.c);
	content_hasher_free(p.plain);
	buf_free(&p.kept);
	return e;
}

static struct err *hash_only(void *arg, const void *data, size_t n)
{
	content_hasher_add(arg, data, n);
	return NULL;
}

/* Most builds find theirs: then nothing was compressed, only written once more to hash it. */
static struct err *write_known(const struct pack_stream *s, struct cache *cache, bool *known)
{
	struct content_hasher *plain = content_hasher_new();
	struct err *e = s->fill(s->arg, (struct sink){hash_only, plain});
	struct cache_key key = key_of(s, plain);
	const unsigned char *data;
	size_t size;

	content_hasher_free(plain);
	*known = !e && cache_get(cache, &key, &data, &size);
	return *known ? s->out.write(s->out.arg, data, size) : e;
}

struct err *pack_compress(const struct pack_stream *s, struct manifest *m, struct cache *cache)
{
	bool known = false;

	if (cache)
		TRY(write_known(s, cache, &known));
	return known ? NULL : compress(s, m, cache);
}
