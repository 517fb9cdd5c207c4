/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module words of the kernel command line: libkmod's (kmod_config_parse_kcmdline) and those of initramfs tools. */
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "modconf.h"
#include "text.h"

/* Next word of *AT, cut out in place; blanks inside double quotes belong to it. NULL at the end. */
static char *next_word(char **at, bool *open_quote)
{
	bool quoted = false;
	char *p = *at;

	while (text_is_space(*p))
		p++;
	char *word = p;
	for (; *p != '\0' && (quoted || !text_is_space(*p)); p++)
		quoted ^= *p == '"';
	*open_quote = quoted;
	*at = *p != '\0' ? p + 1 : p;
	*p = '\0';
	return *word != '\0' ? word : NULL;
}

/* Words of ours whose value is a list of module names. '-' and '_' are the same, as in the kernel. */
static const struct list_word {
	const char *name;
	enum index_conf_kind kind;
	const char *value;
} list_words[] = {
    {"modprobe.blacklist", CONF_BLACKLIST, NULL},  {"module_blacklist", CONF_BLACKLIST, NULL},
    {"rd.driver.blacklist", CONF_BLACKLIST, NULL}, {"rd.driver.pre", CONF_LOAD, NULL},
    {"rd.driver.post", CONF_LOAD, "post"},	   {"modules_load", CONF_LOAD, NULL},
    {"rd.modules_load", CONF_LOAD, NULL},
};

static const struct list_word *find_list_word(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_words); i++) {
		const char *name = list_words[i].name;
		size_t n = 0;
		while (n < len && (name[n] == word[n] || (name[n] == '_' && word[n] == '-')))
			n++;
		if (n == len && name[n] == '\0')
			return &list_words[i];
	}
	return NULL;
}

/*
 * Names of LIST, one directive each. libkmod does not fold '-' in
 * modprobe.blacklist=, so that "foo-bar" forbids nothing there; here it does.
 */
static errint give_list(const struct list_word *w, char *list, modconf_fn *fn, void *arg)
{
	for (char *name; (name = strsep(&list, ",")) != NULL;) {
		size_t len = strcspn(name, "\"");
		name[len] = '\0';
		if (len == 0 || alias_normalize(name, name, len + 1) < 0)
			continue;
		struct modconf_line line = {.kind = w->kind, .key = name, .value = w->value};
		errint r = fn(arg, &line);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * MODULE.PARAM or MODULE.PARAM=VALUE: no dot in PARAM, quotes only in VALUE or
 * around the word. GRUB writes "MODULE.PARAM=VALUE" for MODULE.PARAM="VALUE";
 * it is put back so, as libkmod does.
 */
static errint give_option(char *word, modconf_fn *fn, void *arg)
{
	bool around = *word == '"';
	char *module = word + around;
	char *param = module + strcspn(module, ".=\" ");

	if (*param != '.')
		return 0;
	*param++ = '\0';
	char *equals = param + strcspn(param, ".=\" ");
	if (*equals != '=' && *equals != '\0')
		return 0;
	if (alias_normalize(module, module, strlen(module) + 1) < 0)
		return 0;
	if (around && *equals == '=') {
		memmove(word, module, (size_t)(equals + 1 - module));
		module = word;
		param--;
		*equals = '"';
	}
	struct modconf_line line = {.kind = CONF_OPTIONS, .key = module, .value = param};
	return fn(arg, &line);
}

errint modconf_parse_cmdline(char *line, modconf_fn *fn, void *arg)
{
	bool open_quote;

	for (char *word; (word = next_word(&line, &open_quote)) != NULL;) {
		if (open_quote)
			continue;
		char *name = word + (*word == '"');
		size_t len = strcspn(name, "=");
		const struct list_word *w = name[len] == '=' ? find_list_word(name, len) : NULL;
		char *list = w ? name + len + 1 : NULL;
		if (list && *list == '"')
			list++;
		errint r = w ? give_list(w, list, fn, arg) : give_option(word, fn, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

static errint keep_entry(void *arg, const struct modconf_line *line)
{
	struct modconf *conf = arg;
	struct modconf_entry *entries = reallocarray(conf->entries, conf->count + 1, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	conf->entries = entries;
	struct modconf_entry e = {line->kind, strdup(line->key), line->value ? strdup(line->value) : NULL};
	entries[conf->count++] = e; /* also when incomplete: modconf_free frees it */
	return !e.key || (line->value && !e.value) ? -ENOMEM : 0;
}

errint modconf_from_cmdline(const char *line, struct modconf *out)
{
	*out = (struct modconf){NULL, 0};
	char *copy = strdup(line);
	if (!copy)
		return -ENOMEM;
	errint r = modconf_parse_cmdline(copy, keep_entry, out);
	free(copy);
	if (r < 0)
		modconf_free(out);
	return r;
}

void modconf_free(struct modconf *conf)
{
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->entries[i].key);
		free(conf->entries[i].value);
	}
	free(conf->entries);
	*conf = (struct modconf){NULL, 0};
}
