/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The closure of a program: libraries, ELF interpreter, script interpreter, dlopen() hints. */
#include <string.h>

#include "payload_internal.h"
#include "sysroot.h"

/* Longest #! line that the kernel reads (BINPRM_BUF_SIZE). */
#define SHEBANG_MAX 256
/* Libraries nest some ten deep; more is a loop of links. */
#define DEPTH_MAX 100

static struct err *needs(struct payload *p, const char *real, const char *rpath, unsigned depth);

/* PATH is needed by BY, whose expanded RPATH reaches down to it. */
static struct err *add_needed(struct payload *p, const char *path, const char *by, const char *reason,
			      const char *rpath, unsigned depth)
{
	const struct entry *user = manifest_find(p->manifest, by);
	struct payload_cause cause = {user ? user->owner : "base", reason, by};
	AUTOFREE char *real = NULL;
	bool added = false;

	TRY(payload_place(p, path, &cause, &real, &added));
	return added ? needs(p, real, rpath, depth + 1) : NULL;
}

struct variant_context {
	struct payload *p;
	const char *path;
};

static struct err *link_variant(void *arg, const char *path)
{
	const struct variant_context *c = arg;
	const struct entry *plain = manifest_find(c->p->manifest, c->path);
	struct payload_cause cause = {plain ? plain->owner : "base", REASON_VARIANT, c->path};

	return manifest_find(c->p->manifest, path) ? NULL : payload_link(c->p, path, c->path, &cause);
}

static struct err *add_library(struct payload *p, const char *by, const struct elf_needed *n, const char *soname,
			       const char *rpath, bool required, unsigned depth)
{
	CLEANUP(buf_free) struct buf tried = {0};
	struct arena *a = &p->manifest->arena;
	const char *path = elf_find_library(&p->ld, n, by, rpath, soname, a, &tried);

	if (!path && !required) {
		say_more("%s: recommended library %s is not installed", by, soname);
		return NULL;
	}
	if (!path)
		return err_new(EXIT_FAILED,
			       "%s needs library %s, which is in none of: %s: install the package that has it", by,
			       soname, tried.data ? tried.data : "(nowhere to search)");
	AUTOFREE char *reason = xasprintf("library %s", soname);
	TRY(err_wrap(add_needed(p, path, by, reason, rpath, depth), "%s", by));
	/* ld.so takes what its cache has for the CPU, and looks no further in it when that is not there. */
	return elf_each_variant(&p->ld, n, soname, path, link_variant, &(struct variant_context){p, path});
}

/* The best of the alternatives that is there, or the best of all. */
static const char *first_installed(struct payload *p, const char *by, const struct elf_needed *n,
				   const struct elf_dlopen *d, const char *rpath)
{
	for (size_t i = 0; i < d->count; i++)
		if (elf_find_library(&p->ld, n, by, rpath, d->sonames[i], &p->manifest->arena, NULL))
			return d->sonames[i];
	return d->sonames[0];
}

/* Directories that only ld.so.conf names are found at boot through the cache. */
static struct err *add_cache(struct payload *p, const char *by)
{
	AUTOFREE char *host = sysroot_path(p->sysroot, "/etc/ld.so.cache");
	struct payload_cause cause = {"base", "where libraries are", by};
	AUTOFREE char *real = NULL;
	bool added;

	if (!path_exists(host) || manifest_find(p->manifest, "/etc/ld.so.cache"))
		return NULL;
	return payload_place(p, "/etc/ld.so.cache", &cause, &real, &added);
}

/* glibc opens it, so that no RPATH of BY counts. Another C library may do without. */
static struct err *add_unwinding(struct payload *p, const char *by, const struct elf_needed *n, unsigned depth)
{
	const struct elf_needed libc = {.elf_class = n->elf_class, .machine = n->machine};

	return n->unwinds_threads ? add_library(p, by, &libc, LIBRARY_OF_UNWINDING, NULL, false, depth) : NULL;
}

