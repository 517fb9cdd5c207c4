/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "glob.h"

#include <string.h>

/* The classes of POSIX in the C locale: ASCII only, so that a byte above 127 is in none. */
static bool in_range(unsigned char c, char lo, char hi)
{
	return c >= (unsigned char)lo && c <= (unsigned char)hi;
}
static bool is_lower(unsigned char c)
{
	return in_range(c, 'a', 'z');
}
static bool is_upper(unsigned char c)
{
	return in_range(c, 'A', 'Z');
}
static bool is_digit(unsigned char c)
{
	return in_range(c, '0', '9');
}
static bool is_alpha(unsigned char c)
{
	return is_lower(c) || is_upper(c);
}
static bool is_alnum(unsigned char c)
{
	return is_alpha(c) || is_digit(c);
}
static bool is_xdigit(unsigned char c)
{
	return is_digit(c) || in_range(c, 'a', 'f') || in_range(c, 'A', 'F');
}
static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}
static bool is_space(unsigned char c)
{
	return c == ' ' || in_range(c, '\t', '\r');
}
static bool is_graph(unsigned char c)
{
	return in_range(c, '!', '~');
}
static bool is_print(unsigned char c)
{
	return in_range(c, ' ', '~');
}
static bool is_punct(unsigned char c)
{
	return is_graph(c) && !is_alnum(c);
}
static bool is_cntrl(unsigned char c)
{
	return c < ' ' || c == 127;
}

static const struct {
	const char *name;
	bool (*has)(unsigned char c);
} classes[] = {
    {"alpha", is_alpha}, {"digit", is_digit}, {"alnum", is_alnum}, {"upper", is_upper},
    {"lower", is_lower}, {"space", is_space}, {"blank", is_blank}, {"punct", is_punct},
    {"print", is_print}, {"graph", is_graph}, {"cntrl", is_cntrl}, {"xdigit", is_xdigit},
};

/*
 * "[:NAME:]" with *P behind its '['. 1 C is in it, 0 not, -1 no class of that
 * name (matches nothing), -2 not a class at all: the '[' is a member.
 */
static int match_class(const char **p, unsigned char c)
{
	const char *name = *p + 1;
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz");

	if (**p != ':' || name[len] != ':' || name[len + 1] != ']')
		return -2;
	*p = name + len + 2;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
			return classes[i].has(c);
	return -1;
}

/* One member of brackets at *P (not at their end): whether C is it or within it; -1 the pattern can match nothing. */
static int match_member(const char **p, unsigned char c)
{
	unsigned char lo = (unsigned char)*(*p)++;

	if (lo == '[') {
		int class = match_class(p, c);
		if (class != -2)
			return class;
	} else if (lo == '\\') {
		if (**p == '\0')
			return -1;
		lo = (unsigned char)*(*p)++;
	}
	if ((*p)[0] != '-' || (*p)[1] == ']')
		return c == lo;
	(*p)++;
	unsigned char hi = (unsigned char)**p;
	if (hi == '\\')
		hi = (unsigned char)*++*p;
	if (hi == '\0')
		return -1;
	(*p)++;
	return c >= lo && c <= hi;
}

/* C against the brackets whose inside starts at P: the pattern behind them, or NULL. */
static const char *match_brackets(const char *p, unsigned char c)
{
	const char *const inside = p;
	bool negated = *p == '!' || *p == '^';
	bool found = false;

	p += negated;
	for (bool first = true; first || *p != ']'; first = false) {
		if (*p == '\0') /* never closed: an ordinary character */
			return c == '[' && !found ? inside : NULL;
		int hit = match_member(&p, c);
		if (hit < 0)
			return NULL;
		found |= hit > 0;
	}
	return found != negated ? p + 1 : NULL;
}

/* C against the one-character pattern at P (never '*'): the pattern behind it, or NULL. */
static const char *match_one(const char *p, unsigned char c)
{
	switch (*p) {
	case '?':
		return p + 1;
	case '[':
		return match_brackets(p + 1, c);
	case '\\':
		p++;
		break;
	}
	return *p != '\0' && (unsigned char)*p == c ? p + 1 : NULL;
}

static bool is_literal(char c)
{
	return c != '*' && c != '?' && c != '[' && c != '\\' && c != '\0';
}

bool glob_match(const char *pattern, const char *s)
{
	const char *star = NULL, *retry = NULL; /* behind the last '*', and where its rest was tried last */

	/* Most patterns begin with plain text, in which most names differ from them. */
	while (*pattern == *s && is_literal(*pattern)) {
		pattern++;
		s++;
	}
	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = s;
			if (*pattern == '\0')
				return true;
			continue;
		}
		if (*s == '\0')
			return *pattern == '\0';
		const char *next = match_one(pattern, (unsigned char)*s);
		if (next) {
			pattern = next;
			s++;
		} else if (star) {
			pattern = star;
			s = ++retry;
		} else {
			return false;
		}
	}
}

size_t glob_literal_prefix(const char *pattern)
{
	return strcspn(pattern, "*?[\\");
}

errint alias_normalize(const char *alias, char *out, size_t size)
{
	bool inside = false;
	size_t i;

	for (i = 0; alias[i] != '\0'; i++) {
		if (i + 1 >= size)
			return -ENAMETOOLONG;
		if (alias[i] == '[')
			inside = true;
		else if (alias[i] == ']' && !inside)
			return -EINVAL;
		else if (alias[i] == ']')
			inside = false;
		out[i] = alias[i] == '-' && !inside ? '_' : alias[i];
	}
	if (inside)
		return -EINVAL;
	if (i >= size)
		return -ENAMETOOLONG;
	out[i] = '\0';
	return (errint)i;
}

errint modname_normalize(const char *name, char *out, size_t size)
{
	size_t len = strcspn(name, ".");

	if (len >= size)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < len; i++)
		out[i] = name[i] == '-' ? '_' : name[i];
	out[len] = '\0';
	return (errint)len;
}

errint modname_from_path(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');

	return modname_normalize(slash ? slash + 1 : path, out, size);
}
