/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward ls: what is in an image. */
#include <getopt.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "command.h"
#include "image.h"
#include "printable.h"

static bool is_device(const struct image_entry *e)
{
	return S_ISCHR(e->mode) || S_ISBLK(e->mode);
}

static void print_long(const struct image_entry *e)
{
	static const char types[] = {
	    [S_IFIFO >> 12] = 'p', [S_IFCHR >> 12] = 'c', [S_IFDIR >> 12] = 'd',  [S_IFBLK >> 12] = 'b',
	    [S_IFREG >> 12] = '-', [S_IFLNK >> 12] = 'l', [S_IFSOCK >> 12] = 's', [15] = 0};
	char mode[11] = "?rwxrwxrwx", size[32], date[32] = "?";
	time_t t = (time_t)e->mtime;
	struct tm tm;
	char type = types[(e->mode & S_IFMT) >> 12];

	mode[0] = type ? type : '?';
	for (int i = 0; i < 9; i++)
		if (!(e->mode & (0400u >> i)))
			mode[i + 1] = '-';
	if (e->mode & S_ISVTX)
		mode[9] = e->mode & 1 ? 't' : 'T';
	if (e->mode & S_ISUID)
		mode[3] = e->mode & 0100 ? 's' : 'S';
	if (e->mode & S_ISGID)
		mode[6] = e->mode & 010 ? 's' : 'S';
	if (is_device(e))
		snprintf(size, sizeof(size), "%u, %u", e->rdev_major, e->rdev_minor);
	else
		snprintf(size, sizeof(size), "%llu", (unsigned long long)e->size);
	if (gmtime_r(&t, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	printf("%s %3u %u:%u %10s %s ", mode, e->nlink, e->uid, e->gid, size, date);
}

static void print_entry(const struct image_entry *e, bool longer)
{
	if (longer)
		print_long(e);
	print_text(stdout, e->path);
	if (longer && S_ISLNK(e->mode)) {
		fputs(" -> ", stdout);
		print_text_n(stdout, (const char *)e->data, (size_t)e->size);
	}
	putchar('\n');
}

static struct json_object *entry_json(const struct image_entry *e)
{
	struct json_object *o = json_object_new_object();
	char mode[8];

	snprintf(mode, sizeof(mode), "%06o", e->mode);
	json_object_object_add(o, "path", json_text(e->path));
	json_object_object_add(o, "mode", json_object_new_string(mode));
	json_object_object_add(o, "uid", json_object_new_int64(e->uid));
	json_object_object_add(o, "gid", json_object_new_int64(e->gid));
	json_object_object_add(o, "size", json_object_new_int64((int64_t)e->size));
	json_object_object_add(o, "mtime", json_object_new_int64(e->mtime));
	json_object_object_add(o, "segment", json_object_new_int64(e->segment));
	if (S_ISLNK(e->mode))
		json_object_object_add(o, "target", json_text_n((const char *)e->data, (size_t)e->size));
	if (is_device(e)) {
		json_object_object_add(o, "major", json_object_new_int64(e->rdev_major));
		json_object_object_add(o, "minor", json_object_new_int64(e->rdev_minor));
	}
	return o;
}

static struct json_object *segments_json(const struct image *img)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < img->segments.count; i++) {
		const struct image_segment *s = &img->segments.items[i];
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "compression", json_object_new_string(codec_name(s->codec)));
		json_object_object_add(o, "offset", json_object_new_int64((int64_t)s->offset));
		json_object_object_add(o, "size", json_object_new_int64((int64_t)s->size));
		json_object_object_add(o, "plain_size", json_object_new_int64((int64_t)s->plain_size));
		json_object_object_add(o, "entries", json_object_new_int64(s->entries));
		json_object_array_add(list, o);
	}
	return list;
}

/* Whether E is TOP or below it; TOP "/" is everything. */
static bool is_below(const struct image_entry *e, const char *top)
{
	size_t len = strlen(top);

	return strcmp(top, "/") == 0 ||
	       (strncmp(e->path, top, len) == 0 && (e->path[len] == '\0' || e->path[len] == '/'));
}

static void print_segments(const struct image *img)
{
	for (size_t i = 0; i < img->segments.count; i++) {
		const struct image_segment *s = &img->segments.items[i];
		say("segment %zu: %s, %llu bytes at %llu, unpacked %llu, %u entries", i + 1, codec_name(s->codec),
		    (unsigned long long)s->size, (unsigned long long)s->offset, (unsigned long long)s->plain_size,
		    s->entries);
	}
}

static struct err *list(const struct image *img, const char *path, bool longer, bool json)
{
	const struct image_entry *top = path ? image_follow(img, path, true) : NULL;
	struct json_object *entries = json ? json_object_new_array() : NULL;

	if (path && !top && strcmp(path, "/") != 0) {
		json_object_put(entries);
		return err_new(EXIT_FAILED, "%s: not in the image", path);
	}
	if (longer && !json)
		print_segments(img);
	for (size_t i = 0; i < img->entries.count; i++) {
		const struct image_entry *e = &img->entries.items[i];
		if (!is_below(e, top ? top->path : "/"))
			continue;
		if (json)
			json_object_array_add(entries, entry_json(e));
		else
			print_entry(e, longer);
	}
	if (!json)
		return NULL;
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "segments", segments_json(img));
	json_object_object_add(o, "entries", entries);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"long", no_argument, NULL, 'l'}, {"json", no_argument, NULL, 'j'}, {0}};
	bool longer = false, json = false;
	CLEANUP(image_close) struct image img = {0};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "l", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		longer |= c == 'l';
		json |= c == 'j';
	}
	if (argc - optind < 1 || argc - optind > 2)
		return err_new(EXIT_USAGE, "ls wants IMAGE and at most one PATH: see rootward ls --help");
	TRY(image_open(argv[optind], &img));
	return err_wrap(list(&img, argv[optind + 1], longer, json), "%s", argv[optind]);
}

const struct command cmd_ls = {
    .name = "ls",
    .synopsis = "[-l] [--json] IMAGE [PATH]",
    .summary = "list what is in an image",
    .help = "  -l, --long  modes, owners, sizes, and the segments on stderr\n"
	    "  --json      the same for programs\n"
	    "\nAny initramfs that the kernel reads, other tools' too. With PATH: what is below it.\n",
    .run = run,
};