static struct err *elf_needs(struct payload *p, const char *real, const struct elf_needed *n, const char *rpath,
			     unsigned depth)
{
	AUTOFREE char *own = n->rpath ? elf_expand(&p->ld, n, real, n->rpath) : NULL;
	AUTOFREE char *chain =
	    own || rpath ? xasprintf("%s%s%s", own ? own : "", own && rpath ? ":" : "", rpath ? rpath : "") : NULL;

	if (n->interp) {
		TRY(add_needed(p, n->interp, real, "ELF interpreter", NULL, depth));
		TRY(add_cache(p, real));
	}
	for (size_t i = 0; i < n->needed.count; i++)
		TRY(add_library(p, real, n, n->needed.items[i], chain, true, depth));
	for (size_t i = 0; i < n->dlopens.count; i++) {
		const struct elf_dlopen *d = &n->dlopens.items[i];
		TRY(add_library(p, real, n, first_installed(p, real, n, d, chain), chain, d->required, depth));
	}
	return add_unwinding(p, real, n, depth);
}

#define SPLIT_STRING "--split-string="

/*
 * The program that "env ARGUMENT" runs. The kernel gives all that follows env as one argument, which only -S takes
 * apart: *SPLITS then, and REST is where strtok_r() goes on. NULL: none, or one that is not told by its words alone.
 */
static const char *env_program(const char *arg, char **rest, bool *splits)
{
	const char *word = arg;

	*splits = true;
	if (strncmp(arg, SPLIT_STRING, strlen(SPLIT_STRING)) == 0) {
		word += strlen(SPLIT_STRING);
	} else if (*arg == '-') {
		/* -vS, -iS and the like; what follows the S is the first word. */
		size_t flags = 1 + strspn(arg + 1, "iv0");
		*splits = arg[flags] == 'S';
		if (!*splits)
			return NULL;
		word += flags + 1;
	} else {
		*splits = false;
	}
	while (*splits && word && (!*word || *word == '-' || strchr(word, '='))) {
		/* The options that have an argument of their own. */
		bool two = strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0 || strcmp(word, "-a") == 0;
		if (two)
			(void)strtok_r(NULL, " \t\r", rest);
		word = strtok_r(NULL, " \t\r", rest);
	}
	return word && !strpbrk(word, "\"'\\$#") ? word : NULL;
}

/* "#! INTERPRETER [ARGUMENT]", and the program that env(1) looks up. */
static struct err *script_needs(struct payload *p, const char *real, const unsigned char *data, size_t size,
				unsigned depth)
{
	AUTOFREE char *line = xstrndup((const char *)data + 2, (size < SHEBANG_MAX ? size : SHEBANG_MAX) - 2);
	char *save = NULL;
	bool splits = false;

	line[strcspn(line, "\n")] = '\0';
	char *interp = strtok_r(line, " \t\r", &save);
	char *arg = strtok_r(NULL, " \t\r", &save);
	if (!interp || *interp != '/')
		return NULL;
	bool is_env = strcmp(strrchr(interp, '/') + 1, "env") == 0;
	const char *program = is_env && arg ? env_program(arg, &save, &splits) : NULL;
	/* busybox's sh and env will do where a script wants no other; its env has no -S. */
	if (splits || !manifest_find(p->manifest, interp))
		TRY(add_needed(p, interp, real, "interpreter of a script", NULL, depth));
	if (!program)
		return NULL;
	AUTOFREE char *applet = path_join("/usr/bin", program);
	if (manifest_find(p->manifest, applet))
		return NULL;
	const struct entry *user = manifest_find(p->manifest, real);
	return payload_program(p, program, &(struct payload_cause){user->owner, "interpreter of a script", real});
}

static struct err *bytes_need(struct payload *p, const char *real, const struct file_map *map, const char *rpath,
			      unsigned depth)
{
	CLEANUP(elf_needed_free) struct elf_needed n = {0};

	if (map->size > 2 && map->data[0] == '#' && map->data[1] == '!')
		return script_needs(p, real, map->data, map->size, depth);
	TRY(elf_needed_read(real, map->data, map->size, &n));
	return n.is_elf ? elf_needs(p, real, &n, rpath, depth) : NULL;
}

static struct err *needs(struct payload *p, const char *real, const char *rpath, unsigned depth)
{
	AUTOFREE char *host = path_join(p->sysroot, real);
	struct file_map map;

	if (depth > DEPTH_MAX)
		return err_new(EXIT_FAILED, "%s: needed through more than %d others", real, DEPTH_MAX);
	TRY(file_map(host, &map));
	struct err *e = bytes_need(p, real, &map, rpath, depth);
	file_unmap(&map);
	return e;
}

struct err *payload_needs(struct payload *p, const char *real)
{
	return needs(p, real, NULL, 0);
}
