// SPDX-License-Identifier: GPL-2.0-or-later
/* Inserting, as kmod_module_probe_insert_module of libkmod 30 does it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modprobe.h"
#include "plan/glob.h"
#include "workers.h"

/* include/uapi/linux/module.h */
#define IGNORE_MODVERSIONS 1u
#define IGNORE_VERMAGIC 2u

/* libkmod takes no longer alias (PATH_MAX). */
#define QUERY_MAX 4096

/* One module of the chain, its file read before the first load: the caller may be what the file system waits for. */
struct link {
	struct probe_step step;
	struct index_module module;
	const char *command;
	struct modfile file;
	errint open_error;
	bool opened;
};

struct chain {
	struct link *links;
	size_t count;
	uint32_t target;
	const char *alias; /* it is reached by, NULL by name */
	const char *extra; /* options for the target only, NULL none */
};

static bool in_kernel(const struct index_module *module)
{
	return (module->flags & MODULE_BUILTIN) || module_state(module->name) == STATE_LIVE;
}

static void close_chain(struct chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->links[i].opened)
			modfile_close(&c->links[i].file);
	}
	free(c->links);
}

static errint list_chain(const struct modprobe *m, struct chain *c)
{
	size_t max = lookup_probe_bound(&m->index.ix);
	struct probe_step *steps = calloc(max ? max : 1, sizeof(*steps));
	errint n;

	if (!steps)
		return -ENOMEM;
	n = lookup_probe_list(&m->index.ix, c->target, c->alias, m->ignore_commands, steps, max);
	c->links = n > 0 ? calloc((size_t)n, sizeof(*c->links)) : NULL;
	for (errint i = 0; c->links && i < n; i++) {
		struct link *l = &c->links[i];

		l->step = steps[i];
		if (index_module(&m->index.ix, steps[i].module, &l->module) < 0)
			l->module = (struct index_module){.name = "?"};
		if (!steps[i].ignore_cmd)
			l->command = lookup_command(&m->index.ix, steps[i].module, false);
	}
	if (c->links)
		c->count = (size_t)n;
	else if (n > 0)
		n = -ENOMEM;
	free(steps);
	return n < 0 ? n : 0;
}

static void open_chain(const struct modprobe *m, struct chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct link *l = &c->links[i];

		if (l->command || !l->module.path || !(l->module.flags & MODULE_PRESENT) ||
		    (!m->ignore_loaded && in_kernel(&l->module)))
			continue;
		l->open_error = modfile_open(l->module.path, &l->file);
		l->opened = l->open_error == 0;
	}
}

/* Configured options, a blank, then those of the command line: as libkmod joins them. NULL without memory. */
static char *join_options(const struct modprobe *m, const struct link *l, const char *extra)
{
	size_t size = 65536;
	char *options = malloc(size);
	errint n;

	if (!options)
		return NULL;
	n = lookup_options(&m->index.ix, &m->index.conf, l->step.module, l->step.alias, options, size);
	if (n < 0)
		n = 0;
	snprintf(options + n, size - (size_t)n, "%s%s", n > 0 ? " " : "", extra ? extra : "");
	return options;
}

static bool wants_async(const struct modprobe *m, const struct link *l, const char *options)
{
	return m->from_kernel && !(l->module.flags & MODULE_NO_ASYNC) && !strstr(options, "async_probe");
}

static errint load_file(const struct modprobe *m, const struct link *l, const char *options)
{
	unsigned flags = (m->strip_modversion || m->force ? IGNORE_MODVERSIONS : 0u) |
			 (m->strip_vermagic || m->force ? IGNORE_VERMAGIC : 0u);
	char *text = NULL;
	errint r;

	if (!l->opened && l->open_error == 0) {
		tool_say(LOG_ERR, "could not find module by name='%s'", l->module.name);
		return -ENOENT;
	}
	if (l->open_error < 0)
		return l->open_error;
	if (wants_async(m, l, options) && asprintf(&text, "%s async_probe", options) < 0)
		return -ENOMEM;
	r = modfile_load(&l->file, text ? text : options, flags);
	/* The same module was being loaded by someone else and failed there: our own try tells why. */
	if (r == -EBUSY && module_state(l->module.name) != STATE_LIVE)
		r = modfile_load(&l->file, text ? text : options, flags);
	free(text);
	return r;
}

