/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "select.h"

#include <ctype.h>
#include <string.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/index.h"
#include "alias_map.h"
#include "select_symbols.h"

#define PATH_TEXT_MAX 512

/* "kernel/drivers/ata/ahci" of "kernel/drivers/ata/ahci.ko.xz". */
static void bare_path(const char *path, char out[PATH_TEXT_MAX])
{
	const char *end = strstr(path, ".ko");
	size_t len = end ? (size_t)(end - path) : strlen(path);

	if (len >= PATH_TEXT_MAX)
		len = PATH_TEXT_MAX - 1;
	memcpy(out, path, len);
	out[len] = '\0';
}

/* Words are globs; '-' and '_' are the same in names, so names are compared normalised. */
static bool name_matches(const char *pattern, const char *name)
{
	char text[PATH_TEXT_MAX];

	/* Nearly all differ in the first letter already, and there are a million pairs. */
	if (isalnum((unsigned char)*pattern) && *pattern != *name)
		return false;
	return alias_normalize(pattern, text, sizeof(text)) >= 0 && glob_match(text, name);
}

/* Where a module is, and where the kernel's own that it stands in for was; OWN is "" without one. */
struct places {
	char here[PATH_TEXT_MAX], own[PATH_TEXT_MAX];
};

static void find_places(const struct kmodule *m, struct places *out)
{
	bare_path(m->path, out->here);
	out->own[0] = '\0';
	if (m->own_path)
		bare_path(m->own_path, out->own);
}

static bool path_matches(const char *glob, const struct places *p)
{
	return glob_match(glob, p->here) || (p->own[0] && glob_match(glob, p->own));
}

static const struct config_word *match_path(const struct config_words *list, const struct places *p)
{
	for (size_t i = 0; i < list->words.count; i++)
		if (path_matches(list->words.items[i].text, p))
			return &list->words.items[i];
	return NULL;
}

bool select_path_in(const struct config_words *globs, const struct kmodule *m)
{
	struct places places;

	find_places(m, &places);
	return match_path(globs, &places) != NULL;
}

static const struct config_word *match_name(const struct config_words *list, const char *name)
{
	for (size_t i = 0; i < list->words.count; i++)
		if (name_matches(list->words.items[i].text, name))
			return &list->words.items[i];
	return NULL;
}

bool select_excludes(const struct module_group *g, const struct kmodule *m)
{
	struct places places;

	find_places(m, &places);
	for (size_t i = 0; i < g->exclude.words.count; i++) {
		const char *pattern = g->exclude.words.items[i].text;
		if (strchr(pattern, '/') ? path_matches(pattern, &places) : name_matches(pattern, m->name))
			return true;
	}
	return false;
}

static uint32_t class_of(const struct module_group *g)
{
	static const struct {
		const char *word;
		uint32_t class;
	} classes[] = {{"storage", CLASS_STORAGE},   {"bus", CLASS_BUS},	 {"filesystem", CLASS_FILESYSTEM},
		       {"keyboard", CLASS_KEYBOARD}, {"network", CLASS_NETWORK}, {"other", CLASS_OTHER}};

	for (size_t i = 0; g->class && i < ARRAY_SIZE(classes); i++)
		if (strcmp(classes[i].word, g->class) == 0)
			return classes[i].class;
	return CLASS_OTHER;
}

/* C is in group G because of WORD of its list KIND. The first group gives the reason. */
static void join_group(struct selection *s, struct choice *c, const struct module_group *g, const char *kind,
		       const struct config_word *word)
{
	if (select_excludes(g, c->module))
		return;
	c->classes |= class_of(g);
	if (match_name(&g->no_async, c->module->name))
		c->no_async = true;
	if (c->group)
		return;
	c->group = g;
	const char *file = strrchr(word->origin, '/');
	c->selector = arena_printf(&s->arena, "%s (%s: %s = %s)", g->description ? g->description : g->name,
				   file ? file + 1 : word->origin, kind, word->text);
}

static void classify(struct selection *s, struct choice *c)
{
	struct places places;

	find_places(c->module, &places);
	for (size_t i = 0; i < s->config->groups.count; i++) {
		const struct module_group *g = s->config->groups.items[i];
		const struct config_word *w = match_path(&g->paths, &places);
		const char *kind = "paths";

		if (!w) {
			w = match_name(&g->names, c->module->name);
			kind = "names";
		}
		if (w)
			join_group(s, c, g, kind, w);
	}
}

static void classify_by_alias(struct selection *s, const struct module_group *g)
{
	for (size_t w = 0; w < g->aliases.words.count; w++) {
		char pattern[PATH_TEXT_MAX];
		if (alias_normalize(g->aliases.words.items[w].text, pattern, sizeof(pattern)) < 0)
			continue;
		size_t prefix = glob_literal_prefix(pattern);
		for (size_t i = 0; i < s->kernel->aliases.count; i++) {
			const struct kalias *a = &s->kernel->aliases.items[i];
			if (!a->module || a->module->builtin || strncmp(a->pattern, pattern, prefix < 4 ? prefix : 4))
				continue;
			/* The alias itself is a pattern; here it is text, in which brackets stay as they are. */
			char alias[PATH_TEXT_MAX];
			if (alias_normalize(a->pattern, alias, sizeof(alias)) >= 0 && glob_match(pattern, alias))
				join_group(s, select_find(s, a->module->name), g, "aliases",
					   &g->aliases.words.items[w]);
		}
	}
}

