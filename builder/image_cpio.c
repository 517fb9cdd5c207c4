/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_cpio.h"

#include <string.h>
#include <sys/stat.h>

#include "cpio.h"

enum field {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	FILESIZE,
	DEVMAJOR,
	DEVMINOR,
	RDEVMAJOR,
	RDEVMINOR,
	NAMESIZE,
	CHECK,
	FIELDS
};

struct header {
	uint32_t field[FIELDS];
	bool has_check; /* the "crc" flavour: CHECK is the sum of the contents' bytes */
};

/* What a walk through one archive keeps. */
struct walk {
	const unsigned char *data;
	size_t size, at;
	struct strmap links; /* "maj:min:ino" -> entry number + 1 of the name with contents */
};

static bool parse_hex(const unsigned char *p, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		unsigned char c = p[i];
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
							: 16;
		if (digit > 15)
			return false;
		v = v << 4 | digit;
	}
	*out = v;
	return true;
}

static struct err *read_header(const struct walk *w, struct header *h)
{
	const unsigned char *p = w->data + w->at;

	if (w->size - w->at < CPIO_HEADER_SIZE)
		return err_new(EXIT_FAILED, "truncated at byte %zu: the archive has no trailer", w->at);
	if (memcmp(p, "070707", 6) == 0)
		return err_new(EXIT_FAILED, "byte %zu: old cpio format (odc): the kernel reads newc only", w->at);
	h->has_check = memcmp(p, "070702", 6) == 0;
	if (!h->has_check && memcmp(p, "070701", 6) != 0)
		return err_new(EXIT_FAILED, "byte %zu: no cpio header where one must be", w->at);
	for (int i = 0; i < FIELDS; i++)
		if (!parse_hex(p + 6 + 8 * i, &h->field[i]))
			return err_new(EXIT_FAILED, "byte %zu: damaged cpio header", w->at);
	if (h->field[NAMESIZE] == 0 || h->field[NAMESIZE] > CPIO_PATH_MAX)
		return err_new(EXIT_FAILED, "byte %zu: damaged cpio header: a name of %u bytes", w->at,
			       h->field[NAMESIZE]);
	return NULL;
}

/* Up to a multiple of 4, as offsets of the archive are counted from the segment's start. */
static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* "./usr//bin/" and "usr/bin" are both "/usr/bin"; "." is "/". */
static const char *clean_path(struct arena *a, const char *name)
{
	char *path = arena_alloc(a, strlen(name) + 2), *out = path;

	while (*name) {
		size_t len = strcspn(name, "/");
		if (len > 0 && !(len == 1 && *name == '.')) {
			*out++ = '/';
			memcpy(out, name, len);
			out += len;
		}
		name += len + (name[len] == '/');
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return path;
}

static uint32_t sum_of(const unsigned char *p, size_t n)
{
	uint32_t sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}

/* Hard links: newc writers give the contents to one name only, GNU cpio to the last. */
static void note_link(struct image *img, struct walk *w, const struct header *h, size_t index)
{
	if (h->field[NLINK] < 2 || !S_ISREG(h->field[MODE]) || h->field[FILESIZE] == 0)
		return;
	char *key = arena_printf(&img->arena, "%x:%x:%x", h->field[DEVMAJOR], h->field[DEVMINOR], h->field[INO]);
	strmap_put(&w->links, key, (void *)(uintptr_t)(index + 1));
}

/* One member behind header H and its NAME. */
static struct err *add_member(struct image *img, struct walk *w, const struct header *h, const char *name, size_t body,
			      unsigned segment)
{
	struct image_entry e = {
	    .path = clean_path(&img->arena, name),
	    .mode = h->field[MODE],
	    .uid = h->field[UID],
	    .gid = h->field[GID],
	    .nlink = h->field[NLINK],
	    .mtime = h->field[MTIME],
	    .ino = h->field[INO],
	    .rdev_major = h->field[RDEVMAJOR],
	    .rdev_minor = h->field[RDEVMINOR],
	    .size = h->field[FILESIZE],
	    .data = w->data + body,
	    .segment = segment,
	};

	if (body > w->size || h->field[FILESIZE] > w->size - body)
		return err_new(EXIT_FAILED, "truncated: %s at byte %zu has %u bytes, %zu are there", e.path, w->at,
			       h->field[FILESIZE], body > w->size ? 0 : w->size - body);
	if (h->has_check && S_ISREG(e.mode) && sum_of(e.data, (size_t)e.size) != h->field[CHECK])
		return err_new(EXIT_FAILED, "%s at byte %zu: checksum differs", e.path, w->at);
	if (S_ISLNK(e.mode) && e.size > CPIO_PATH_MAX)
		return err_new(EXIT_FAILED, "%s at byte %zu: symlink longer than the kernel takes", e.path, w->at);
	note_link(img, w, h, img->entries.count);
	VEC_PUSH(&img->entries, e);
	return NULL;
}

/* Names without contents get those of the file that they are links to. */
static void join_links(struct image *img, const struct walk *w, size_t first, const uint32_t *devices)
{
	for (size_t i = first; w->links.count && i < img->entries.count; i++) {
		struct image_entry *e = &img->entries.items[i];
		char key[64];

		if (e->nlink < 2 || !S_ISREG(e->mode) || e->size != 0)
			continue;
		snprintf(key, sizeof(key), "%x:%x:%x", devices[2 * (i - first)], devices[2 * (i - first) + 1], e->ino);
		size_t found = (size_t)(uintptr_t)strmap_get(&w->links, key);
		if (!found)
			continue;
		e->size = img->entries.items[found - 1].size;
		e->data = img->entries.items[found - 1].data;
	}
}

typedef VEC(uint32_t) device_list;

static struct err *walk_members(struct image *img, struct walk *w, unsigned segment, device_list *devices)
{
	for (;;) {
		struct header h = {0};
		TRY(read_header(w, &h));
		const char *name = (const char *)w->data + w->at + CPIO_HEADER_SIZE;
		size_t name_size = h.field[NAMESIZE];
		if (name_size > w->size - w->at - CPIO_HEADER_SIZE)
			return err_new(EXIT_FAILED, "truncated at byte %zu", w->at);
		if (name[name_size - 1] != '\0')
			return err_new(EXIT_FAILED, "byte %zu: damaged cpio header: its name has no end", w->at);
		size_t body = align4(w->at + CPIO_HEADER_SIZE + name_size);
		if (strcmp(name, "TRAILER!!!") == 0) {
			w->at = body < w->size ? body : w->size;
			return NULL;
		}
		TRY(add_member(img, w, &h, name, body, segment));
		VEC_PUSH(devices, h.field[DEVMAJOR]);
		VEC_PUSH(devices, h.field[DEVMINOR]);
		w->at = align4(body + h.field[FILESIZE]);
		if (w->at > w->size)
			w->at = w->size;
	}
}

struct err *image_cpio_parse(struct image *img, const unsigned char *data, size_t size, size_t at, unsigned segment,
			     size_t *end)
{
	struct walk w = {.data = data, .size = size, .at = at};
	size_t first = img->entries.count;
	device_list devices = {0};

	struct err *e = walk_members(img, &w, segment, &devices);
	if (!e)
		join_links(img, &w, first, devices.items);
	VEC_FREE(&devices);
	strmap_free(&w.links);
	*end = w.at;
	return e;
}
