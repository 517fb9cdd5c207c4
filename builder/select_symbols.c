/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "select_symbols.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "../early-init/plan/glob.h"
#include "compress.h"
#include "module_elf.h"
#include "module_file.h"

#define THREADS_MAX 64

/* A module to read, and what was found in it. */
struct candidate {
	struct choice *choice;
	const struct module_group *group;
	const struct config_word *word;
	struct err *error;
};

struct scan {
	const struct selection *selection;
	VEC(struct candidate) list;
	atomic_size_t next;
};

/* One symbol (or glob) of a group and who exports it. */
struct symbol {
	const char *pattern;
	VEC(const struct kmodule *) exporters; /* none: the kernel itself, or nobody */
};

static void find_exporters(const struct kernel *k, struct symbol *sym)
{
	size_t prefix = glob_literal_prefix(sym->pattern);

	for (size_t i = 0; i < k->symbols.count; i++) {
		const struct kalias *a = &k->symbols.items[i];
		const char *name = a->pattern + (strncmp(a->pattern, "symbol:", 7) == 0 ? 7 : 0);
		if (strncmp(name, sym->pattern, prefix) == 0 && glob_match(sym->pattern, name))
			VEC_PUSH(&sym->exporters, a->module);
	}
}

static bool depends_on_exporter(const struct kmodule *m, const struct symbol *sym)
{
	for (uint32_t d = 0; d < m->dep_count; d++)
		for (size_t e = 0; e < sym->exporters.count; e++)
			if (m->deps[d] == sym->exporters.items[e])
				return true;
	return false;
}

/* Modules that may import SYM of G, by modules.dep and paths alone. */
static void collect_symbol(struct scan *scan, const struct module_group *g, const struct symbol *sym)
{
	const struct selection *s = scan->selection;

	for (size_t i = 0; i < s->all.count; i++) {
		struct candidate c = {.choice = s->all.items[i], .group = g};
		const struct kmodule *m = c.choice->module;

		/* The globs last: they take longest. */
		if (c.choice->group || (sym->exporters.count ? !depends_on_exporter(m, sym) : !g->scan.words.count))
			continue;
		if ((g->scan.words.count && !select_path_in(&g->scan, m)) || select_excludes(g, m))
			continue;
		/* A module that may import two symbols of the group is read once. */
		bool listed = false;
		for (size_t l = scan->list.count; l-- > 0 && scan->list.items[l].group == g && !listed;)
			listed = scan->list.items[l].choice == c.choice;
		if (!listed)
			VEC_PUSH(&scan->list, c);
	}
}

static void collect(struct scan *scan, const struct module_group *g)
{
	for (size_t w = 0; w < g->symbols.words.count; w++) {
		struct symbol sym = {.pattern = g->symbols.words.items[w].text};
		find_exporters(scan->selection->kernel, &sym);
		collect_symbol(scan, g, &sym);
		VEC_FREE(&sym.exporters);
	}
}

static void look_at(const struct selection *s, struct candidate *c)
{
	struct module_elf elf = {0};
	struct module_file file = {0};

	c->error = module_file_open(s->kernel, c->choice->module, &file);
	if (!c->error)
		c->error = module_elf_read(file.data, file.size, &elf);
	if (c->error)
		c->error = err_wrap(c->error, "module %s: %s", c->choice->module->name, c->choice->module->path);
	for (size_t i = 0; !c->error && i < elf.imports.count && !c->word; i++)
		for (size_t w = 0; w < c->group->symbols.words.count && !c->word; w++)
			if (glob_match(c->group->symbols.words.items[w].text, elf.imports.items[i].name))
				c->word = &c->group->symbols.words.items[w];
	module_elf_free(&elf);
	module_file_close(&file);
}

static void *worker(void *arg)
{
	struct scan *scan = arg;
	size_t i;

	while ((i = atomic_fetch_add(&scan->next, 1)) < scan->list.count)
		look_at(scan->selection, &scan->list.items[i]);
	return NULL;
}

static void run(struct scan *scan, unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	unsigned started = 0;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	/* The calling thread works too; one that cannot be started is only missed. */
	while (started + 1 < threads && started + 1 < scan->list.count &&
	       pthread_create(&thread[started], NULL, worker, scan) == 0)
		started++;
	worker(scan);
	while (started)
		pthread_join(thread[--started], NULL);
}

/*
 * Whether M is none of the kernel's own package. One that is damaged is read here only because it might be of use:
 * where it is taken, verification tells of it.
 */
static bool is_brought(const struct kmodule *m)
{
	return strncmp(m->path, "kernel/", strlen("kernel/")) != 0;
}

static void warn_unread(const struct candidate *c)
{
	if (c->error && is_brought(c->choice->module))
		warn("%s: not taken for %s", err_message(c->error), c->group->name);
}

struct err *select_by_symbols(struct selection *s, unsigned threads, select_symbol_fn *found, void *arg)
{
	struct scan scan = {.selection = s};
	struct err *error = NULL;

	for (size_t i = 0; i < s->config->groups.count; i++)
		if (s->config->groups.items[i]->symbols.words.count)
			collect(&scan, s->config->groups.items[i]);
	run(&scan, threads);
	for (size_t i = 0; i < scan.list.count; i++) {
		struct candidate *c = &scan.list.items[i];
		if (c->word)
			found(arg, c->choice, c->group, c->word);
		if (error || is_brought(c->choice->module)) {
			warn_unread(c);
			err_free(c->error);
		} else {
			error = c->error;
		}
	}
	VEC_FREE(&scan.list);
	return error;
}
