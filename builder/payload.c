/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs and files of the sysroot at the same place in the image. */
#include "payload.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "payload_internal.h"
#include "sysroot.h"

#define DEPTH_MAX 32

struct err *payload_open(struct manifest *m, const char *sysroot, struct payload *out)
{
	*out = (struct payload){.manifest = m, .sysroot = sysroot};
	return ld_paths_open(sysroot, &out->ld);
}

void payload_close(struct payload *p)
{
	ld_paths_close(&p->ld);
}

/* What gives way to a real file: a busybox applet, and what stands for a variant of a library. */
static bool gives_way(const struct entry *have)
{
	return have->type == ENTRY_SYMLINK && have->because &&
	       (strcmp(have->owner, OWNER_BUSYBOX) == 0 || strcmp(have->reason, REASON_VARIANT) == 0);
}

static struct err *add(struct payload *p, const struct entry *e)
{
	struct entry *have = manifest_find(p->manifest, e->path);

	if (!have || !gives_way(have))
		return manifest_add(p->manifest, e, NULL);
	struct arena *a = &p->manifest->arena;
	const char *path = have->path;
	AUTOFREE char *because = e->because ? manifest_place(e->because) : NULL;
	*have = *e;
	have->path = path;
	have->owner = arena_strdup(a, e->owner);
	have->reason = arena_strdup(a, e->reason);
	have->because = because ? arena_strdup(a, because) : NULL;
	have->source = e->source ? arena_strdup(a, e->source) : NULL;
	have->target = e->target ? arena_strdup(a, e->target) : NULL;
	return NULL;
}

struct err *payload_link(struct payload *p, const char *path, const char *target, const struct payload_cause *cause)
{
	return add(p, &(struct entry){.path = path,
				      .type = ENTRY_SYMLINK,
				      .mode = 0777,
				      .segment = SEG_MAIN,
				      .owner = cause->owner,
				      .reason = cause->reason,
				      .because = cause->because,
				      .target = target});
}

/*
 * What the link PATH with the text TARGET names, absolute (malloc); links before the last part are followed. NULL: its
 * directory is not there.
 */
static char *link_names(const struct payload *p, const char *path, const char *target)
{
	AUTOFREE char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	AUTOFREE char *joined = *target == '/' ? xstrdup(target) : xasprintf("%s/%s", dir, target);
	const char *slash = strrchr(joined, '/'), *last = slash + 1;

	if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return sysroot_follow(p->sysroot, joined, NULL, NULL, NULL);
	AUTOFREE char *parent = xstrndup(joined, (size_t)(slash - joined));
	AUTOFREE char *found = sysroot_follow(p->sysroot, parent, NULL, NULL, NULL);
	return found ? xasprintf("%s/%s", found, last) : NULL;
}

/*
 * The link PATH with the text TARGET. One that leaves its directory by ".." becomes absolute where that directory is
 * deeper in the image; /bin/x to /usr/bin/x, which are one there, is left out.
 */
static struct err *keep_link(struct payload *p, const char *path, const char *target, const struct payload_cause *cause)
{
	AUTOFREE char *names = link_names(p, path, target);
	AUTOFREE char *place = manifest_place(path);
	AUTOFREE char *other = names ? manifest_place(names) : NULL;
	bool moved = strcmp(place, path) != 0;

	if (other && strcmp(place, other) == 0)
		return NULL;
	return payload_link(p, path, names && moved && *target != '/' && strstr(target, "..") ? names : target, cause);
}

struct link_context {
	struct payload *p;
	const struct payload_cause *cause;
};

/* Links to directories are not kept: the image has its own layout, and payload_place() bridges what differs. */
static struct err *see_link(void *arg, const char *path, const char *target)
{
	struct link_context *c = arg;
	AUTOFREE char *host = sysroot_resolve(c->p->sysroot, path);
	struct stat st;

	if (!host || stat(host, &st) < 0 || S_ISDIR(st.st_mode))
		return NULL;
	return keep_link(c->p, path, target, c->cause);
}

static struct err *add_file(struct payload *p, const char *path, const char *host, const struct payload_cause *cause,
			    bool *added)
{
	struct stat st;
	size_t before = p->manifest->entries.count;
	const struct entry *have = manifest_find(p->manifest, path);
	bool replaces = have && have->type != ENTRY_FILE; /* a link that gave way, in place */

	if (stat(host, &st) < 0)
		return err_sys(errno, "%s", host);
	if (!S_ISREG(st.st_mode))
		return err_new(EXIT_FAILED, "%s: neither a file nor a directory", host);
	TRY(add(p, &(struct entry){.path = path,
				   .type = ENTRY_FILE,
				   /* Everything runs as root; write permission would only make umasks visible. */
				   .mode = st.st_mode & 0111 ? 0755 : (st.st_mode & 0004 ? 0644 : 0600),
				   .segment = SEG_MAIN,
				   .owner = cause->owner,
				   .reason = cause->reason,
				   .because = cause->because,
				   .source = host}));
	*added = p->manifest->entries.count > before || replaces;
	return NULL;
}

