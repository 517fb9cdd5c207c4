/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording what an image is built from. */
#include "inputs.h"

#include <string.h>

#include "../early-init/hooks.h"
#include "content_hash.h"
#include "firmware.h"
#include "kernel.h"
#include "microcode.h"
#include "parallel.h"
#include "payload.h"
#include "sysroot.h"

#define HEADER "rootward-inputs 1\n"

const char *inputs_file_value(struct arena *a, const char *path)
{
	struct file_map map = {0};
	char text[CONTENT_HASH_TEXT];
	uint64_t hash[2];
	struct err *e = file_map(path, &map);

	if (e) {
		err_free(e);
		return INPUT_ABSENT;
	}
	content_hash(map.data, map.size, hash);
	file_unmap(&map);
	content_hash_text(hash, text);
	return arena_strdup(a, text);
}

static void add(struct inputs *in, const char *kind, const char *value, const char *name)
{
	struct input i = {kind, value, arena_strdup(&in->arena, name)};

	/* A tab or newline in a name would make two inputs of it; nothing that Rootward reads by itself has one. */
	if (!strpbrk(name, "\t\n"))
		VEC_PUSH(&in->all, i);
}

/* PATH below SYSROOT as it is known inside of it. */
static const char *below(const char *sysroot, const char *path)
{
	size_t len = strlen(sysroot);

	return strncmp(path, sysroot, len) == 0 && path[len] == '/' ? path + len : path;
}

/* Hash of the file that PATH is inside of SYSROOT. */
static const char *value_below(struct arena *a, const char *sysroot, const char *path)
{
	AUTOFREE char *host = sysroot_host_path(sysroot, path);

	return inputs_file_value(a, host);
}

static void add_config(struct inputs *in, const struct inputs_place *place)
{
	AUTOFREE char *shipped = path_join(config_datadir(), "conf.d/");
	size_t len = strlen(shipped);

	for (size_t i = 0; i < place->config->files.count; i++) {
		const char *path = place->config->files.items[i], *slash = strrchr(path, '/');
		const char *value = value_below(&in->arena, place->config_dir ? "" : place->sysroot, path);
		if (place->config_dir) {
			AUTOFREE char *name = path_join("--config", slash ? slash + 1 : path);
			add(in, "config", value, name);
		} else if (strncmp(path, shipped, len) == 0) {
			add(in, "shipped", value, path + len - strlen("conf.d/"));
		} else {
			add(in, "config", value, below(place->sysroot, path));
		}
	}
}

struct conf_context {
	struct inputs *in;
	const char *sysroot;
};

static void add_conf(void *arg, const char *path)
{
	struct conf_context *c = arg;

	add(c->in, "modprobe.d", value_below(&c->in->arena, c->sysroot, path), below(c->sysroot, path));
}

static void add_directories(struct inputs *in, const char *sysroot)
{
	static const char *const stages[] = {HOOK_STAGES};
	const char *dir;

	for (unsigned i = 0; (dir = microcode_directory(i)); i++)
		add(in, "system", inputs_directory_value(&in->arena, sysroot, dir, true), dir);
	/* The bytes of hooks are inputs of their own. */
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		AUTOFREE char *path = xasprintf(HOOK_DIR "/%s", stages[i]);
		add(in, "system", inputs_directory_value(&in->arena, sysroot, path, false), path);
	}
}

const char *inputs_firmware_value(struct arena *a, const struct inputs_place *place, const char *name)
{
	AUTOFREE char *places = firmware_places(place->sysroot, place->release, name);

	if (!places)
		return INPUT_ABSENT;
	return strchr(places, '\n') ? inputs_text_value(a, places, strlen(places)) : arena_strdup(a, places);
}

void inputs_add_firmware(struct inputs *in, const struct inputs_place *place, const char *name)
{
	add(in, "firmware", inputs_firmware_value(&in->arena, place, name), name);
}

/* A file that a pattern would bring today is told by this alone. */
static void add_feature_files(struct inputs *in, const struct inputs_place *place)
{
	const struct config_words *features = &place->config->image.features;

	for (size_t i = 0; i < features->words.count; i++) {
		const struct feature *f = config_feature(place->config, features->words.items[i].text);
		for (size_t n = 0; f && n < f->files.words.count; n++) {
			const char *word = f->files.words.items[n].text;
			const char *value = inputs_files_value(&in->arena, place->sysroot, word);
			if (value)
				add(in, "files", value, word);
		}
	}
}

