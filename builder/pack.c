/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams the segments of an image. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content_hash.h"
#include "cpio.h"
#include "pack.h"
#include "pack_compress.h"
#include "pack_source.h"

#define OUT_SIZE ((size_t)1 << 20)
/* The kernel wants an uncompressed archive at a multiple of 4; others leave whole blocks, and so do we. */
#define SEGMENT_ALIGN 512

/* The file: bytes gathered into large writes, counted and hashed. */
struct output {
	int fd;
	unsigned char *buf; /* OUT_SIZE */
	size_t len;
	uint64_t offset;
	struct content_hasher *hasher;
};

static struct err *write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(errno, "writing the image");
		p += done;
		n -= (size_t)done;
	}
	return NULL;
}

static struct err *output_flush(struct output *o)
{
	size_t n = o->len;

	content_hasher_add(o->hasher, o->buf, n);
	o->len = 0;
	return write_all(o->fd, o->buf, n);
}

static struct err *output_write(void *arg, const void *data, size_t n)
{
	struct output *o = arg;
	const unsigned char *p = data;

	o->offset += n;
	while (n > 0) {
		size_t room = OUT_SIZE - o->len, part = n < room ? n : room;
		memcpy(o->buf + o->len, p, part);
		o->len += part;
		p += part;
		n -= part;
		if (o->len == OUT_SIZE)
			TRY(output_flush(o));
	}
	return NULL;
}

/* A run of manifest entries that makes one archive. */
struct run {
	struct entry **first;
	size_t count;
};

static struct run take_run(const struct manifest *m, enum entry_segment from, enum entry_segment to)
{
	struct run r = {0};

	for (size_t i = 0; i < m->entries.count; i++) {
		struct entry *e = m->entries.items[i];
		if (e->segment < from || e->segment > to)
			continue;
		if (!r.first)
			r.first = &m->entries.items[i];
		r.count++;
	}
	return r;
}

static uint32_t type_bits(enum entry_type t)
{
	switch (t) {
	case ENTRY_DIR:
		return S_IFDIR;
	case ENTRY_SYMLINK:
		return S_IFLNK;
	case ENTRY_CHAR:
		return S_IFCHR;
	case ENTRY_FILE:
		break;
	}
	return S_IFREG;
}

struct packer {
	const struct pack_options *opt;
	struct manifest *manifest;
	struct cache *cache;
	struct output out;
	struct pack_stats *stats;
	uint32_t next_ino;
};

static struct err *write_file(struct packer *p, struct cpio_writer *w, const struct entry *e,
			      struct cpio_member *member)
{
	struct pack_source s = {0};
	struct err *err = pack_source_open(e, &s);

	if (!err && e->segment == SEG_MODULES && e->source)
		err = pack_source_plain(&s);
	member->size = s.size;
	if (!err)
		err = cpio_header(w, member);
	if (!err)
		err = cpio_data(w, s.data, s.size);
	p->stats->plain_size += s.size;
	pack_source_close(&s);
	return err;
}

static struct err *write_entry(struct packer *p, struct cpio_writer *w, const struct entry *e)
{
	struct cpio_member member = {
	    .path = e->path,
	    .mode = type_bits(e->type) | (e->type == ENTRY_SYMLINK ? 0777 : (e->mode & 07777)),
	    .dev_major = e->dev_major,
	    .dev_minor = e->dev_minor,
	};

	p->stats->entries++;
	p->stats->modules += e->segment == SEG_MODULES && e->type == ENTRY_FILE;
	if (e->type == ENTRY_FILE) {
		TRY(write_file(p, w, e, &member));
	} else {
		member.size = e->type == ENTRY_SYMLINK ? strlen(e->target) : 0;
		TRY(cpio_header(w, &member));
		TRY(cpio_data(w, e->target, (size_t)member.size));
	}
	return cpio_pad(w, 4);
}

static struct err *write_archive(struct packer *p, struct sink sink, struct run r)
{
	struct cpio_writer w = {.sink = sink, .next_ino = p->next_ino, .mtime = p->opt->mtime};

