/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward diff: what changed between two images, by cause, or since one was built. */
#include <getopt.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "image_facts.h"
#include "image_state.h"
#include "printable.h"

enum change { ADDED, REMOVED, CHANGED };

struct difference {
	enum change change;
	const struct image_fact *before, *after; /* NULL where there is none */
};

struct comparison {
	struct image_facts a, b;
	VEC(struct difference) differences;
};

static const struct image_fact *fact_of(const struct difference *d)
{
	return d->after ? d->after : d->before;
}

static int by_cause(const void *pa, const void *pb)
{
	const struct difference *da = pa, *db = pb;
	const struct image_fact *a = fact_of(da), *b = fact_of(db);
	int r = strcmp(a->owner, b->owner);

	if (r == 0)
		r = strcmp(a->reason, b->reason);
	return r ? r : strcmp(a->key, b->key);
}

static void add(struct comparison *c, enum change change, const struct image_fact *before,
		const struct image_fact *after)
{
	struct difference d = {change, before, after};

	VEC_PUSH(&c->differences, d);
}

/* Directories come and go with what is in them: of them only those of both images are compared. */
static bool is_directory(const struct image_fact *f)
{
	return S_ISDIR(f->mode);
}

static void compare(struct comparison *c)
{
	for (size_t i = 0; i < c->a.all.count; i++) {
		const struct image_fact *before = c->a.all.items[i], *after = strmap_get(&c->b.by_key, before->key);
		if (!after && !is_directory(before))
			add(c, REMOVED, before, NULL);
		else if (after && !image_fact_same(before, after))
			add(c, CHANGED, before, after);
	}
	for (size_t i = 0; i < c->b.all.count; i++) {
		const struct image_fact *after = c->b.all.items[i];
		if (!is_directory(after) && !strmap_get(&c->a.by_key, after->key))
			add(c, ADDED, NULL, after);
	}
	if (c->differences.count)
		qsort(c->differences.items, c->differences.count, sizeof(*c->differences.items), by_cause);
}

/* A link's target or a setting as it is; of a file its size. */
static void print_value(const struct image_fact *f)
{
	if (f->is_text)
		print_text_n(stdout, (const char *)f->data, f->size);
	else
		printf("%zu bytes", f->size);
}

/* Each thing that differs between A and B, with commas between. */
static void print_changed(const struct image_fact *a, const struct image_fact *b)
{
	const char *comma = "";

	if (!image_fact_same_data(a, b)) {
		print_value(a);
		fputs(" -> ", stdout);
		print_value(b);
		comma = ", ";
	}
	if (a->mode != b->mode) {
		printf("%smode %06o -> %06o", comma, a->mode, b->mode);
		comma = ", ";
	}
	if (a->uid != b->uid || a->gid != b->gid) {
		printf("%sowner %u:%u -> %u:%u", comma, a->uid, a->gid, b->uid, b->gid);
		comma = ", ";
	}
	if (a->major != b->major || a->minor != b->minor)
		printf("%sdevice %u:%u -> %u:%u", comma, a->major, a->minor, b->major, b->minor);
}

static void print_one(const struct difference *d)
{
	static const char signs[] = {[ADDED] = '+', [REMOVED] = '-', [CHANGED] = '~'};
	const struct image_fact *f = fact_of(d);

	printf("  %c ", signs[d->change]);
	print_text(stdout, f->name);
	if (d->change == CHANGED) {
		fputs(": ", stdout);
		print_changed(d->before, d->after);
	} else if (!f->is_text || f->size) {
		fputs(": ", stdout);
		print_value(f);
	}
	putchar('\n');
}

static void print_cause(const struct image_fact *f)
{
	print_text(stdout, f->owner);
	fputs(": ", stdout);
	print_text(stdout, f->reason);
	putchar('\n');
}

static void print_comparison(const struct comparison *c)
{
	const char *owner = "", *reason = "";

	for (size_t i = 0; i < c->differences.count; i++) {
		const struct image_fact *f = fact_of(&c->differences.items[i]);
		if (strcmp(owner, f->owner) != 0 || strcmp(reason, f->reason) != 0)
			print_cause(f);
		owner = f->owner;
		reason = f->reason;
		print_one(&c->differences.items[i]);
	}
	if (c->differences.count == 0)
		say("%s", "no difference");
}