void inputs_add_surroundings(struct inputs *in, const struct inputs_place *place)
{
	static const char *const system_files[] = {"/etc/crypttab", "/etc/fstab", "/etc/vconsole.conf",
						   "/etc/default/keyboard", "/etc/default/console-setup"};
	/* As text: the .bin files beside them are made of the same facts. */
	static const char *const tables[] = {"modules.dep",	"modules.alias",   "modules.symbols",
					     "modules.softdep", "modules.weakdep", "modules.builtin"};
	struct conf_context context = {in, place->sysroot};

	add(in, "rootward", ROOTWARD_VERSION, "version");
	add(in, "kernel", arena_strdup(&in->arena, place->release), "release");
	if (place->config)
		add_config(in, place);
	kernel_conf_each(place->sysroot, add_conf, &context);
	for (size_t i = 0; i < ARRAY_SIZE(system_files); i++) {
		AUTOFREE char *path = sysroot_path(place->sysroot, system_files[i]);
		add(in, "system", inputs_file_value(&in->arena, path), system_files[i]);
	}
	add_directories(in, place->sysroot);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		AUTOFREE char *path = kernel_dir_file(place->sysroot, place->moddir, tables[i]);
		add(in, "table", inputs_file_value(&in->arena, path), tables[i]);
	}
}

static const char *source_of(const struct entry *e)
{
	return e->input ? e->input : e->source;
}

struct hashing {
	VEC(struct entry *) entries;
};

static void hash_one(void *arg, size_t i)
{
	struct hashing *h = arg;
	struct entry *e = h->entries.items[i];
	struct file_map map = {0};
	struct err *error = file_map(source_of(e), &map);

	/* The packing that follows meets the same error and tells it. */
	if (!error)
		content_hash(map.data, map.size, e->input_hash);
	err_free(error);
	file_unmap(&map);
}

/* Programs that are looked for in several places: found elsewhere, they are still the same input. */
static const char *program_name(const char *path, const char *early_init, const char *busybox)
{
	if (early_init && strcmp(path, early_init) == 0)
		return "early-init";
	return busybox && strcmp(path, busybox) == 0 ? "busybox" : NULL;
}

void inputs_add_contents(struct inputs *in, const struct inputs_place *place, const struct manifest *m)
{
	if (place->config)
		add_feature_files(in, place);
	AUTOFREE char *early_init = payload_find_early_init();
	AUTOFREE char *busybox = payload_find_busybox(place->sysroot);
	size_t moddir_len = strlen(place->moddir);
	struct hashing h = {0};

	for (size_t i = 0; i < m->entries.count; i++) {
		struct entry *e = m->entries.items[i];
		if (source_of(e) && !e->input_hash[0] && !e->input_hash[1])
			VEC_PUSH(&h.entries, e);
	}
	parallel_for(h.entries.count, hash_one, &h);
	VEC_FREE(&h.entries);
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry *e = m->entries.items[i];
		const char *path = source_of(e);
		char text[CONTENT_HASH_TEXT];
		if (!path)
			continue;
		content_hash_text(e->input_hash, text);
		const char *value = arena_strdup(&in->arena, text), *program = program_name(path, early_init, busybox);
		if (program)
			add(in, "program", value, program);
		else if (strncmp(path, place->moddir, moddir_len) == 0 && path[moddir_len] == '/')
			add(in, "module", value, path + moddir_len + 1);
		else
			add(in, "file", value, below(place->sysroot, path));
	}
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct input *x = a, *y = b;
	int r = strcmp(x->kind, y->kind);

	return r ? r : strcmp(x->name, y->name);
}

void inputs_write(struct inputs *in, struct buf *out)
{
	if (in->all.count)
		qsort(in->all.items, in->all.count, sizeof(*in->all.items), by_kind_and_name);
	buf_puts(out, HEADER);
	for (size_t i = 0; i < in->all.count; i++)
		buf_printf(out, "%s\t%s\t%s\n", in->all.items[i].kind, in->all.items[i].value, in->all.items[i].name);
}

struct err *inputs_read(const struct image *img, struct inputs *out, bool *found)
{
	const struct image_entry *e = image_follow(img, INPUTS_PATH, true);

	*found = e != NULL;
	if (!e)
		return NULL;
	char *text = arena_strndup(&out->arena, (const char *)e->data, (size_t)e->size);
	if (strncmp(text, HEADER, strlen(HEADER)) != 0)
		return err_new(EXIT_FAILED, "%s: its version is not known to this rootward", INPUTS_PATH);
	text += strlen(HEADER);
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		const char *kind = strsep(&line, "\t"), *value = strsep(&line, "\t");
		if (!*kind && !value)
			continue;
		if (!value || !line)
			return err_new(EXIT_FAILED, "%s: line %zu is damaged", INPUTS_PATH, out->all.count + 2);
		struct input i = {kind, value, line};
		VEC_PUSH(&out->all, i);
	}
	return NULL;
}

const char *inputs_value(const struct inputs *in, const char *kind)
{
	for (size_t i = 0; i < in->all.count; i++)
		if (strcmp(in->all.items[i].kind, kind) == 0)
			return in->all.items[i].value;
	return NULL;
}

void inputs_free(struct inputs *in)
{
	VEC_FREE(&in->all);
	arena_free(&in->arena);
}
