/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward explain: why something is in an image, or why not. */
#include <getopt.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

#include "../early-init/plan/lookup.h"
#include "command.h"
#include "image_depends.h"
#include "image_index.h"
#include "image_manifest.h"
#include "kernel.h"
#include "printable.h"

/* A chain of causes is as long as dependencies are deep; a longer one is a loop in a forged manifest. */
#define CHAIN_MAX 64
#define MATCHES_MAX 64

struct explainer {
	struct image img;
	struct image_manifest manifest;
	struct boot_index ix;
	bool has_manifest, has_index;
	const char *name;
	struct json_object *json; /* NULL: text */
	struct strmap told;	  /* paths that were explained */
	unsigned found;
};

static void tell_fact(struct explainer *x, const char *text)
{
	x->found++;
	if (x->json)
		json_object_array_add(x->json, json_text(text));
	else
		print_line(stdout, "%s", text);
}

static struct json_object *link_json(const struct image_cause *c)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "path", json_text(c->path));
	json_object_object_add(o, "owner", json_text(c->owner));
	json_object_object_add(o, "reason", json_text(c->reason));
	return o;
}

/* PATH with its chain: what it is there for, and what that is there for. */
static void tell_path(struct explainer *x, const char *path)
{
	const struct image_cause *c = image_manifest_find(&x->manifest, path);
	struct json_object *chain = x->json ? json_object_new_array() : NULL;

	x->found++;
	strmap_put(&x->told, path, x);
	if (!c && !x->json) {
		print_text(stdout, path);
		puts(": in the image; the manifest does not say why");
	}
	for (int depth = 0; c && depth < CHAIN_MAX; depth++) {
		AUTOFREE char *text =
		    chain ? NULL : xasprintf("%*s%s: %s (%s)", depth * 2, "", c->path, c->reason, c->owner);
		if (chain)
			json_object_array_add(chain, link_json(c));
		else
			print_line(stdout, "%s", text);
		c = c->because ? image_manifest_find(&x->manifest, c->because) : NULL;
	}
	if (!chain)
		return;
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "path", json_text(path));
	json_object_object_add(o, "chain", chain);
	json_object_array_add(x->json, o);
}

static void tell_module(struct explainer *x, uint32_t id, const char *alias)
{
	struct index_module m;

	if (index_module(&x->ix, id, &m) < 0)
		return;
	if (alias && !x->json) {
		AUTOFREE char *text = xasprintf("%s matches %s of %s", x->name, alias, m.name);
		print_line(stdout, "%s", text);
	}
	const struct image_entry *e = m.flags & MODULE_PRESENT && m.path ? image_follow(&x->img, m.path, true) : NULL;
	if (e) {
		if (!strmap_get(&x->told, e->path))
			tell_path(x, e->path);
		return;
	}
	AUTOFREE char *text =
	    m.flags & MODULE_BUILTIN  ? xasprintf("%s: built into the kernel, no file is needed", m.name)
	    : m.flags & MODULE_ABSENT ? xasprintf("%s: not in the image: %s", m.name,
						  m.absent_reason ? m.absent_reason : "nothing asked for it")
				      : xasprintf("%s: the kernel has no such module", m.name);
	tell_fact(x, text);
}

static void tell_matches(struct explainer *x)
{
	static const enum lookup_scope scopes[] = {LOOKUP_USABLE, LOOKUP_ABSENT};
	struct module_match matches[MATCHES_MAX];

	for (size_t s = 0; s < ARRAY_SIZE(scopes) && x->found == 0; s++) {
		int n = lookup_modules(&x->ix, NULL, x->name, scopes[s], matches, MATCHES_MAX);
		for (int i = 0; i < n && i < MATCHES_MAX; i++)
			tell_module(x, matches[i].module, matches[i].alias);
	}
}

/* Whether PATH ends in the whole parts of NAME: "busybox", "cxgb4/t5fw.bin". */
static bool ends_in(const char *path, const char *name)
{
	size_t len = strlen(path), n = strlen(name);

	return n < len && strcmp(path + len - n, name) == 0 && path[len - n - 1] == '/';
}

static void tell_files(struct explainer *x)
{
	for (size_t i = 0; i < x->img.entries.count; i++) {
		const struct image_entry *e = &x->img.entries.items[i];
		const char *path = e->path;
		/* Without an index, a module is known by its file only. */
		bool named = ends_in(path, x->name) || (!x->has_index && image_entry_is_module(e, x->name));
		if (!S_ISDIR(e->mode) && named && !strmap_get(&x->told, path))
			tell_path(x, path);
	}
}

/* What an image without manifest still tells: which of its modules name this one in depends=. */
static struct err *tell_dependants(struct explainer *x)
{
	CLEANUP(buf_free) struct buf text = {0};