static errint run_install(const struct link *l, const char *options)
{
	errint r = run_command(l->module.name, l->command, options);

	if (r < 0)
		tool_say(LOG_ERR, "Could not run install command '%s' for module %s: %s", l->command, l->module.name,
			 strerror(-r));
	else if (r > 0)
		tool_say(LOG_ERR, "Error running install command '%s' for module %s: retcode %d", l->command,
			 l->module.name, r);
	return r == 0 ? 0 : -EINVAL;
}

static void show_action(const struct modprobe *m, const struct link *l, const char *options)
{
	if (l->command)
		modprobe_show(m, "install %s %s\n", l->command, options);
	else if (l->module.flags & MODULE_PRESENT)
		modprobe_show(m, "insmod %s %s\n", l->module.path, options);
	else if (l->module.flags & MODULE_BUILTIN)
		modprobe_show(m, "builtin %s\n", l->module.name);
}

/* The module under the alias it was asked for; the same module as somebody's dependency is another to kmod. */
static bool is_target(const struct chain *c, const struct link *l)
{
	return l->step.module == c->target && l->step.alias == c->alias;
}

static errint insert_link(const struct modprobe *m, const struct chain *c, const struct link *l)
{
	char *options;
	errint r = 0;

	if (!m->ignore_loaded && in_kernel(&l->module))
		return -EEXIST;
	options = join_options(m, l, is_target(c, l) ? c->extra : NULL);
	if (!options)
		return -ENOMEM;
	show_action(m, l, options);
	if (!m->dry_run)
		r = l->command ? run_install(l, options) : load_file(m, l, options);
	free(options);
	return r;
}

static errint insert_chain(const struct modprobe *m, const struct chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct link *l = &c->links[i];
		errint r = insert_link(m, c, l);

		if (r == -EEXIST && m->first_time && is_target(c, l))
			return r;
		if (r < 0 && r != -EEXIST && l->step.required)
			return r;
	}
	return 0;
}

static errint insert_match(const struct modprobe *m, struct chain *c)
{
	struct index_module module;
	errint r = index_module(&m->index.ix, c->target, &module);

	if (r < 0)
		return r;
	if (!m->ignore_loaded && in_kernel(&module))
		return m->first_time ? -EEXIST : 0;
	if ((c->alias || m->use_blacklist) && lookup_blacklisted(&m->index.ix, &m->index.conf, c->target))
		return 0;
	r = list_chain(m, c);
	if (r == 0 && !m->dry_run)
		open_chain(m, c);
	if (r == 0)
		r = insert_chain(m, c);
	close_chain(c);
	return r;
}

static void say_error(const char *name, errint r)
{
	if (r == -EEXIST)
		tool_say(LOG_ERR, "could not insert '%s': Module already in kernel", name);
	else if (r == -ENOENT)
		tool_say(LOG_ERR, "could not insert '%s': Unknown symbol in module, or unknown parameter (see dmesg)",
			 name);
	else
		tool_say(LOG_ERR, "could not insert '%s': %s", name, strerror(-r));
}

errint modprobe_insert(const struct modprobe *m, const char *query, const char *extra)
{
	char normalized[QUERY_MAX];
	struct module_match *matches = NULL;
	errint n = alias_normalize(query, normalized, sizeof(normalized)), r = 0;

	if (n >= 0)
		n = modprobe_lookup(m, query, &matches);
	if (n <= 0) {
		tool_say(m->complain, "Module %s not found in directory %s", query, m->dirname);
		return -ENOENT;
	}
	/* As in kmod the last module's result is the answer. */
	for (errint i = 0; i < n; i++) {
		struct chain c = {.target = matches[i].module, .extra = extra};

		c.alias = match_alias(&matches[i], normalized);
		r = 0;
		if (m->lookup_only)
			puts(modprobe_name(m, matches[i].module));
		else
			r = insert_match(m, &c);
		if (r < 0)
			say_error(modprobe_name(m, matches[i].module), r);
	}
	free(matches);
	return r;
}