static void on_symbol(void *arg, struct choice *c, const struct module_group *g, const struct config_word *word)
{
	join_group(arg, c, g, "symbols", word);
}

struct err *select_open(const struct kernel *k, const struct config *c, unsigned threads, struct selection *out)
{
	out->kernel = k;
	out->config = c;
	out->aliases = alias_map_new(k);
	for (size_t i = 0; i < k->modules.count; i++) {
		struct kmodule *m = k->modules.items[i];
		if (m->builtin)
			continue;
		struct choice *ch = arena_alloc(&out->arena, sizeof(*ch));
		*ch = (struct choice){.module = m};
		VEC_PUSH(&out->all, ch);
		strmap_put(&out->by_name, m->name, ch);
		classify(out, ch);
	}
	for (size_t i = 0; i < c->groups.count; i++)
		classify_by_alias(out, c->groups.items[i]);
	return select_by_symbols(out, threads, on_symbol, out);
}

void select_close(struct selection *s)
{
	alias_map_free(s->aliases);
	VEC_FREE(&s->all);
	VEC_FREE(&s->chosen);
	strmap_free(&s->by_name);
	strmap_free(&s->wants);
	arena_free(&s->arena);
}

struct choice *select_find(const struct selection *s, const char *name)
{
	char text[PATH_TEXT_MAX];

	if (modname_normalize(name, text, sizeof(text)) < 0)
		return NULL;
	return strmap_get(&s->by_name, text);
}

static struct err *no_such_module(const struct selection *s, const char *name)
{
	AUTOFREE const char **names = xcalloc(s->all.count, sizeof(*names));

	for (size_t i = 0; i < s->all.count; i++)
		names[i] = s->all.items[i]->module->name;
	const char *near = nearest_name(name, names, s->all.count);
	return err_new(EXIT_FAILED, "no module '%s' in kernel %s%s%s%s", name, s->kernel->release,
		       near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

struct err *select_omit(struct selection *s, const char *name, const char *origin)
{
	struct choice *c = select_find(s, name);

	if (!c && kernel_module(s->kernel, name))
		return err_new(EXIT_FAILED, "%s: module %s is built into kernel %s: it cannot be left out", origin,
			       name, s->kernel->release);
	if (!c)
		return err_wrap(no_such_module(s, name), "%s", origin);
	c->omitted = true;
	return NULL;
}

void select_root(struct selection *s, struct choice *c, const char *owner, const char *reason)
{
	if (c->in_image || c->omitted)
		return;
	c->in_image = true;
	c->owner = owner;
	c->reason = arena_strdup(&s->arena, reason);
	VEC_PUSH(&s->chosen, c);
}

struct name_root {
	struct selection *s;
	const char *owner, *reason;
};

static void root_found(void *arg, struct kmodule *module)
{
	struct name_root *r = arg;
	struct choice *c = module->builtin ? NULL : select_find(r->s, module->name);

	if (c)
		select_root(r->s, c, r->owner, r->reason);
}

struct err *select_name(struct selection *s, const char *name, const char *owner, const char *reason, bool required)
{
	struct name_root r = {s, owner, reason};

	if (alias_map_each(s->aliases, name, root_found, &r) || !required)
		return NULL;
	return no_such_module(s, name);
}

static bool kept_for_feature(const struct selection *s, const struct module_group *g)
{
	for (size_t i = 0; i < s->config->features.count; i++) {
		const struct config_words *groups = &s->config->features.items[i]->groups;
		for (size_t w = 0; w < groups->words.count; w++)
			if (strcmp(groups->words.items[w].text, g->name) == 0)
				return true;
	}
	return false;
}

void select_generic(struct selection *s)
{
	for (size_t i = 0; i < s->all.count; i++) {
		struct choice *c = s->all.items[i];
		if (c->group && !kept_for_feature(s, c->group))
			select_root(s, c, "modules", c->selector);
	}
}

struct err *select_feature(struct selection *s, const struct feature *f)
{
	const char *owner = arena_printf(&s->arena, "feature:%s", f->name);

	for (size_t i = 0; i < f->groups.words.count; i++) {
		const struct config_word *w = &f->groups.words.items[i];
		size_t found = 0;
		for (size_t g = 0; g < s->config->groups.count; g++)
			found += strcmp(s->config->groups.items[g]->name, w->text) == 0;
		if (!found)
			return err_new(EXIT_USAGE, "%s: feature %s: no section [modules %s]", w->origin, f->name,
				       w->text);
		for (size_t m = 0; m < s->all.count; m++) {
			struct choice *c = s->all.items[m];
			if (c->group && strcmp(c->group->name, w->text) == 0 &&
			    (!s->feature_takes || s->feature_takes(s->feature_arg, c)))
				select_root(s, c, owner, c->selector);
		}
	}
	for (size_t i = 0; i < f->modules.words.count; i++) {
		const struct config_word *w = &f->modules.words.items[i];
		AUTOFREE char *reason = xasprintf("named by feature %s (%s)", f->name, w->origin);
		TRY(select_name(s, w->text, owner, reason, false));
	}
	return NULL;
}
