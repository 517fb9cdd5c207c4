/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * install and remove lines of modprobe.d: the shell of the image runs them,
 * so the programs that they name must be in it.
 */
#include <string.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/index.h"
#include "build.h"
#include "payload.h"
#include "shell_needs.h"

#define NAME_SIZE 256

/* Names that a command of the image may be for: its modules, and what only configuration knows and leads to. */
struct command_names {
	struct arena arena;
	struct strmap set;
	VEC(const char *) all;
};

static void add_name(struct command_names *n, const char *name)
{
	char text[NAME_SIZE];

	if (modname_normalize(name, text, sizeof(text)) < 0 || strmap_get(&n->set, text))
		return;
	VEC_PUSH(&n->all, arena_strdup(&n->arena, text));
	strmap_put(&n->set, n->all.items[n->all.count - 1], n);
}

static void collect_names(const struct build *b, struct command_names *n)
{
	for (size_t i = 0; i < b->selection.chosen.count; i++)
		add_name(n, b->selection.chosen.items[i]->module->name);
	for (size_t i = 0; i < b->kernel->conf.count; i++) {
		const struct kconf *c = &b->kernel->conf.items[i];
		const char *name = c->kind == CONF_ALIAS ? c->value : c->kind == CONF_LOAD ? c->key : NULL;
		if (name && !select_find(&b->selection, name))
			add_name(n, name);
	}
}

static void free_names(struct command_names *n)
{
	strmap_free(&n->set);
	VEC_FREE(&n->all);
	arena_free(&n->arena);
}

/* Only patterns are compared with every name: modprobe.d may have 100 000 lines. */
static bool concerns_image(const struct command_names *n, const struct kconf *command)
{
	if (!command->key[glob_literal_prefix(command->key)])
		return strmap_get(&n->set, command->key) != NULL;
	for (size_t i = 0; i < n->all.count; i++)
		if (glob_match(command->key, n->all.items[i]))
			return true;
	return false;
}

static const char *directive(const struct kconf *command)
{
	return command->kind == CONF_INSTALL ? "install" : "remove";
}

/* The file that runs as NAME in the image, or NULL; without a slash as the shell finds it. */
static const struct entry *find_in_image(const struct manifest *m, const char *name)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin"};

	if (*name == '/')
		return manifest_find(m, name);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTOFREE char *path = path_join(dirs[i], name);
		const struct entry *e = manifest_find(m, path);
		if (e)
			return e;
	}
	return NULL;
}

/* An applet of busybox does for "/sbin/NAME" too, where the machine itself has no such program. */
static bool link_applet(struct payload *p, const char *name, const struct payload_cause *cause)
{
	const char *slash = strrchr(name, '/');
	const struct entry *applet = slash && *name == '/' ? find_in_image(p->manifest, slash + 1) : NULL;

	if (!applet || applet->type != ENTRY_SYMLINK)
		return false;
	struct err *e = manifest_add(p->manifest,
				     &(struct entry){.path = name,
						     .type = ENTRY_SYMLINK,
						     .mode = 0777,
						     .segment = SEG_MAIN,
						     .owner = cause->owner,
						     .reason = cause->reason,
						     .target = applet->path},
				     NULL);
	bool linked = !e;
	err_free(e);
	return linked;
}

static struct err *add_program(struct payload *p, const struct kconf *command, const char *name)
{
	AUTOFREE char *reason = xasprintf("%s command of %s (%s)", directive(command), command->key, command->source);
	struct payload_cause cause = {"modprobe.d", reason, NULL};

	if (find_in_image(p->manifest, name))
		return NULL;
	struct err *e = payload_program(p, name, &cause);
	if (!e)
		return NULL;
	if (link_applet(p, name, &cause)) {
		err_free(e);
		return NULL;
	}
	err_free(e);
	return err_new(EXIT_VERIFY,
		       "%s: the %s command of %s needs %s, which is neither in %s nor in busybox: install it, or take "
		       "the line out",
		       command->source, directive(command), command->key, name,
		       *p->sysroot ? p->sysroot : "this system");
}

static void list_command(const struct kconf *command, const struct shell_needs *n)
{
	CLEANUP(buf_free) struct buf text = {0};

	for (size_t i = 0; i < n->programs.count; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", n->programs.items[i]);
	say("%s: %s %s runs in the image: %s%s", command->source, directive(command), command->key, command->value,
	    n->programs.count ? "" : " (needs only the shell)");
	if (n->programs.count)
		say_more("%s: needs %s", command->source, text.data);
	if (n->unknown)
		warn("%s: the %s command of %s runs a program that its text does not tell: see that the image has it "
		     "(programs = of a [feature])",
		     command->source, directive(command), command->key);
}

static struct err *add_command(struct payload *p, const struct kconf *command)
{
	CLEANUP(shell_needs_free) struct shell_needs needs = {0};

	shell_needs_read(command->value, &needs);
	list_command(command, &needs);
	for (size_t i = 0; i < needs.programs.count; i++)
		TRY(add_program(p, command, needs.programs.items[i]));
	return NULL;
}

struct err *build_add_commands(const struct build *b, struct payload *p)
{
	CLEANUP(free_names) struct command_names names = {0};

	collect_names(b, &names);
	for (size_t i = 0; i < b->kernel->conf.count; i++) {
		const struct kconf *c = &b->kernel->conf.items[i];
		if ((c->kind == CONF_INSTALL || c->kind == CONF_REMOVE) && c->value && concerns_image(&names, c))
			TRY(add_command(p, c));
	}
	return NULL;
}