struct err *payload_place(struct payload *p, const char *path, const struct payload_cause *cause, char **real,
			  bool *added)
{
	struct link_context context = {p, cause};
	struct err *e = NULL;
	AUTOFREE char *found = sysroot_follow(p->sysroot, path, see_link, &context, &e);

	if (e)
		return e;
	if (!found)
		return err_sys(errno, "%s%s", p->sysroot, path);
	AUTOFREE char *host = path_join(p->sysroot, found);
	TRY(add_file(p, found, host, cause, added));
	/* Where a directory link of the sysroot led elsewhere, the name that was asked for must still work. */
	if (!manifest_find(p->manifest, path))
		TRY(payload_link(p, path, found, cause));
	*real = STEAL_POINTER(found);
	return NULL;
}

static char *find_program(const struct payload *p, const char *name)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin",	   "/sbin",
					   "/bin",	"/usr/local/sbin", "/usr/local/bin"};

	if (*name == '/')
		return xstrdup(name);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTOFREE char *path = path_join(dirs[i], name);
		AUTOFREE char *host = sysroot_resolve(p->sysroot, path);
		if (host && access(host, X_OK) == 0)
			return STEAL_POINTER(path);
	}
	return NULL;
}

struct err *payload_program(struct payload *p, const char *name, const struct payload_cause *cause)
{
	AUTOFREE char *path = find_program(p, name);
	AUTOFREE char *real = NULL;
	bool added = false;

	if (!path)
		return err_new(EXIT_FAILED, "program %s: not found in %s: install the package that has it", name,
			       *p->sysroot ? p->sysroot : "the usual directories");
	TRY(err_wrap(payload_place(p, path, cause, &real, &added), "program %s", name));
	return added ? err_wrap(payload_needs(p, real), "program %s", name) : NULL;
}

static struct err *add_tree(struct payload *p, const char *path, const struct payload_cause *cause, unsigned depth);

static int skip_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static struct err *add_directory(struct payload *p, const char *path, const char *host,
				 const struct payload_cause *cause, unsigned depth)
{
	struct dirent **names = NULL;
	struct err *e = manifest_add(p->manifest,
				     &(struct entry){.path = path,
						     .type = ENTRY_DIR,
						     .mode = 0755,
						     .segment = SEG_MAIN,
						     .owner = cause->owner,
						     .reason = cause->reason,
						     .because = cause->because},
				     NULL);
	int n = e ? 0 : scandir(host, &names, skip_dots, alphasort);

	if (n < 0)
		return err_sys(errno, "%s", host);
	for (int i = 0; i < n; i++) {
		AUTOFREE char *child = path_join(path, names[i]->d_name);
		if (!e)
			e = add_tree(p, child, cause, depth + 1);
		free(names[i]);
	}
	free(names);
	return e;
}

/* Inside a directory that was asked for, links stay as they are, wherever they lead. */
static struct err *add_tree(struct payload *p, const char *path, const struct payload_cause *cause, unsigned depth)
{
	AUTOFREE char *host = path_join(p->sysroot, path);
	struct stat st;
	bool added = false;

	if (depth > DEPTH_MAX)
		return err_new(EXIT_FAILED, "%s: directories deeper than %d", path, DEPTH_MAX);
	if (lstat(host, &st) < 0)
		return err_sys(errno, "%s", host);
	if (S_ISDIR(st.st_mode))
		return add_directory(p, path, host, cause, depth);
	if (S_ISLNK(st.st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlink(host, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(errno, "%s", host);
		target[n] = '\0';
		return keep_link(p, path, target, cause);
	}
	TRY(add_file(p, path, host, cause, &added));
	return added ? payload_needs(p, path) : NULL;
}

static struct err *add_path(struct payload *p, const char *path, const struct payload_cause *cause)
{
	AUTOFREE char *real = sysroot_follow(p->sysroot, path, NULL, NULL, NULL);
	AUTOFREE char *placed = NULL;
	bool added = false;
	struct stat st;

	if (!real)
		return err_sys(errno, "%s%s", p->sysroot, path);
	AUTOFREE char *host = path_join(p->sysroot, real);
	if (stat(host, &st) == 0 && S_ISDIR(st.st_mode))
		return add_tree(p, real, cause, 0);
	TRY(payload_place(p, path, cause, &placed, &added));
	return added ? payload_needs(p, placed) : NULL;
}

struct err *payload_file(struct payload *p, const char *path, const struct payload_cause *cause)
{
	if (*path != '/')
		return err_new(EXIT_USAGE, "file %s: not an absolute path", path);
	if (!strpbrk(path, "*?["))
		return err_wrap(add_path(p, path, cause), "file %s", path);
	/* "//etc/x*": names in an image begin with one. */
	while (path[1] == '/')
		path++;
	CLEANUP(globfree) glob_t found = {0};
	struct err *e = NULL;

	/* A pattern may match nothing. */
	if (sysroot_glob(p->sysroot, path, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && !e; i++)
			e = err_wrap(add_path(p, found.gl_pathv[i], cause), "file %s", found.gl_pathv[i]);
	return e;
}
