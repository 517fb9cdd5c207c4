/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe.d(5) as libkmod reads it. The kernel command line: modconf_cmdline.c. */
#include "modconf.h"

#include <string.h>

#include "glob.h"
#include "text.h"

struct source {
	const char *next, *end;
	unsigned line_no;
};

/*
 * Next logical line, unwrapped into OUT (at or before SRC->next, so that it
 * never overtakes it): backslash newline joins, any other backslash goes and
 * leaves the character after it; at the end of the file that is a byte 255
 * (kmod: freadline_wrapped).
 */
static bool next_line(struct source *src, char *out)
{
	const char *start = out;

	src->line_no++;
	while (src->next < src->end && *src->next != '\n') {
		char c = *src->next++;
		if (c == '\\' && src->next < src->end && *src->next == '\n') {
			src->next++;
			src->line_no++;
			continue;
		}
		if (c == '\\')
			c = src->next < src->end ? *src->next++ : (char)0xff;
		*out++ = c;
	}
	bool more = src->next < src->end || out > start;
	if (src->next < src->end)
		src->next++;
	*out = '\0';
	return more;
}

/* As strtok_r with blanks and tabs. */
static char *next_token(char **at)
{
	char *token = *at + strspn(*at, "\t ");

	if (*token == '\0')
		return NULL;
	*at = token + strcspn(token, "\t ");
	if (**at != '\0')
		*(*at)++ = '\0';
	return token;
}

/* What is left of the line, blanks and all; NULL nothing. */
static char *rest_of_line(char **at)
{
	return **at != '\0' ? *at : NULL;
}

/* One word, folded in place. */
static char *next_name(char **at)
{
	char *name = next_token(at);

	return name && alias_normalize(name, name, strlen(name) + 1) >= 0 ? name : NULL;
}

static const struct directive {
	const char *word;
	enum index_conf_kind kind;
	char *(*value)(char **at); /* NULL: the directive has none */
	const char *usage;
} directives[] = {
    {"alias", CONF_ALIAS, next_name, "'alias' needs a pattern and a module name with balanced brackets"},
    {"options", CONF_OPTIONS, rest_of_line, "'options' needs a module name and options"},
    {"blacklist", CONF_BLACKLIST, NULL, "'blacklist' needs a module name"},
    {"install", CONF_INSTALL, rest_of_line, "'install' needs a module name and a command"},
    {"remove", CONF_REMOVE, rest_of_line, "'remove' needs a module name and a command"},
    {"softdep", CONF_SOFTDEP, rest_of_line, "'softdep' needs a module name and pre: or post: modules"},
    {"weakdep", CONF_WEAKDEP, rest_of_line, "'weakdep' needs a module name and modules"},
};

static const struct directive *find_directive(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		if (strcmp(directives[i].word, word) == 0)
			return &directives[i];
	return NULL;
}

/* Fill OUT from LINE (written to). NULL, or why the line means nothing; "" for a blank line or a comment. */
static const char *parse_line(char *line, struct modconf_line *out)
{
	if (*line == '#')
		return "";
	char *word = next_token(&line);
	if (!word)
		return "";
	const struct directive *d = find_directive(word);
	if (!d)
		return "unknown directive";
	char *key = next_name(&line);
	char *value = key && d->value ? d->value(&line) : NULL;
	if (!key || (d->value && !value))
		return d->usage;
	if (d->kind == CONF_OPTIONS)
		for (char *p = value; (p = strchr(p, '\t')) != NULL;)
			*p = ' ';
	out->kind = d->kind;
	out->key = key;
	out->value = value;
	return NULL;
}

errint modconf_parse(char *text, size_t len, modconf_fn *fn, modconf_bad_fn *bad, void *arg)
{
	struct source src = {text, text + len, 0};

	for (char *line = text; next_line(&src, line); line = text + (src.next - text)) {
		struct modconf_line parsed = {.line_no = src.line_no};
		const char *why = parse_line(line, &parsed);
		if (why) {
			if (*why && bad)
				bad(arg, src.line_no, why);
			continue;
		}
		errint r = fn(arg, &parsed);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool word_is(const char *word, size_t len, const char *s)
{
	return len == strlen(s) && memcmp(word, s, len) == 0;
}

bool softdep_next(struct softdep_cursor *cursor, const char **word, size_t *len)
{
	const char *p = cursor->at;

	/* Only the value's first character can be a single blank that is not behind a word. */
	bool spoiled = cursor->list == SOFTDEP_NONE && text_is_space(p[0]) && p[1] != '\0' && !text_is_space(p[1]);
	for (;;) {
		while (text_is_space(*p))
			p++;
		const char *start = p;
		while (*p != '\0' && !text_is_space(*p))
			p++;
		size_t n = (size_t)(p - start);
		if (*p != '\0')
			p++;
		cursor->at = p;
		if (n == 0)
			return false;
		if (spoiled) {
			spoiled = false;
		} else if (word_is(start, n, "pre:")) {
			cursor->list = SOFTDEP_PRE;
		} else if (word_is(start, n, "post:")) {
			cursor->list = SOFTDEP_POST;
		} else if (cursor->list != SOFTDEP_NONE) {
			*word = start;
			*len = n;
			return true;
		}
	}
}
