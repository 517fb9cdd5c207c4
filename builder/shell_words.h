/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and operators of a shell command (POSIX.1-2017 XCU 2.3), quotes taken away. */
#ifndef ROOTWARD_SHELL_WORDS_H
#define ROOTWARD_SHELL_WORDS_H

#include "util.h"

enum shell_token_kind { SHELL_END, SHELL_WORD, SHELL_OPERATOR };

struct shell_token {
	enum shell_token_kind kind;
	char op[3];	/* OPERATOR: "|", "&&", ";;", "<", ">&", "\n", ... */
	bool variable;	/* WORD: a part of it only the shell can tell */
	bool quoted;	/* WORD: so it is no reserved word */
	bool redirects; /* WORD: digits before '<' or '>' */
};

/* Called for the text of each $(...) and `...` inside a word. */
typedef void shell_substitution_fn(void *arg, const char *text, size_t len);

struct shell_words {
	const char *at;	 /* rest of the text */
	struct buf word; /* of the last WORD */
	shell_substitution_fn *substitution;
	void *arg;
};

/* The next token of W. Text that ends inside a quote ends the word. */
struct shell_token shell_next(struct shell_words *w) NONNULL(1);

#endif
