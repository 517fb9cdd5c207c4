/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image was built from against what is there now. */
#include <string.h>

#include "inputs.h"
#include "kernel.h"
#include "parallel.h"
#include "payload.h"
#include "sysroot.h"

/*
 * Kinds of which an image has what it took, and not all that there is: each one is looked at again. More modules are
 * told by the tables, more features by the configuration; a library that would be found elsewhere is not told.
 */
static const char *const content_kinds[] = {"module", "program", "file", "files", "firmware"};

static bool is_content(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(content_kinds); i++)
		if (strcmp(kind, content_kinds[i]) == 0)
			return true;
	return false;
}

/* Host path of the content input I (malloc), NULL: nowhere. */
static char *content_path(const struct input *i, const char *sysroot, const char *moddir)
{
	if (strcmp(i->kind, "module") == 0)
		return kernel_dir_file(sysroot, moddir, i->name);
	if (strcmp(i->kind, "file") == 0)
		return sysroot_path(sysroot, i->name);
	return strcmp(i->name, "busybox") == 0 ? payload_find_busybox(sysroot) : payload_find_early_init();
}

struct content_check {
	const struct inputs *then;
	const struct inputs_place *place;
	struct slot {
		struct arena arena; /* of its own: arenas are not shared between threads */
		const char *now;
	} * slots; /* one for each input */
};

static void check_one(void *arg, size_t n)
{
	struct content_check *c = arg;
	const struct input *i = &c->then->all.items[n];

	if (!is_content(i->kind))
		return;
	if (strcmp(i->kind, "firmware") == 0) {
		c->slots[n].now = inputs_firmware_value(&c->slots[n].arena, c->place, i->name);
		return;
	}
	if (strcmp(i->kind, "files") == 0) {
		const char *now = inputs_files_value(&c->slots[n].arena, c->place->sysroot, i->name);
		c->slots[n].now = now ? now : INPUT_ABSENT;
		return;
	}
	AUTOFREE char *path = content_path(i, c->place->sysroot, c->place->moddir);
	c->slots[n].now = path ? inputs_file_value(&c->slots[n].arena, path) : INPUT_ABSENT;
}

static void add(struct input_changes *out, const char *kind, const char *name, const char *before, const char *after)
{
	struct arena *a = &out->arena;
	struct input_change c = {arena_strdup(a, kind), arena_strdup(a, name), arena_strdup(a, before),
				 arena_strdup(a, after)};

	VEC_PUSH(&out->all, c);
}

static void compare_contents(const struct inputs *then, const struct inputs_place *place, struct input_changes *out)
{
	AUTOFREE struct slot *slots = xcalloc(then->all.count + 1, sizeof(*slots));
	struct content_check c = {then, place, slots};

	parallel_for(then->all.count, check_one, &c);
	for (size_t n = 0; n < then->all.count; n++) {
		const struct input *i = &then->all.items[n];
		if (slots[n].now && strcmp(slots[n].now, i->value) != 0)
			add(out, i->kind, i->name, i->value, slots[n].now);
		arena_free(&slots[n].arena);
	}
}

static const struct input *find(const struct inputs *in, const struct input *like)
{
	for (size_t i = 0; i < in->all.count; i++)
		if (strcmp(in->all.items[i].kind, like->kind) == 0 && strcmp(in->all.items[i].name, like->name) == 0)
			return &in->all.items[i];
	return NULL;
}

/* Both are short: some tens of files. */
static void compare_surroundings(const struct inputs *then, const struct inputs *now, struct input_changes *out)
{
	for (size_t n = 0; n < then->all.count; n++) {
		const struct input *old = &then->all.items[n], *new;
		if (is_content(old->kind))
			continue;
		new = find(now, old);
		if (!new || strcmp(new->value, old->value) != 0)
			add(out, old->kind, old->name, old->value, new ? new->value : INPUT_ABSENT);
	}
	for (size_t n = 0; n < now->all.count; n++) {
		const struct input *new = &now->all.items[n];
		if (!find(then, new))
			add(out, new->kind, new->name, INPUT_ABSENT, new->value);
	}
}

void inputs_changed(const struct inputs *then, const char *sysroot, struct input_changes *out)
{
	const char *release = inputs_value(then, "kernel");
	struct inputs now = {0};
	struct config config = {0};

	if (!release)
		release = "";
	AUTOFREE char *found = kernel_module_dir(sysroot, release);
	AUTOFREE char *moddir = found ? STEAL_POINTER(found) : xasprintf("%s/lib/modules/%s", sysroot, release);
	struct inputs_place place = {sysroot, release, moddir, &config, NULL};
	struct err *e = config_read(sysroot, NULL, &config);
	if (e)
		add(out, "configuration", err_message(e), "", "");
	err_free(e);
	inputs_add_surroundings(&now, &place);
	compare_surroundings(then, &now, out);
	compare_contents(then, &place, out);
	inputs_free(&now);
	config_free(&config);
}

char *input_change_text(const struct input_change *c)
{
	bool is_path = *c->name == '/';
	const char *kind = is_path ? "" : c->kind, *space = is_path ? "" : " ";

	if (strcmp(c->kind, "configuration") == 0)
		return xasprintf("the configuration cannot be read: %s", c->name);
	if (strcmp(c->kind, "rootward") == 0)
		return xasprintf("rootward is %s now and was %s", c->after, c->before);
	if (strcmp(c->after, INPUT_ABSENT) == 0)
		return xasprintf("%s%s%s is gone", kind, space, c->name);
	if (strcmp(c->before, INPUT_ABSENT) == 0)
		return xasprintf("%s%s%s is new", kind, space, c->name);
	if (strcmp(c->kind, "files") == 0)
		return xasprintf("%s has other files", c->name);
	if (strcmp(c->kind, "firmware") == 0 && *c->before == '/' && *c->after == '/')
		return xasprintf("firmware %s is %s now and was %s", c->name, c->after, c->before);
	return xasprintf("%s%s%s changed", kind, space, c->name);
}

void input_changes_free(struct input_changes *c)
{
	VEC_FREE(&c->all);
	arena_free(&c->arena);
}
