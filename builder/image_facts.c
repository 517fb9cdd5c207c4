/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_facts.h"

#include <string.h>
#include <sys/stat.h>

#include "image_index.h"
#include "inputs.h"

static struct image_fact *add(struct image_facts *f, const struct image_fact *fact)
{
	struct image_fact *copy = arena_alloc(&f->arena, sizeof(*copy));

	*copy = *fact;
	if (!strmap_put(&f->by_key, copy->key, copy))
		VEC_PUSH(&f->all, copy);
	return copy;
}

/* "/usr/lib/modules/6.1.0-9/kernel/x.ko.zst" is "/usr/lib/modules/ * /kernel/x.ko" of any release. */
static const char *key_of(struct arena *a, const char *path)
{
	static const char *const roots[] = {"/usr/lib/modules/", "/lib/modules/"};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		size_t len = strlen(roots[i]);
		const char *rest = strncmp(path, roots[i], len) == 0 ? strchr(path + len, '/') : NULL;
		if (!rest)
			continue;
		const char *ko = strstr(rest, ".ko.");
		return arena_printf(a, "/usr/lib/modules/*%.*s", ko ? (int)(ko + 3 - rest) : (int)strlen(rest), rest);
	}
	return path;
}

static void add_file(struct image_facts *f, const struct image_entry *e)
{
	const struct image_cause *c = image_manifest_find(&f->manifest, e->path);

	bool device = S_ISCHR(e->mode) || S_ISBLK(e->mode);

	/* Index, inputs and manifest only tell of the rest. */
	if (strcmp(e->path, MANIFEST_PATH) == 0 || strcmp(e->path, INPUTS_PATH) == 0 ||
	    strcmp(e->path, "/usr" INDEX_PATH) == 0)
		return;
	if (strmap_get(&f->img.by_path, e->path) != e)
		return;
	add(f, &(struct image_fact){.key = key_of(&f->arena, e->path),
				    .name = e->path,
				    .owner = c ? c->owner : "files",
				    .reason = c ? c->reason : "no manifest tells why",
				    .mode = e->mode,
				    .uid = e->uid,
				    .gid = e->gid,
				    .major = device ? e->rdev_major : 0,
				    .minor = device ? e->rdev_minor : 0,
				    .data = e->data,
				    .size = (size_t)e->size,
				    .is_text = S_ISLNK(e->mode)});
}

static void add_text(struct image_facts *f, const char *owner, const char *reason, const char *key, const char *value)
{
	add(f, &(struct image_fact){.key = arena_printf(&f->arena, "%s %s", owner, key),
				    .name = key,
				    .owner = owner,
				    .reason = reason,
				    .data = (const unsigned char *)value,
				    .size = strlen(value),
				    .is_text = true});
}

static void add_conf(struct image_facts *f, const struct boot_index *ix)
{
	static const char *const words[CONF_KINDS] = {
	    [CONF_ALIAS] = "alias",	[CONF_OPTIONS] = "options", [CONF_BLACKLIST] = "blacklist",
	    [CONF_INSTALL] = "install", [CONF_REMOVE] = "remove",   [CONF_SOFTDEP] = "softdep",
	    [CONF_WEAKDEP] = "weakdep", [CONF_LOAD] = "load",
	};

	for (int kind = 0; kind < CONF_KINDS; kind++)
		for (uint32_t i = 0; i < index_conf_count(ix, (enum index_conf_kind)kind); i++) {
			struct index_conf c;
			if (index_conf_at(ix, (enum index_conf_kind)kind, i, &c) < 0)
				continue;
			/* One module may have several lines of a kind: each is a fact of its own. */
			add_text(f, "modprobe.d", "module configuration in the index",
				 arena_printf(&f->arena, "%s %s%s%s", words[kind] ? words[kind] : "?", c.key,
					      c.value ? " " : "", c.value ? c.value : ""),
				 "");
		}
}

static struct err *add_index(struct image_facts *f, const char *path)
{
	struct boot_index ix;
	const char *key, *value;

	TRY(image_open_index(path, &f->index_data, &ix));
	add_text(f, "settings", "kernel", "release", index_kernel_release(&ix));
	for (uint32_t i = 0; index_setting_at(&ix, i, &key, &value); i++)
		add_text(f, "settings", "features' settings in the index", key, value);
	add_conf(f, &ix);
	return NULL;
}

struct err *image_facts_read(const char *path, struct image_facts *out)
{
	bool found;

	TRY(image_open(path, &out->img));
	TRY(err_wrap(image_manifest_read(&out->img, &out->manifest, &found), "%s", path));
	for (size_t i = 0; i < out->img.entries.count; i++)
		add_file(out, &out->img.entries.items[i]);
	if (found)
		return add_index(out, path);
	say("%s has no manifest (not made by rootward): its files are compared, not their causes", path);
	return NULL;
}

bool image_fact_same_data(const struct image_fact *a, const struct image_fact *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

bool image_fact_same(const struct image_fact *a, const struct image_fact *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->major == b->major &&
	       a->minor == b->minor && image_fact_same_data(a, b);
}

void image_facts_free(struct image_facts *f)
{
	VEC_FREE(&f->all);
	strmap_free(&f->by_key);
	image_manifest_free(&f->manifest);
	image_close(&f->img);
	free(f->index_data);
	arena_free(&f->arena);
}
