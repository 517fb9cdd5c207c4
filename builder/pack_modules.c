/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage that reads, verifies and compresses modules over all threads. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "content_hash.h"
#include "pack.h"
#include "pack_compress.h"
#include "pack_source.h"

#define THREADS_MAX 64

/* One job is one module; jobs are taken in packing order, so the first error in that order is the same in every run. */
struct stage {
	struct manifest *manifest;
	struct entry **entries;
	size_t count;
	const struct pack_options *opt;
	struct cache *cache;
	const struct pack_verify *verify;
	pthread_mutex_t lock;
	size_t next;	   /* under lock: first job not taken; COUNT after an error */
	struct err *error; /* under lock: of the lowest job that failed */
	size_t error_job;
};

/* One module on its way. */
struct job {
	struct entry *entry;
	struct pack_source source;
	struct cache_key facts_key, packed_key; /* by the hash of the source's bytes as stored */
	bool plain;				/* source holds the plain bytes */
};

/* The cache borrows what is put until it is committed. */
static void put_kept(struct stage *st, const struct cache_key *key, void *data, size_t size)
{
	pthread_mutex_lock(&st->lock);
	VEC_PUSH(&st->manifest->kept, data);
	pthread_mutex_unlock(&st->lock);
	cache_put(st->cache, key, data, size);
}

static struct err *make_plain(struct job *j)
{
	if (j->plain)
		return NULL;
	TRY(pack_source_plain(&j->source));
	j->plain = true;
	return NULL;
}

static struct err *look_at(struct stage *st, struct job *j)
{
	const struct pack_verify *v = st->verify;
	CLEANUP(buf_free) struct buf facts = {0};
	const unsigned char *known;
	size_t size;

	if (!v || !v->take)
		return NULL;
	if (cache_get(st->cache, &j->facts_key, &known, &size))
		return v->take(v->arg, j->entry, (const char *)known, size);
	TRY(make_plain(j));
	buf_add(&facts, "", 0);
	v->extract(j->source.data, j->source.size, &facts);
	TRY(v->take(v->arg, j->entry, facts.data, facts.len));
	if (st->cache)
		put_kept(st, &j->facts_key, STEAL_POINTER(facts.data), facts.len);
	return NULL;
}

static void set_data(struct entry *e, const unsigned char *data, size_t size, bool owned)
{
	e->source = NULL;
	e->data = data;
	e->size = size;
	e->data_owned = owned;
}

static struct err *pack_one(struct stage *st, struct job *j, struct compressor *c)
{
	const unsigned char *known;
	unsigned char *packed;
	size_t size;

	if (st->opt->solid || st->opt->codec == CODEC_NONE || j->entry->plain)
		return make_plain(j); /* only to see that it can be read; its bytes are read again when packing */
	if (cache_get(st->cache, &j->packed_key, &known, &size)) {
		set_data(j->entry, known, size, false);
		return NULL;
	}
	TRY(make_plain(j));
	TRY(compressor_run(c, j->source.data, j->source.size, &packed, &size));
	set_data(j->entry, packed, size, true);
	cache_put(st->cache, &j->packed_key, packed, size);
	return NULL;
}

static struct err *run_job(struct stage *st, struct entry *e, struct compressor *c)
{
	struct job j = {.entry = e};
	struct err *err = pack_source_open(e, &j.source);

	if (!err && e->source) {
		e->input = e->source;
		content_hash(j.source.data, j.source.size, e->input_hash);
	}
	if (!err && st->cache) {
		j.facts_key = cache_key("facts 3", e->input_hash, sizeof(e->input_hash));
		j.packed_key = pack_cache_key("", st->opt->codec, st->opt->level, e->input_hash);
	}
	if (!err)
		err = look_at(st, &j);
	if (!err)
		err = pack_one(st, &j, c);
	pack_source_close(&j.source);
	if (!err)
		return NULL;
	err = err_wrap(err, "%s", e->source ? e->source : e->path);
	if (!st->verify || !st->verify->unreadable)
		return err;
	set_data(e, (const unsigned char *)"", 0, false);
	return st->verify->unreadable(st->verify->arg, e, err);
}

static void note_error(struct stage *st, size_t job, struct err *e)
{
	pthread_mutex_lock(&st->lock);
	st->next = st->count;
	if (!st->error || job < st->error_job) {
		err_free(st->error);
		st->error = e;
		st->error_job = job;
	} else {
		err_free(e);
	}
	pthread_mutex_unlock(&st->lock);
}

static void *worker(void *arg)
{
	struct stage *st = arg;
	struct compressor *c = compressor_new(st->opt->codec, st->opt->level);

	for (;;) {
		pthread_mutex_lock(&st->lock);
		size_t job = st->next < st->count ? st->next++ : st->count;
		pthread_mutex_unlock(&st->lock);
		if (job == st->count)
			break;
		struct err *e = run_job(st, st->entries[job], c);
		if (e)
			note_error(st, job, e);
	}
	compressor_free(c);
	return NULL;
}

unsigned pack_threads(const struct pack_options *opt)
{
	long n = opt->threads ? (long)opt->threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

/* This thread works too; one that cannot be started only makes it slower. */
static void run_all(struct stage *st, unsigned threads)
{
	pthread_t ids[THREADS_MAX];
	unsigned started = 0;

	while (started + 1 < threads && started + 1 < st->count && pthread_create(&ids[started], NULL, worker, st) == 0)
		started++;
	worker(st);
	while (started > 0)
		pthread_join(ids[--started], NULL);
}

struct err *pack_prepare_modules(struct manifest *m, const struct pack_options *opt, struct cache *cache,
				 const struct pack_verify *v)
{
	struct stage st = {.manifest = m, .opt = opt, .cache = cache, .verify = v};

	manifest_sort(m);
	st.entries = xcalloc(m->entries.count + 1, sizeof(*st.entries));
	for (size_t i = 0; i < m->entries.count; i++)
		if (m->entries.items[i]->segment == SEG_MODULES && m->entries.items[i]->type == ENTRY_FILE)
			st.entries[st.count++] = m->entries.items[i];
	pthread_mutex_init(&st.lock, NULL);
	run_all(&st, pack_threads(opt));
	pthread_mutex_destroy(&st.lock);
	free(st.entries);
	return st.error;
}
