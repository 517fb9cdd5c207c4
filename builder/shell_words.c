/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell_words.h"

#include <ctype.h>
#include <string.h>

/* Past a quoted part that begins at P, which is behind its QUOTE. */
static const char *skip_quotes(const char *p, char quote)
{
	while (*p && *p != quote)
		p += *p == '\\' && quote == '"' && p[1] ? 2 : 1;
	return *p ? p + 1 : p;
}

/* The CLOSE that belongs to an OPEN before P, or the end of the text. */
static const char *find_close(const char *p, char open, char close)
{
	for (unsigned depth = 0; *p; p++) {
		if (*p == '\'' || *p == '"')
			p = skip_quotes(p + 1, *p) - 1;
		else if (*p == '\\' && p[1])
			p++;
		else if (*p == open)
			depth++;
		else if (*p == close && depth-- == 0)
			break;
	}
	return p;
}

/* "$NAME", "${...}", "$((...))" or "$(...)" at W->at. */
static void take_dollar(struct shell_words *w, struct shell_token *t)
{
	const char *p = w->at + 1;

	if (*p == '(' || *p == '{') {
		char open = *p, close = open == '(' ? ')' : '}';
		const char *end = find_close(p + 1, open, close);
		if (open == '(' && p[1] != '(')
			w->substitution(w->arg, p + 1, (size_t)(end - p - 1));
		p = *end ? end + 1 : end;
	} else if (isalnum((unsigned char)*p) || *p == '_') {
		while (isalnum((unsigned char)*p) || *p == '_')
			p++;
	} else if (*p && strchr("@*#?-$!", *p)) {
		p++;
	} else {
		buf_add(&w->word, "$", 1);
		w->at = p;
		return;
	}
	t->variable = true;
	w->at = p;
}

static void take_backquote(struct shell_words *w, struct shell_token *t)
{
	const char *start = w->at + 1, *end = strchr(start, '`');
	size_t len = end ? (size_t)(end - start) : strlen(start);

	w->substitution(w->arg, start, len);
	w->at = start + len + (end != NULL);
	t->variable = true;
}

static void take_backslash(struct shell_words *w)
{
	if (w->at[1])
		buf_add(&w->word, w->at + 1, 1);
	w->at += w->at[1] ? 2 : 1;
}

static void take_double_quotes(struct shell_words *w, struct shell_token *t)
{
	for (w->at++; *w->at && *w->at != '"';) {
		if (*w->at == '\\')
			take_backslash(w);
		else if (*w->at == '$')
			take_dollar(w, t);
		else if (*w->at == '`')
			take_backquote(w, t);
		else
			buf_add(&w->word, w->at++, 1);
	}
	w->at += *w->at == '"';
}

static void take_single_quotes(struct shell_words *w)
{
	const char *start = w->at + 1, *end = skip_quotes(start, '\'');

	buf_add(&w->word, start, (size_t)(end - start) - (end > start && end[-1] == '\''));
	w->at = end;
}

static bool ends_word(char c)
{
	return !c || strchr(" \t\n;&|<>()", c);
}

static struct shell_token take_word(struct shell_words *w)
{
	struct shell_token t = {.kind = SHELL_WORD};

	w->word.len = 0;
	buf_puts(&w->word, "");
	while (!ends_word(*w->at)) {
		t.quoted |= *w->at == '\'' || *w->at == '"' || *w->at == '\\';
		if (*w->at == '\'')
			take_single_quotes(w);
		else if (*w->at == '"')
			take_double_quotes(w, &t);
		else if (*w->at == '\\')
			take_backslash(w);
		else if (*w->at == '$')
			take_dollar(w, &t);
		else if (*w->at == '`')
			take_backquote(w, &t);
		else
			buf_add(&w->word, w->at++, 1);
	}
	t.redirects = (*w->at == '<' || *w->at == '>') && !t.quoted && !t.variable &&
		      strspn(w->word.data, "0123456789") == w->word.len;
	return t;
}

struct shell_token shell_next(struct shell_words *w)
{
	static const char *const operators[] = {"&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|",
						"&",  "|",  ";",  "<",	">",  "(",  ")",  "\n"};

	w->at += strspn(w->at, " \t\r");
	if (*w->at == '#')
		w->at += strcspn(w->at, "\n");
	if (!*w->at)
		return (struct shell_token){.kind = SHELL_END};
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t len = strlen(operators[i]);
		if (strncmp(w->at, operators[i], len) != 0)
			continue;
		struct shell_token t = {.kind = SHELL_OPERATOR};
		memcpy(t.op, operators[i], len);
		w->at += len;
		return t;
	}
	return take_word(w);
}
