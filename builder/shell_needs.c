/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell_needs.h"

#include <ctype.h>
#include <string.h>

#include "shell_words.h"

/* Commands inside commands; more is nobody's install line. */
#define NESTING_MAX 8

/* What the next word is. */
enum place {
	PLACE_COMMAND,
	PLACE_ARGUMENT,
	PLACE_NAMES,   /* of "for NAME in WORDS": up to the next operator */
	PLACE_CASE,    /* the word of a case, up to "in" */
	PLACE_PATTERN, /* of a case, up to ')' */
};

/* The program whose arguments are read. */
enum caller { CALLER_OTHER, CALLER_MODPROBE, CALLER_INSMOD, CALLER_SHELL };

struct state {
	struct shell_needs *out;
	unsigned depth;
	enum place place;
	enum caller caller;
	bool prefixed;		  /* behind exec, nice, ...: options before the command are none of ours */
	bool skip_word;		  /* target of a redirection, or value of an option */
	bool removes, all, named; /* modprobe -r, -a; it has its module */
	bool script;		  /* sh -c: the next word is one */
};

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(word, list) is_one_of(word, list, ARRAY_SIZE(list))

/* What busybox sh has in itself, beside the applets, which are looked for as programs are. */
static bool is_builtin(const char *word)
{
	static const char *const names[] = {
	    ".",       ":",	   "[",	       "[[",	  "alias", "bg",      "break",	"cd",	 "chdir",
	    "command", "continue", "echo",     "eval",	  "exec",  "exit",    "export", "false", "fg",
	    "getopts", "hash",	   "help",     "history", "jobs",  "kill",    "let",	"local", "printf",
	    "pwd",     "read",	   "readonly", "return",  "set",   "shift",   "source", "test",	 "times",
	    "trap",    "true",	   "type",     "ulimit",  "umask", "unalias", "unset",	"wait",
	};
	return IS_ONE_OF(word, names);
}

/* Words behind which a command still follows. */
static bool is_leading(const char *word)
{
	static const char *const names[] = {"if", "then", "elif", "else", "while", "until", "do", "!", "{"};
	return IS_ONE_OF(word, names);
}

static bool is_closing(const char *word)
{
	static const char *const names[] = {"fi", "done", "esac", "}"};
	return IS_ONE_OF(word, names);
}

/* Programs and builtins whose argument is a command. */
static bool is_prefix(const char *word)
{
	static const char *const names[] = {"exec", "command", "eval", "nohup", "env", "nice", "time", "setsid"};
	return IS_ONE_OF(word, names);
}

