/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the text of a configuration file says, by the table of keys. */
#include <ini.h>
#include <string.h>

#include "config.h"

/* inih's MAX_SECTION without "[" and the NUL. */
#define SECTION_MAX 49

/* Where parsing stands; inih tells its handler neither line nor file. */
struct parser {
	struct config *config;
	const char *name, *next; /* file name for origins; rest of the text */
	unsigned line;
	const char *text;  /* of the line that was read last; the end of it is at a newline */
	struct err *error; /* first one */
};

/* inih's reader: one line into STR. A line longer than inih's buffer would be read as two: an error instead. */
static char *read_line(char *str, int num, void *stream)
{
	struct parser *p = stream;
	size_t len = strcspn(p->next, "\n");

	if (!*p->next || p->error)
		return NULL;
	p->line++;
	p->text = p->next;
	/* inih cuts a longer one, and would take two of them for one. */
	if (*p->next == '[' && strcspn(p->next, "]\n") > SECTION_MAX) {
		p->error =
		    err_new(EXIT_USAGE, "%s:%u: name of a section longer than %d bytes", p->name, p->line, SECTION_MAX);
		return NULL;
	}
	if (len + 2 > (size_t)num) {
		p->error =
		    err_new(EXIT_USAGE, "%s:%u: line longer than %d bytes: continue the value on an indented line",
			    p->name, p->line, num - 2);
		return NULL;
	}
	memcpy(str, p->next, len);
	str[len] = '\0';
	p->next += len + (p->next[len] == '\n');
	return str;
}

static const char *origin_of(struct parser *p)
{
	return arena_printf(&p->config->arena, "%s:%u", p->name, p->line);
}

/* Section "KIND NAME" split; NAME is NULL where there is none. */
static const char *section_kind(struct config *c, const char *section, const char **name)
{
	size_t len = strcspn(section, " \t");
	const char *rest = section + len + strspn(section + len, " \t");

	*name = *rest ? rest : NULL;
	return arena_strndup(&c->arena, section, len);
}

#define FIND_OR_ADD(c, list, field, value, from) \
	({ \
		__typeof__((list)->items[0]) found_ = NULL; \
		for (size_t i_ = 0; i_ < (list)->count && !found_; i_++) \
			if (strcmp((list)->items[i_]->field, (value)) == 0) \
				found_ = (list)->items[i_]; \
		if (!found_) { \
			found_ = arena_alloc(&(c)->arena, sizeof(*found_)); \
			memset(found_, 0, sizeof(*found_)); \
			found_->field = arena_strdup(&(c)->arena, (value)); \
			found_->origin = (from); \
			VEC_PUSH((list), found_); \
		} \
		found_; \
	})

/* The structure that a key of section KIND NAME is stored in; NULL when the name is missing or too much. */
static void *section_target(struct parser *p, const char *kind, const char *name, const char *key)
{
	struct config *c = p->config;

	if (strcmp(kind, "image") == 0)
		return name ? NULL : &c->image;
	if (strcmp(kind, "hooks") == 0)
		return name ? NULL : &c->hooks;
	if (strcmp(kind, "requests") == 0)
		return name ? NULL : FIND_OR_ADD(c, &c->requests, module, key, origin_of(p));
	if (!name)
		return NULL;
	if (strcmp(kind, "modules") == 0)
		return FIND_OR_ADD(c, &c->groups, name, name, origin_of(p));
	return FIND_OR_ADD(c, &c->features, name, name, origin_of(p));
}

static struct err *unknown_section(struct parser *p, const char *kind)
{
	static const char *const kinds[] = {"image", "hooks", "modules", "feature", "requests"};
	const char *near = nearest_name(kind, kinds, ARRAY_SIZE(kinds));

	return err_new(EXIT_USAGE, "%s:%u: unknown section [%s]%s%s%s", p->name, p->line, kind,
		       near ? ": did you mean ["
			    : ": known are [image] [hooks] [modules NAME] [feature NAME] [requests]",
		       near ? near : "", near ? "]?" : "");
}

static struct err *unknown_key(struct parser *p, const char *kind, const char *key)
{
	AUTOFREE const char **names = xcalloc(config_key_count, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].section, kind) == 0 && config_keys[i].key)
			names[n++] = config_keys[i].key;
	const char *near = n ? nearest_name(key, names, n) : NULL;
	if (near)
		return err_new(EXIT_USAGE, "%s:%u: unknown key '%s' in [%s]: did you mean '%s'?", p->name, p->line, key,
			       kind, near);
	return err_new(EXIT_USAGE, "%s:%u: unknown key '%s' in [%s]", p->name, p->line, key, kind);
}

static bool in_choices(const char *choices, const char *value)
{
	size_t len = strlen(value);

	for (const char *s = choices; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");
		if (n == len && strncmp(s, value, n) == 0)
			return true;
		s += n;
	}
	return false;
}

