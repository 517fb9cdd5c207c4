/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chosen modules on their way into the image, and the boot index that describes them. */
#include <fnmatch.h>
#include <string.h>

#include "build.h"
#include "index_write.h"
#include "module_elf.h"

/* Whether M is kept uncompressed: undoing it costs most boots more than its bytes. */
static bool stored_plain(const struct build *b, const struct kmodule *m)
{
	const struct config_words *list = &b->config.image.plain_modules;

	for (size_t i = 0; i < list->words.count; i++)
		if (fnmatch(list->words.items[i].text, m->name, 0) == 0)
			return true;
	return false;
}

/* "kernel/drivers/ata/ahci.ko" of "kernel/drivers/ata/ahci.ko.xz", with the suffix of the image. */
static char *image_path(const struct build *b, const char *prefix, const struct kmodule *m)
{
	const char *ko = NULL;

	for (const char *p = strstr(m->path, ".ko"); p; p = strstr(p + 1, ".ko"))
		ko = p;
	int len = ko ? (int)(ko - m->path) + 3 : (int)strlen(m->path);
	return arena_printf((struct arena *)(uintptr_t)&b->manifest.arena, "%s/lib/modules/%s/%.*s%s", prefix,
			    b->kernel->release, len, m->path, stored_plain(b, m) ? "" : pack_module_suffix(&b->pack));
}

struct err *build_add_modules(struct build *b)
{
	for (size_t i = 0; i < b->selection.chosen.count; i++) {
		const struct choice *c = b->selection.chosen.items[i];
		AUTOFREE char *source = kernel_dir_file(b->sysroot, b->kernel->moddir, c->module->path);
		struct build_module bm = {.choice = c};
		struct entry e = {
		    .path = image_path(b, "/usr", c->module),
		    .type = ENTRY_FILE,
		    .mode = 0644,
		    .segment = SEG_MODULES,
		    .owner = c->owner,
		    .reason = c->reason,
		    .because = c->parent ? image_path(b, "/usr", c->parent->module) : NULL,
		    .source = source,
		    .plain = stored_plain(b, c->module),
		    .order = (uint32_t)i,
		};
		TRY(manifest_add(&b->manifest, &e, &bm.entry));
		VEC_PUSH(&b->modules, bm);
	}
	return NULL;
}

/*
 * Facts of a module, as the cache keeps them: the firmware that it names, one
 * a line, an empty line, then what verify_extract() wrote.
 */
static void put_firmware(void *arg, const char *key, const char *value)
{
	if (strcmp(key, "firmware") == 0 && *value && !strchr(value, '\n'))
		buf_printf(arg, "%s\n", value);
}

static void extract(const void *data, size_t size, struct buf *facts)
{
	/* Bytes that are no module are a finding of the verification: that is where they are told. */
	err_free(module_elf_modinfo(data, size, put_firmware, facts));
	buf_puts(facts, "\n");
	verify_extract(data, size, facts);
}

/* In a worker thread: each touches only the module it was given. */
static struct err *take(void *arg, struct entry *e, const char *facts, size_t size)
{
	struct build *b = arg;
	struct build_module *bm = &b->modules.items[e->order];
	const char *end = facts + size;

	while (facts < end && *facts != '\n') {
		const char *line = facts;
		while (facts < end && *facts != '\n')
			facts++;
		VEC_PUSH(&bm->firmware, xstrndup(line, (size_t)(facts - line)));
		facts += facts < end;
	}
	facts += facts < end;
	verify_add_facts(b->verify, bm->choice->module->name, facts, (size_t)(end - facts));
	return NULL;
}

static struct err *unreadable(void *arg, struct entry *e, struct err *why)
{
	struct build *b = arg;

	verify_unreadable(b->verify, b->modules.items[e->order].choice->module->name, why);
	return NULL;
}

/* The options of modprobe.d for modules that are in the image. */
static void verify_conf(struct build *b)
{
	for (size_t i = 0; i < b->kernel->conf.count; i++) {
		const struct kconf *line = &b->kernel->conf.items[i];
		const struct choice *c = line->kind == CONF_OPTIONS ? select_find(&b->selection, line->key) : NULL;
		if (c && c->in_image && line->value)
			verify_options(b->verify, c->module->name, line->value, line->source);
	}
}

struct err *build_prepare_modules(struct build *b)
{
	struct pack_verify v = {extract, take, unreadable, b};

	TRY(pack_prepare_modules(&b->manifest, &b->pack, b->cache, &v));
	verify_conf(b);
	for (size_t i = 0; i < b->modules.count; i++) {
		struct build_module *bm = &b->modules.items[i];
		for (size_t f = 0; f < bm->firmware.count; f++)
			TRY(firmware_add(&b->manifest, b->kernel, bm->firmware.items[f], bm->choice->module->name,
					 bm->entry->path, &b->firmware));
	}
	return NULL;
}