	say("%s", "this image has no manifest: not made by rootward; only what its modules say is known");
	TRY(image_dependants(&x->img, x->name, &text));
	if (text.len) {
		AUTOFREE char *fact = xasprintf("%s is a dependency of %s", x->name, text.data);
		tell_fact(x, fact);
	}
	return NULL;
}

/* Firmware that a module here asks for was nowhere when the image was built. */
static struct err *missing_firmware(const struct explainer *x)
{
	CLEANUP(buf_free) struct buf users = {0};

	TRY(image_firmware_users(&x->img, x->name, &users));
	if (users.len == 0)
		return NULL;
	return err_new(
	    EXIT_FAILED,
	    "%s: not in the image: firmware that %s may ask for, and it was not below /lib/firmware when the "
	    "image was built: install the package that has it and build again",
	    x->name, users.data);
}

/*
 * Nothing knows NAME. The index tells of left-out modules of some classes only, so the kernel's own tree decides, where
 * it is installed here.
 */
static struct err *unknown(const struct explainer *x)
{
	const char *release = x->has_index ? index_kernel_release(&x->ix) : "";
	struct kernel *k = NULL;
	bool known;

	if (x->name[0] == '/')
		return err_new(EXIT_FAILED, "%s: not in the image", x->name);
	TRY(missing_firmware(x));
	if (!x->has_index)
		return err_new(EXIT_FAILED, "%s: not in the image", x->name);
	/* An alias or a file: every alias of the image's modules was tried. */
	if (strpbrk(x->name, ":/.*"))
		return err_new(EXIT_FAILED,
			       "%s: not in the image: its boot index and manifest know no module, alias, program or "
			       "firmware of that name",
			       x->name);
	struct err *e = kernel_open("", release, NULL, &k);
	if (e) {
		err_free(e);
		return err_new(
		    EXIT_FAILED,
		    "%s: not in the image. Of what was left out its boot index knows the modules for storage, "
		    "buses, file systems, keyboards and network, and this is none of them; if kernel %s (not "
		    "installed here) has it, no topic of conf.d chose it: rootward build --add-module %s",
		    x->name, release, x->name);
	}
	known = kernel_module(k, x->name) != NULL;
	kernel_close(k);
	return known ? err_new(EXIT_FAILED,
			       "%s: not in the image: kernel %s has this module, but no topic of conf.d chose it: "
			       "rootward build --add-module %s",
			       x->name, release, x->name)
		     : err_new(EXIT_FAILED, "%s: not in the image, and kernel %s has no module of that name", x->name,
			       release);
}

static struct err *explain(struct explainer *x)
{
	if (x->name[0] == '/') {
		const struct image_entry *e = image_follow(&x->img, x->name, false);
		if (e)
			tell_path(x, e->path);
	} else {
		uint32_t id = x->has_index ? index_find_module(&x->ix, x->name) : MODULE_NONE;
		if (id != MODULE_NONE)
			tell_module(x, id, NULL);
		tell_files(x);
		if (x->has_index)
			tell_matches(x);
		if (!x->has_manifest)
			TRY(tell_dependants(x));
	}
	return x->found ? NULL : unknown(x);
}

static struct err *open_and_explain(const char *path, struct explainer *x)
{
	AUTOFREE unsigned char *data = NULL;

	TRY(image_open(path, &x->img));
	TRY(err_wrap(image_manifest_read(&x->img, &x->manifest, &x->has_manifest), "%s", path));
	if (x->has_manifest) {
		TRY(image_open_index(path, &data, &x->ix));
		x->has_index = true;
	}
	struct err *e = explain(x);
	x->has_index = false;
	return err_wrap(e, "%s", path);
}

static struct err *run(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	struct explainer x = {0};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?') {
			json_object_put(x.json);
			return option_error(argv, options);
		}
		if (!x.json)
			x.json = json_object_new_array();
	}
	struct err *e = NULL;
	if (argc - optind != 2) {
		e = err_new(EXIT_USAGE, "explain wants IMAGE and NAME: see rootward explain --help");
	} else {
		x.name = argv[optind + 1];
		e = open_and_explain(argv[optind], &x);
	}
	if (!e && x.json)
		puts(json_object_to_json_string_ext(x.json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(x.json);
	strmap_free(&x.told);
	image_manifest_free(&x.manifest);
	image_close(&x.img);
	return e;
}

const struct command cmd_explain = {
    .name = "explain",
    .synopsis = "[--json] IMAGE NAME|PATH",
    .summary = "why something is in an image, or why not",
    .help = "  --json  the same for programs\n\n"
	    "NAME is a module, an alias (modalias), a program or a firmware file.\n"
	    "Each line is there because of the one below it. Exit status 1: nothing of that name is known.\n",
    .run = run,
};
