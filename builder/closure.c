/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select_close_over of select.h: everything that the chosen modules need. */
#include <string.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/index.h"
#include "alias_map.h"
#include "kernel_cycle.h"
#include "select.h"
#include "shell_needs.h"

/* Names that a module asks for besides its hard dependencies. */
struct want {
	const char *name, *kind; /* kind in words: "soft dependency of" */
	const char *source;
	struct want *next;
};

#define TEXT_MAX 512

static void add_want(struct selection *s, const char *module, const char *name, const char *kind, const char *source)
{
	char key[TEXT_MAX];
	struct want *w;

	if (modname_normalize(module, key, sizeof(key)) < 0)
		return;
	w = arena_alloc(&s->arena, sizeof(*w));
	*w = (struct want){.name = name, .kind = kind, .source = source};
	struct want *first = strmap_get(&s->wants, key);
	if (!first) {
		strmap_put(&s->wants, arena_strdup(&s->arena, key), w);
		return;
	}
	while (first->next)
		first = first->next;
	first->next = w;
}

/* The same for each module that LINE is for: the names of modprobe.d may be patterns. */
static void add_want_of(struct selection *s, const struct kconf *line, const char *name, const char *kind)
{
	if (line->key[glob_literal_prefix(line->key)] == '\0') {
		add_want(s, line->key, name, kind, line->source);
		return;
	}
	for (size_t i = 0; i < s->all.count; i++) {
		const char *module = s->all.items[i]->module->name;
		if (glob_match(line->key, module))
			add_want(s, module, name, kind, line->source);
	}
}

/*
 * "pre: a b post: c" or "a b": each word that is not a label. What stands in no list ("softdep cifs gcm") is never
 * loaded ahead by libkmod, nor by the index, which reads it as libkmod does; but the module's author says that the
 * kernel will ask for it, so the file has to be there.
 */
static void add_line(struct selection *s, const struct kconf *line, const char *kind)
{
	for (const char *p = line->value ? line->value : ""; *(p += strspn(p, " \t,"));) {
		size_t len = strcspn(p, " \t,");

		if (p[len - 1] != ':')
			add_want_of(s, line, arena_strndup(&s->arena, p, len), kind);
		p += len;
	}
}

/* What an install command loads must be there when it runs. */
static void add_command(struct selection *s, const struct kconf *line)
{
	CLEANUP(shell_needs_free) struct shell_needs needs = {0};

	shell_needs_read(line->value ? line->value : "", &needs);
	for (size_t i = 0; i < needs.modules.count; i++)
		add_want_of(s, line, arena_strdup(&s->arena, needs.modules.items[i]),
			    "loaded by the install command of");
}

static void collect_wants(struct selection *s)
{
	for (size_t i = 0; i < s->kernel->conf.count; i++) {
		const struct kconf *line = &s->kernel->conf.items[i];
		if (line->kind == CONF_SOFTDEP)
			add_line(s, line, "soft dependency of");
		else if (line->kind == CONF_WEAKDEP)
			add_line(s, line, "weak dependency of");
		else if (line->kind == CONF_INSTALL)
			add_command(s, line);
	}
	for (size_t i = 0; i < s->config->requests.count; i++) {
		const struct module_requests *r = s->config->requests.items[i];
		for (size_t w = 0; w < r->wants.words.count; w++)
			add_want(s, r->module, r->wants.words.items[w].text, "requested by",
				 r->wants.words.items[w].origin);
	}
}

/* modules.dep lists whole closures: D is a direct dependency of M unless another dependency of M leads to it. */
static bool is_direct(const struct kmodule *m, const struct kmodule *d)
{
	for (uint32_t i = 0; i < m->dep_count; i++)
		if (m->deps[i] != d && kmodule_depends_on(m->deps[i], d))
			return false;
	return true;
}

static void add_for(struct selection *s, const struct kmodule *m, const struct choice *parent, const char *reason)
{
	struct choice *c = strmap_get(&s->by_name, m->name);

	select_root(s, c, "modules", reason);
	c->parent = parent;
}

static struct err *add_hard(struct selection *s, const struct choice *c)
{
	const struct kmodule *m = c->module;

	TRY(kernel_check_cycle(s->kernel, m));
	for (uint32_t i = 0; i < m->dep_count; i++) {
		const struct kmodule *d = m->deps[i];
		const struct choice *have = strmap_get(&s->by_name, d->name);

		if (d->builtin || !have || have->in_image || !is_direct(m, d))
			continue;
		if (have->omitted) {
			struct buf why = {0};
			select_explain(c, &why);
			struct err *e =
			    err_new(EXIT_FAILED, "module %s cannot be left out: it is needed by %s", d->name, why.data);
			buf_free(&why);
			return e;
		}
		AUTOFREE char *reason = xasprintf("needed by %s", m->name);
		add_for(s, d, c, reason);
	}
	return NULL;
}

struct want_arg {
	struct selection *s;
	const struct choice *parent;
	const struct want *want;
};

static void want_found(void *arg, struct kmodule *module)
{
	struct want_arg *a = arg;
	const struct choice *have = module->builtin ? NULL : strmap_get(&a->s->by_name, module->name);
	char name[TEXT_MAX];

	if (!have || have->in_image || have->omitted)
		return;
	if (alias_normalize(a->want->name, name, sizeof(name)) < 0)
		return;
	bool by_name = strcmp(name, module->name) == 0;
	AUTOFREE char *reason = xasprintf("%s %s%s%s (%s)", a->want->kind, a->parent->module->name,
					  by_name ? "" : ": provides ", by_name ? "" : a->want->name, a->want->source);
	add_for(a->s, module, a->parent, reason);
}

static void add_wanted(struct selection *s, const struct choice *c)
{
	for (const struct want *w = strmap_get(&s->wants, c->module->name); w; w = w->next) {
		struct want_arg arg = {s, c, w};
		alias_map_each(s->aliases, w->name, want_found, &arg);
	}
}

struct err *select_close_over(struct selection *s)
{
	collect_wants(s);
	/* chosen grows while it is walked: that is the breadth-first queue. */
	for (size_t i = 0; i < s->chosen.count; i++) {
		const struct choice *c = s->chosen.items[i];
		TRY(add_hard(s, c));
		add_wanted(s, c);
	}
	return NULL;
}

void select_explain(const struct choice *c, struct buf *out)
{
	buf_puts(out, c->module->name);
	for (const struct choice *at = c; at; at = at->parent)
		if (at->reason)
			buf_printf(out, ": %s", at->reason);
}
