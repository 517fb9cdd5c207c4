/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as it was read: its sections and words, and their end. */
#include "config.h"

#include <string.h>

void config_add_word(struct config *c, struct config_words *list, const char *text, const char *origin)
{
	struct config_word w = {arena_strdup(&c->arena, text), origin};

	VEC_PUSH(&list->words, w);
}

struct feature *config_feature(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->features.count; i++)
		if (strcmp(c->features.items[i]->name, name) == 0)
			return c->features.items[i];
	return NULL;
}

char *config_section(const struct config *c, const char *kind, size_t i, const char **name)
{
	*name = NULL;
	if (strcmp(kind, "image") == 0)
		return i == 0 ? (char *)(uintptr_t)&c->image : NULL;
	if (strcmp(kind, "hooks") == 0)
		return i == 0 ? (char *)(uintptr_t)&c->hooks : NULL;
	if (strcmp(kind, "modules") == 0 && i < c->groups.count) {
		*name = c->groups.items[i]->name;
		return (char *)c->groups.items[i];
	}
	if (strcmp(kind, "feature") == 0 && i < c->features.count) {
		*name = c->features.items[i]->name;
		return (char *)c->features.items[i];
	}
	if (strcmp(kind, "requests") == 0 && i < c->requests.count) {
		*name = c->requests.items[i]->module;
		return (char *)c->requests.items[i];
	}
	return NULL;
}

static void free_words(struct config *c, const char *kind)
{
	char *target;
	const char *name;

	for (size_t i = 0; (target = config_section(c, kind, i, &name)); i++)
		for (size_t k = 0; k < config_key_count; k++)
			if (strcmp(config_keys[k].section, kind) == 0 && config_keys[k].type == CONFIG_WORDS)
				VEC_FREE(&((struct config_words *)(void *)(target + config_keys[k].offset))->words);
}

void config_free(struct config *c)
{
	free_words(c, "image");
	free_words(c, "modules");
	free_words(c, "feature");
	free_words(c, "requests");
	VEC_FREE(&c->groups);
	VEC_FREE(&c->features);
	VEC_FREE(&c->requests);
	VEC_FREE(&c->files);
	strmap_free(&c->origins);
	arena_free(&c->arena);
}
