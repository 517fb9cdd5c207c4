/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules a build takes, and which of them this hardware would use. */
#include <string.h>

#include "alias_map.h"
#include "build.h"
#include "host_select.h"

static struct err *want_host_module(void *arg, const char *module, const char *reason)
{
	struct build *b = arg;
	struct choice *c = select_find(&b->selection, module);

	if (c)
		select_root(&b->selection, c, "hardware", reason);
	return NULL;
}

static bool drives_storage(void *arg, const char *module)
{
	struct build *b = arg;
	const struct choice *c = select_find(&b->selection, module);

	return c && c->classes & (CLASS_STORAGE | CLASS_BUS);
}

/* Whether a feature of the image takes modules of GROUP. */
static bool feature_has(const struct build *b, const char *group)
{
	const struct config_words *names = &b->config.image.features;

	for (size_t i = 0; i < names->words.count; i++) {
		const struct feature *f = config_feature(&b->config, names->words.items[i].text);

		for (size_t w = 0; f && w < f->groups.words.count; w++)
			if (strcmp(f->groups.words.items[w].text, group) == 0)
				return true;
	}
	return false;
}

static bool drives_network(void *arg, const char *module)
{
	struct build *b = arg;
	const struct choice *c = select_find(&b->selection, module);

	return c && c->classes & CLASS_NETWORK && c->group && feature_has(b, c->group->name);
}

static struct err *select_for_host(struct build *b)
{
	const struct host_caller caller = {
	    .want = want_host_module,
	    .drives_storage = drives_storage,
	    .drives_network = drives_network,
	    .arg = b,
	};

	return host_select(b->kernel, &b->profile, &caller);
}

/*
 * What a feature takes of its groups in host mode: of drivers of hardware only those of hardware that is there. A PHY
 * has no modalias that a profile could show (phylib asks for its driver by number), so all of them are taken.
 */
struct host_filter {
	struct strmap drivers; /* modules with an alias of a bus */
	struct strmap here;    /* modules for devices of the profile */
};

static void mark_present(void *arg, struct kmodule *module)
{
	struct host_filter *f = arg;

	strmap_put(&f->here, module->name, module);
}

static bool is_bus_alias(const char *pattern)
{
	static const char *const buses[] = {"pci:",	 "usb:",    "virtio:", "vmbus:", "xen:", "of:",	 "acpi*:",
					    "platform:", "pcmcia:", "pnp:",    "sdio:",	 "ssb:", "bcma:"};

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (strncmp(pattern, buses[i], strlen(buses[i])) == 0)
			return true;
	return false;
}

static bool takes_in_host_mode(void *arg, const struct choice *c)
{
	const struct host_filter *f = arg;

	return !(c->classes & CLASS_NETWORK) || strmap_get(&f->here, c->module->name) ||
	       !strmap_get(&f->drivers, c->module->name);
}

static void fill_host_filter(struct build *b, struct host_filter *f)
{
	const struct kaliases *aliases = &b->kernel->aliases;

	for (size_t i = 0; i < aliases->count; i++)
		if (aliases->items[i].module && is_bus_alias(aliases->items[i].pattern))
			strmap_put(&f->drivers, aliases->items[i].module->name, aliases->items[i].module);
	for (size_t i = 0; i < b->profile.devices.count; i++)
		if (b->profile.devices.items[i].modalias)
			alias_map_each(b->selection.aliases, b->profile.devices.items[i].modalias, mark_present, f);
}

static struct err *select_features(struct build *b)
{
	const struct config_words *names = &b->config.image.features;

	for (size_t i = 0; i < names->words.count; i++) {
		const struct config_word *w = &names->words.items[i];
		const struct feature *f = config_feature(&b->config, w->text);
		if (!f)
			return err_new(EXIT_USAGE, "%s: no feature '%s' in the configuration (it has %zu features)",
				       w->origin, w->text, b->config.features.count);
		TRY(select_feature(&b->selection, f));
	}
	return NULL;
}

/* Configuration is for all kernels, also for one that has not the module: only on the command line it is a mistake. */
static struct err *omit_modules(struct build *b)
{
	const struct config_words *names = &b->config.image.omit_modules;

	for (size_t i = 0; i < names->words.count; i++) {
		const struct config_word *w = &names->words.items[i];
		struct err *e = select_omit(&b->selection, w->text, w->origin);
		if (e && strcmp(w->origin, "--omit-module") == 0)
			return e;
		if (e)
			warn("%s", err_message(e));
		err_free(e);
	}
	return NULL;
}

struct err *build_select(struct build *b)
{
	struct selection *s = &b->selection;
	const struct image_config *im = &b->config.image;

	TRY(select_open(b->kernel, &b->config, b->threads, s));
	TRY(omit_modules(b));
	for (size_t i = 0; i < im->add_modules.words.count; i++) {
		const struct config_word *w = &im->add_modules.words.items[i];
		AUTOFREE char *reason = xasprintf("named by %s", w->origin);
		TRY(err_wrap(select_name(s, w->text, "modules", reason, true), "%s", w->origin));
	}
	if (b->mode == MODE_HOST)
		TRY(select_for_host(b));
	else
		select_generic(s);
	struct host_filter filter = {0};
	if (b->mode == MODE_HOST && b->config.image.features.words.count) {
		fill_host_filter(b, &filter);
		s->feature_takes = takes_in_host_mode;
		s->feature_arg = &filter;
	}
	struct err *e = select_features(b);
	s->feature_takes = NULL;
	strmap_free(&filter.drivers);
	strmap_free(&filter.here);
	TRY(e);
	return select_close_over(s);
}

static void mark_here(void *arg, struct kmodule *module)
{
	struct firmware_report *r = arg;

	for (size_t i = 0; i < r->missing.count; i++)
		if (strcmp(r->missing.items[i].module, module->name) == 0)
			r->missing.items[i].present_here = true;
}

void build_rank_firmware(struct build *b)
{
	b->firmware.ranked = b->has_profile;
	for (size_t i = 0; b->has_profile && b->firmware.missing.count && i < b->profile.devices.count; i++)
		if (b->profile.devices.items[i].modalias)
			alias_map_each(b->selection.aliases, b->profile.devices.items[i].modalias, mark_here,
				       &b->firmware);
}