/* RANGE: "LEAST GREATEST", both less than 10^9. */
static bool in_range(const char *range, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 9)
		return false;
	unsigned long n = strtoul(value, NULL, 10);
	return n >= strtoul(range, NULL, 10) && n <= strtoul(strchr(range, ' '), NULL, 10);
}

static struct err *check_value(struct parser *p, const struct config_key *k, const char *key, const char *value)
{
	const char *wanted = NULL;

	if (k->type == CONFIG_CHOICE && !in_choices(k->choices, value))
		wanted = k->choices;
	else if (k->type == CONFIG_YES_NO && !in_choices("yes no", value))
		wanted = "yes no";
	else if (k->type == CONFIG_NUMBER && !in_range(k->choices, value))
		return err_new(EXIT_USAGE, "%s:%u: %s = %s: must be a number between these: %s", p->name, p->line, key,
			       value, k->choices);
	if (!wanted)
		return NULL;
	return err_new(EXIT_USAGE, "%s:%u: %s = %s: must be one of: %s", p->name, p->line, key, value, wanted);
}

static void store_words(struct parser *p, struct config_words *list, const char *value)
{
	const char *origin = origin_of(p);

	if (!*value)
		list->words.count = 0;
	for (const char *s = value + strspn(value, " \t"); *s; s += strspn(s, " \t")) {
		size_t len = strcspn(s, " \t");
		struct config_word w = {arena_strndup(&p->config->arena, s, len), origin};

		VEC_PUSH(&list->words, w);
		s += len;
	}
}

/* Whether VALUE is a whole line that inih took for more of the key before it, because it is indented. */
static bool continues(const struct parser *p, const char *value)
{
	size_t indent = strspn(p->text, " \t");

	return indent > 0 && strncmp(p->text + indent, value, strlen(value)) == 0;
}

/* An indented line where only a new key, or nothing, can be meant. */
static struct err *check_continuation(struct parser *p, const char *kind, const struct config_key *k, const char *key,
				      const char *value)
{
	size_t len = strcspn(value, " \t=");
	bool is_assignment = value[len + strspn(value + len, " \t")] == '=';

	if (!continues(p, value))
		return NULL;
	for (size_t i = 0; i < config_key_count && is_assignment; i++)
		if (strcmp(config_keys[i].section, kind) == 0 && config_keys[i].key &&
		    strlen(config_keys[i].key) == len && strncmp(config_keys[i].key, value, len) == 0)
			return err_new(
			    EXIT_USAGE,
			    "%s:%u: this line is indented, so it is more of the value of %s: begin it without "
			    "blanks to set %.*s",
			    p->name, p->line, key, (int)len, value);
	if (k->type == CONFIG_WORDS)
		return NULL;
	return err_new(EXIT_USAGE, "%s:%u: %s has one value on one line: this indented line is more of it", p->name,
		       p->line, key);
}

static struct err *store(struct parser *p, const char *section, const char *key, const char *value)
{
	const char *name;
	const char *kind = section_kind(p->config, section, &name);
	const struct config_key *k = NULL;
	bool known = false;

	for (size_t i = 0; i < config_key_count && !k; i++) {
		if (strcmp(config_keys[i].section, kind) != 0)
			continue;
		known = true;
		if (!config_keys[i].key || strcmp(config_keys[i].key, key) == 0)
			k = &config_keys[i];
	}
	if (!known)
		return unknown_section(p, kind);
	if (!k)
		return unknown_key(p, kind, key);
	char *target = section_target(p, kind, name, key);
	if (!target)
		return err_new(EXIT_USAGE, "%s:%u: [%s]: %s", p->name, p->line, section,
			       name ? "this section has no name" : "needs a name: [modules NAME], [feature NAME]");
	TRY(check_continuation(p, kind, k, key, value));
	TRY(check_value(p, k, key, value));
	if (k->type == CONFIG_WORDS) {
		store_words(p, (struct config_words *)(void *)(target + k->offset), value);
		return NULL;
	}
	const char *text = *value ? arena_strdup(&p->config->arena, value) : NULL;
	memcpy(target + k->offset, &text, sizeof(text));
	strmap_put(&p->config->origins, arena_printf(&p->config->arena, "%s.%s", section, key),
		   (void *)(uintptr_t)origin_of(p));
	return NULL;
}

static int on_value(void *user, const char *section, const char *key, const char *value)
{
	struct parser *p = user;

	if (!p->error)
		p->error = store(p, section, key, value);
	return p->error == NULL;
}

struct err *config_read_text(struct config *c, const char *name, const char *text)
{
	struct parser p = {.config = c, .name = arena_strdup(&c->arena, name), .next = text};
	int bad_line = ini_parse_stream(read_line, &p, on_value, &p);

	if (!p.error && bad_line)
		p.error = err_new(EXIT_USAGE, "%s:%d: neither [section] nor key = value", name, bad_line);
	return p.error;
}