static void add_number(struct json_object *o, const char *what, const char *when, uint64_t value)
{
	AUTOFREE char *key = xasprintf("%s_%s", what, when);

	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

/* F as it is WHEN ("before", "after"), where it is at all. */
static void add_state(struct json_object *o, const char *when, const struct image_fact *f)
{
	if (!f)
		return;
	add_number(o, "size", when, f->size);
	if (!f->mode)
		return;
	AUTOFREE char *key = xasprintf("mode_%s", when);
	AUTOFREE char *mode = xasprintf("%06o", f->mode);
	json_object_object_add(o, key, json_object_new_string(mode));
	add_number(o, "uid", when, f->uid);
	add_number(o, "gid", when, f->gid);
	if (!S_ISCHR(f->mode) && !S_ISBLK(f->mode))
		return;
	add_number(o, "major", when, f->major);
	add_number(o, "minor", when, f->minor);
}

static void print_json(const struct comparison *c)
{
	static const char *const words[] = {[ADDED] = "added", [REMOVED] = "removed", [CHANGED] = "changed"};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < c->differences.count; i++) {
		const struct difference *d = &c->differences.items[i];
		const struct image_fact *f = fact_of(d);
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "change", json_object_new_string(words[d->change]));
		json_object_object_add(o, "name", json_text(f->name));
		json_object_object_add(o, "owner", json_text(f->owner));
		json_object_object_add(o, "reason", json_text(f->reason));
		add_state(o, "before", d->before);
		add_state(o, "after", d->after);
		json_object_array_add(list, o);
	}
	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
}

static struct err *diff(const char *a, const char *b, bool json)
{
	struct comparison c = {0};
	struct err *e = image_facts_read(a, &c.a);

	if (!e)
		e = image_facts_read(b, &c.b);
	if (!e) {
		compare(&c);
		if (json)
			print_json(&c);
		else
			print_comparison(&c);
	}
	VEC_FREE(&c.differences);
	image_facts_free(&c.a);
	image_facts_free(&c.b);
	return e;
}

static void print_changes(const struct input_changes *c, bool json)
{
	struct json_object *list = json ? json_object_new_array() : NULL;

	for (size_t i = 0; i < c->all.count; i++) {
		const struct input_change *ch = &c->all.items[i];
		AUTOFREE char *text = input_change_text(ch);
		if (!json) {
			print_text(stdout, text);
			putchar('\n');
			continue;
		}
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "kind", json_text(ch->kind));
		json_object_object_add(o, "name", json_text(ch->name));
		json_object_object_add(o, "before", json_text(ch->before));
		json_object_object_add(o, "after", json_text(ch->after));
		json_object_object_add(o, "text", json_text(text));
		json_object_array_add(list, o);
	}
	if (json)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (c->all.count == 0)
		say("%s", "no change since it was built");
	json_object_put(list);
}

/* One image with the system that it was built from, as that is now. */
static struct err *diff_since(const char *path, const char *sysroot, bool json)
{
	CLEANUP(image_close) struct image img = {0};
	CLEANUP(inputs_free) struct inputs then = {0};
	CLEANUP(input_changes_free) struct input_changes changes = {0};
	bool found;

	TRY(image_open(path, &img));
	TRY(err_wrap(inputs_read(&img, &then, &found), "%s", path));
	if (!found) {
		const char *maker = image_maker(&img);
		return err_new(EXIT_FAILED,
			       "%s, made by %s, does not say what it was built from: compare it with another image",
			       path, maker ? maker : "an unknown tool");
	}
	inputs_changed(&then, sysroot, &changes);
	print_changes(&changes, json);
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'}, {"sysroot", required_argument, NULL, 's'}, {0}};
	const char *named = NULL;
	bool json = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return option_error(argv, options);
		json |= c == 'j';
		if (c == 's')
			named = optarg;
	}
	int images = argc - optind;
	if (images < 1 || images > 2 || (images == 2 && named))
		return err_new(EXIT_USAGE,
			       "diff wants two images, or one and perhaps --sysroot: see rootward diff --help");
	AUTOFREE char *sysroot = sysroot_name(named);
	if (images == 1)
		return diff_since(argv[optind], sysroot, json);
	return diff(argv[optind], argv[optind + 1], json);
}

const struct command cmd_diff = {
    .name = "diff",
    .synopsis = "[--json] IMAGE IMAGE | [--json] [--sysroot DIR] IMAGE",
    .summary = "compare two images by cause, or one with the system",
    .help = "  --json  the same for programs\n\n"
	    "Groups what was added (+), removed (-) and changed (~: contents, mode, owner, device number) by what put\n"
	    "it there and why. Of directories, only mode and owner of those that are in both are compared.\n"
	    "Modules are the same ones whatever their kernel's release and compression. Settings and modprobe.d lines "
	    "too.\n"
	    "With one IMAGE: what it was built from and has changed since, below DIR or on this system.\n",
    .run = run,
};
