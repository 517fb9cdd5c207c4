// SPDX-License-Identifier: GPL-2.0-or-later
/* What the boot waited for: from the switch back, from each step to what it needed last. */
#include <string.h>

#include "report.h"

static bool is(const struct report_step *s, const char *kind)
{
	return strcmp(s->kind, kind) == 0;
}

static struct report_step *last_of_kind(const struct report *r, const char *kind)
{
	struct report_step *last = NULL;
	for (size_t i = 0; i < r->steps.count; i++) {
		struct report_step *s = &r->steps.items[i];
		if ((!kind || is(s, kind)) && (!last || s->end_ns >= last->end_ns))
			last = s;
	}
	return last;
}

/* Whether WORD is the N-th of the blank-separated words of TEXT. */
static bool has_word(const char *text, unsigned n, const char *word)
{
	size_t len = strlen(word);
	while (text && n-- > 0) {
		text = strchr(text, ' ');
		text += text != NULL;
	}
	return text && strncmp(text, word, len) == 0 && (!text[len] || text[len] == ' ');
}

/* Whether D is the module of a device that S, a device or the module of one, hangs on: its path in sysfs goes on there.
 */
static bool drives(const struct report_step *d, const struct report_step *s)
{
	if (!is(d, "module") || !d->why || d->why[0] != '/' || !s->why)
		return false;
	size_t n = strcspn(d->why, " ");
	return strncmp(s->why, d->why, n) == 0 && s->why[n] == '/';
}

/*
 * Whether S and D are both in the one flat list of what a third module needs (t10_pi and nvme_core, for nvme). That
 * list is in an order in which each may need what is before it, and does not say which does.
 */
static bool same_list(const struct report_step *s, const struct report_step *d)
{
	static const char words[] = "dependency of ";
	return is(d, "module") && s->parent && d->parent && strcmp(s->parent, d->parent) == 0 && s->why && d->why &&
	       strncmp(s->why, words, strlen(words)) == 0 && strncmp(d->why, words, strlen(words)) == 0;
}

static bool depends_on(const struct report_step *s, const struct report_step *d)
{
	if (is(s, "switch"))
		return is(d, "mount");
	if (is(s, "mount") && is(d, "root"))
		return strcmp(d->name, s->name) == 0;
	if ((is(s, "mount") || is(s, "root")) && is(d, "module"))
		return has_word(s->detail, 1, d->name);
	if (is(s, "root"))
		return is(d, "device") && has_word(s->detail, 0, d->name);
	if (is(s, "module") && d->parent)
		return strcmp(d->parent, s->name) == 0 || same_list(s, d);
	return (is(s, "module") || is(s, "device")) && drives(d, s);
}

/*
 * The step before S on the path, or NULL. A driver's asynchronous probe brings the device before its load returns, so
 * such a step need not have ended. Marked ones are passed over, so the search ends.
 */
static struct report_step *step_before(const struct report *r, const struct report_step *s)
{
	struct report_step *known = NULL, *first = NULL;
	for (size_t i = 0; i < r->steps.count && r->steps.items[i].start_ns <= s->start_ns; i++) {
		struct report_step *d = &r->steps.items[i];
		bool ended = d->end_ns <= s->start_ns;
		if (d == s || d->critical)
			continue;
		if (ended && is(d, "setup"))
			first = d;
		if (depends_on(s, d) && (ended || drives(d, s)) && (!known || d->end_ns >= known->end_ns))
			known = d;
	}
	return known ? known : first;
}

void report_mark_critical(struct report *r)
{
	struct report_step *s = last_of_kind(r, "switch");
	if (!s)
		s = last_of_kind(r, "mount");
	if (!s)
		s = last_of_kind(r, NULL);
	for (; s; s = step_before(r, s))
		s->critical = true;
}