static bool is_assignment(const char *word)
{
	size_t n = 0;

	while (isalnum((unsigned char)word[n]) || word[n] == '_')
		n++;
	return n > 0 && word[n] == '=' && !isdigit((unsigned char)word[0]);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void add_program(struct shell_needs *out, const char *word)
{
	if (!is_one_of(word, out->programs.items, out->programs.count))
		VEC_PUSH(&out->programs, arena_strdup(&out->arena, word));
}

static void add_module(struct shell_needs *out, const char *word)
{
	if (*word && !is_one_of(word, out->modules.items, out->modules.count))
		VEC_PUSH(&out->modules, arena_strdup(&out->arena, word));
}

static void read_text(struct shell_needs *out, const char *text, size_t len, unsigned depth);

static void see_command(struct state *s, const char *word, const struct shell_token *t)
{
	static const char *const shells[] = {"sh", "ash", "bash", "dash"};
	const char *base = base_name(word);

	if (!t->quoted && is_leading(word))
		return;
	if (is_assignment(word) || (s->prefixed && (*word == '-' || isdigit((unsigned char)*word))))
		return;
	s->place = PLACE_ARGUMENT;
	if (!t->quoted && (is_closing(word) || strcmp(word, "in") == 0))
		return;
	if (!t->quoted && (strcmp(word, "for") == 0 || strcmp(word, "case") == 0)) {
		s->place = *word == 'f' ? PLACE_NAMES : PLACE_CASE;
		return;
	}
	if (t->variable) {
		s->out->unknown = true;
		return;
	}
	if (!*word)
		return;
	if (!is_builtin(word))
		add_program(s->out, word);
	s->prefixed = is_prefix(base);
	if (s->prefixed)
		s->place = PLACE_COMMAND;
	s->caller = strcmp(base, "modprobe") == 0 ? CALLER_MODPROBE
		    : strcmp(base, "insmod") == 0 ? CALLER_INSMOD
		    : IS_ONE_OF(base, shells)	  ? CALLER_SHELL
						  : CALLER_OTHER;
	s->removes = s->all = s->named = s->script = false;
}

/* modprobe(8): options with a value of their own, and those that say what its names are for. */
static void see_modprobe_option(struct state *s, const char *word)
{
	static const char *const valued[] = {"--dirname", "--config", "--set-version"};

	if (word[1] == '-') {
		s->removes |= strcmp(word, "--remove") == 0;
		s->all |= strcmp(word, "--all") == 0;
		s->skip_word = IS_ONE_OF(word, valued);
		return;
	}
	for (const char *p = word + 1; *p; p++) {
		s->removes |= *p == 'r';
		s->all |= *p == 'a';
		if (strchr("dCS", *p)) {
			s->skip_word = !p[1];
			return;
		}
	}
}

static void see_argument(struct state *s, const char *word, const struct shell_token *t)
{
	switch (s->caller) {
	case CALLER_SHELL:
		if (s->script && !t->variable)
			read_text(s->out, word, strlen(word), s->depth + 1);
		else if (s->script)
			s->out->unknown = true;
		s->script = *word == '-' && strchr(word, 'c');
		break;
	case CALLER_MODPROBE:
		if (*word == '-' && word[1]) {
			see_modprobe_option(s, word);
		} else if (!s->removes && (s->all || !s->named)) {
			s->named = true;
			if (!t->variable)
				add_module(s->out, word);
		}
		break;
	case CALLER_INSMOD:
		if (*word != '-' && !s->named && !t->variable)
			add_module(s->out, base_name(word));
		s->named |= *word != '-';
		break;
	case CALLER_OTHER:
		break;
	}
}

static void see_word(struct state *s, const char *word, const struct shell_token *t)
{
	if (t->redirects)
		return;
	if (s->skip_word) {
		s->skip_word = false;
		return;
	}
	if (s->place == PLACE_COMMAND)
		see_command(s, word, t);
	else if (s->place == PLACE_CASE)
		s->place = strcmp(word, "in") == 0 ? PLACE_PATTERN : PLACE_CASE;
	else if (s->place == PLACE_PATTERN)
		s->place = strcmp(word, "esac") == 0 ? PLACE_ARGUMENT : PLACE_PATTERN;
	else if (s->place == PLACE_ARGUMENT)
		see_argument(s, word, t);
}

static void see_operator(struct state *s, const char *op)
{
	if (*op == '<' || *op == '>') {
		s->skip_word = true;
		return;
	}
	s->skip_word = false;
	if (strcmp(op, ";;") == 0)
		s->place = PLACE_PATTERN;
	else if (s->place == PLACE_PATTERN)
		s->place = *op == ')' ? PLACE_COMMAND : PLACE_PATTERN;
	else if (s->place != PLACE_CASE)
		s->place = *op == ')' ? PLACE_ARGUMENT : PLACE_COMMAND;
	s->caller = CALLER_OTHER;
	s->prefixed = false;
}

static void see_substitution(void *arg, const char *text, size_t len)
{
	struct state *s = arg;

	read_text(s->out, text, len, s->depth + 1);
}

static void read_text(struct shell_needs *out, const char *text, size_t len, unsigned depth)
{
	struct state s = {.out = out, .depth = depth};

	if (depth >= NESTING_MAX) {
		out->unknown = true;
		return;
	}
	AUTOFREE char *copy = xstrndup(text, len);
	struct shell_words words = {.at = copy, .substitution = see_substitution, .arg = &s};
	for (struct shell_token t; (t = shell_next(&words)).kind != SHELL_END;) {
		if (t.kind == SHELL_WORD)
			see_word(&s, words.word.data, &t);
		else
			see_operator(&s, t.op);
	}
	buf_free(&words.word);
}

void shell_needs_read(const char *command, struct shell_needs *out)
{
	read_text(out, command, strlen(command), 0);
}

void shell_needs_free(struct shell_needs *n)
{
	VEC_FREE(&n->programs);
	VEC_FREE(&n->modules);
	arena_free(&n->arena);
}