	for (size_t i = 0; i < r.count; i++)
		TRY(err_wrap(write_entry(p, &w, r.first[i]), "%s", r.first[i]->path));
	p->next_ino = w.next_ino;
	return cpio_end(&w);
}

/* The archive of a run, from the same state each time it is asked for. */
struct archive {
	struct packer *packer;
	struct run run;
	struct pack_stats stats;
	uint32_t first_ino;
};

static struct err *fill_archive(void *arg, struct sink sink)
{
	const struct archive *a = arg;

	*a->packer->stats = a->stats;
	a->packer->next_ino = a->first_ino;
	return write_archive(a->packer, sink, a->run);
}

static struct err *write_compressed(struct packer *p, enum codec codec, int level, struct run r)
{
	struct archive archive = {p, r, *p->stats, p->next_ino};
	struct pack_stream stream = {
	    .codec = codec,
	    .level = level,
	    .threads = pack_threads(p->opt),
	    .fill = fill_archive,
	    .arg = &archive,
	    .out = {output_write, &p->out},
	};

	return pack_compress(&stream, p->manifest, p->cache);
}

static struct err *pad_segment(struct packer *p)
{
	static const unsigned char zeros[SEGMENT_ALIGN];
	size_t over = (size_t)(p->out.offset % SEGMENT_ALIGN);

	return over ? output_write(&p->out, zeros, SEGMENT_ALIGN - over) : NULL;
}

static struct err *write_segment(struct packer *p, enum codec codec, int level, struct run r)
{
	if (r.count == 0)
		return NULL;
	/* What comes before ends on a block: an archive of ours is at a good place wherever it starts. */
	TRY(pad_segment(p));
	if (codec == CODEC_NONE)
		return write_archive(p, (struct sink){output_write, &p->out}, r);
	return write_compressed(p, codec, level, r);
}

static struct err *write_segments(struct packer *p, const struct manifest *m)
{
	const struct pack_options *opt = p->opt;

	TRY(write_segment(p, CODEC_NONE, 0, take_run(m, SEG_EARLY, SEG_EARLY)));
	if (opt->solid) {
		TRY(write_segment(p, opt->codec, opt->level, take_run(m, SEG_MAIN, SEG_MODULES)));
	} else {
		TRY(write_segment(p, opt->main_codec, COMPRESS_LEVEL_DEFAULT, take_run(m, SEG_MAIN, SEG_MAIN)));
		/* lz4 data ends at a block of size zero, or else where the file does. */
		if (opt->main_codec == CODEC_LZ4)
			TRY(output_write(&p->out, "\0\0\0", 4));
		TRY(write_segment(p, CODEC_NONE, 0, take_run(m, SEG_MODULES, SEG_MODULES)));
	}
	return output_flush(&p->out);
}

struct err *pack_write(struct manifest *m, const struct pack_options *opt, struct cache *cache, int fd,
		       struct pack_stats *stats)
{
	AUTOFREE unsigned char *buf = xmalloc(OUT_SIZE);
	struct content_hasher *hasher = content_hasher_new();
	struct packer p = {.opt = opt,
			   .manifest = m,
			   .cache = cache,
			   .out = {.fd = fd, .buf = buf, .hasher = hasher},
			   .stats = stats,
			   .next_ino = 1};

	*stats = (struct pack_stats){0};
	manifest_sort(m);
	struct err *e = write_segments(&p, m);
	stats->size = p.out.offset;
	content_hasher_get(hasher, stats->hash);
	content_hasher_free(hasher);
	return e;
}

/* What compression makes of programs and modules at best. */
#define RATIO_BEST 5

uint64_t pack_size_guess(const struct manifest *m, const struct pack_options *opt)
{
	uint64_t stored = 0, compressed = 0;

	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry *e = m->entries.items[i];
		bool packed =
		    e->segment != SEG_EARLY && (opt->solid || e->segment == SEG_MAIN) && opt->codec != CODEC_NONE;
		uint64_t size = e->source ? 0 : e->size;
		struct stat st;

		if (e->source && stat(e->source, &st) == 0)
			size = (uint64_t)st.st_size;
		*(packed ? &compressed : &stored) += size + CPIO_HEADER_SIZE + strlen(e->path);
	}
	return stored + compressed / RATIO_BEST;
}