/* Why a module that a machine may need is not in the image; NULL: nobody would miss it. */
static const char *absent_reason(const struct build *b, const struct choice *c)
{
	const uint32_t missed = CLASS_STORAGE | CLASS_BUS | CLASS_FILESYSTEM | CLASS_NETWORK | CLASS_KEYBOARD;

	if (c->omitted)
		return "omitted by configuration";
	if (!(c->classes & missed))
		return NULL;
	if (b->mode == MODE_HOST)
		return "left out by host mode";
	if (c->classes & CLASS_NETWORK)
		return "network drivers are only in images with --feature network";
	return "not chosen by the configuration";
}

static void choose(void *arg, const struct kmodule *m, struct index_choice *out)
{
	struct build *b = arg;
	const struct choice *c = m->builtin ? NULL : select_find(&b->selection, m->name);

	*out = (struct index_choice){.flags = m->builtin ? MODULE_BUILTIN : 0};
	if (!c)
		return;
	if (c->classes & (CLASS_STORAGE | CLASS_BUS))
		out->flags |= MODULE_STORAGE;
	else if (c->classes & CLASS_KEYBOARD)
		out->flags |= MODULE_KEYBOARD;
	else if (c->classes & CLASS_NETWORK)
		out->flags |= MODULE_NETWORK;
	if (c->no_async)
		out->flags |= MODULE_NO_ASYNC;
	if (c->in_image) {
		out->flags |= MODULE_PRESENT;
		out->image_path = image_path(b, "", m);
		return;
	}
	out->absent_reason = absent_reason(b, c);
	if (out->absent_reason)
		out->flags |= MODULE_ABSENT;
}

typedef VEC(struct index_setting) settings_vec;

static void add_setting(settings_vec *v, const char *key, const char *value)
{
	if (value)
		VEC_PUSH(v, ((struct index_setting){key, value}));
}

/* The machine's own file system where the image is for one machine. */
static const char *root_filesystem(const struct build *b)
{
	const struct hw_stack *s = b->mode == MODE_HOST && b->has_profile ? profile_stack(&b->profile, "/") : NULL;

	return s && s->fstype ? s->fstype : b->config.image.root_filesystem;
}

/* The words of LIST between blanks, NULL for none; lives as long as the configuration. */
static const char *join_words(struct build *b, const struct config_words *list)
{
	const char *text = NULL;

	for (size_t i = 0; i < list->words.count; i++)
		text = arena_printf(&b->config.arena, "%s%s%s", text ? text : "", text ? " " : "",
				    list->words.items[i].text);
	return text;
}

/* [image] keys that early-init reads, then the features' own. */
static struct err *collect_settings(struct build *b, settings_vec *v)
{
	const struct image_config *im = &b->config.image;

	add_setting(v, "emergency-password", im->emergency_password);
	add_setting(v, "emergency-shell", im->emergency_shell);
	add_setting(v, "timeout", im->timeout);
	add_setting(v, "hook-timeout", im->hook_timeout);
	add_setting(v, "root-filesystem", root_filesystem(b));
	add_setting(v, "disk-drivers", join_words(b, &im->disk_drivers));
	add_setting(v, "load-requests", join_words(b, &im->load_requests));
	add_setting(v, "mode", b->mode == MODE_HOST ? "host" : "generic");
	for (size_t i = 0; i < im->features.words.count; i++) {
		const struct feature *f = config_feature(&b->config, im->features.words.items[i].text);
		for (size_t s = 0; f && s < f->settings.words.count; s++) {
			const struct config_word *w = &f->settings.words.items[s];
			const char *eq = strchr(w->text, '=');
			if (!eq || eq == w->text)
				return err_new(EXIT_USAGE, "%s: setting '%s' of feature %s: not KEY=VALUE", w->origin,
					       w->text, f->name);
			add_setting(v, arena_strndup(&b->config.arena, w->text, (size_t)(eq - w->text)), eq + 1);
		}
	}
	return NULL;
}

struct err *build_add_index(struct build *b)
{
	settings_vec settings = {0};
	unsigned char *data = NULL;
	size_t size;

	struct err *e = collect_settings(b, &settings);
	if (!e)
		e = index_write(b->kernel, choose, b, settings.items, settings.count, &data, &size);
	VEC_FREE(&settings);
	if (e)
		return err_wrap(e, "boot index");
	struct entry index = {
	    .path = "/usr/lib/rootward/index",
	    .type = ENTRY_FILE,
	    .mode = 0644,
	    .segment = SEG_MAIN,
	    .owner = "base",
	    .reason = "what early-init knows of the kernel's modules",
	    .data = data,
	    .size = size,
	    .data_owned = true,
	};
	return manifest_add(&b->manifest, &index, NULL);
}
