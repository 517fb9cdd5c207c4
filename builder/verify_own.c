/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify_own.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "../early-init/plan/glob.h"
#include "elf_needed.h"
#include "image_index.h"
#include "image_manifest.h"
#include "module_elf.h"

#define NAME_SIZE 256
/* Longest #! line that the kernel reads (BINPRM_BUF_SIZE). */
#define SHEBANG_MAX 256

struct own {
	struct verify *v;
	const struct image *img;
	const struct boot_index *ix;
	struct strmap names; /* last part of every path in the image */
};

PRINTF_LIKE(4, 5)
static void fault(struct verify *v, const char *kind, const char *module, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	AUTOFREE char *text = xvasprintf(fmt, ap);
	va_end(ap);
	verify_add(v, FINDING_ERROR, kind, module, text, "build the image again");
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Entries that later ones of the same path do not replace. */
static bool counts(const struct own *o, const struct image_entry *e)
{
	return strmap_get(&o->img->by_path, e->path) == e;
}

/* A module file that the index does not name is never found by anyone. */
static void check_index(const struct own *o)
{
	struct strmap named = {0};

	for (uint32_t id = 0; id < index_module_count(o->ix); id++) {
		struct index_module m;
		const struct image_entry *e = NULL;
		if (index_module(o->ix, id, &m) == 0 && m.flags & MODULE_PRESENT && m.path)
			e = image_follow(o->img, m.path, true);
		if (e)
			strmap_put(&named, e->path, (void *)(uintptr_t)e);
	}
	for (size_t i = 0; i < o->img->entries.count; i++) {
		const struct image_entry *e = &o->img->entries.items[i];
		char name[NAME_SIZE];
		if (!S_ISREG(e->mode) || !strstr(e->path, "/lib/modules/") || !strstr(last_part(e->path), ".ko") ||
		    !counts(o, e) || strmap_get(&named, e->path) || modname_from_path(e->path, name, sizeof(name)) < 0)
			continue;
		fault(o->v, "index", name, "%s is not in the boot index, nothing would load it", e->path);
	}
	strmap_free(&named);
}

static void check_listed(const struct own *o, const struct image_manifest *m)
{
	for (size_t i = 0; i < o->img->entries.count; i++) {
		const struct image_entry *e = &o->img->entries.items[i];
		/* It cannot list itself; what is above all is nobody's. */
		if (strcmp(e->path, MANIFEST_PATH) == 0 || strcmp(e->path, "/") == 0 || !counts(o, e))
			continue;
		if (!image_manifest_find(m, e->path))
			fault(o->v, "manifest", NULL, "%s is not in the manifest: somebody else put it there", e->path);
	}
	for (size_t i = 0; i < m->causes.count; i++) {
		const struct image_cause *c = &m->causes.items[i];
		if (!image_find(o->img, c->path))
			fault(o->v, "manifest", NULL, "%s is in the manifest and not in the image", c->path);
		if (c->because && !image_manifest_find(m, c->because))
			fault(o->v, "manifest", NULL, "%s is there because of %s, which the manifest does not list",
			      c->path, c->because);
	}
}

static void check_manifest(const struct own *o)
{
	CLEANUP(image_manifest_free) struct image_manifest m = {0};
	bool found;
	struct err *e = image_manifest_read(o->img, &m, &found);

	if (e)
		fault(o->v, "manifest", NULL, "%s", err_message(e));
	else if (!found)
		fault(o->v, "manifest", NULL, "no manifest in it");
	else
		check_listed(o, &m);
	err_free(e);
}

/* Links into what is mounted at boot lead somewhere only then. */
static bool leads_to_mount(const struct image_entry *e)
{
	static const char *const mounts[] = {"/proc/", "/run/", "/dev/", "/sys/", "/sysroot/"};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		if (e->size > strlen(mounts[i]) && memcmp(e->data, mounts[i], strlen(mounts[i])) == 0)
			return true;
	return false;
}

static void check_link(const struct own *o, const struct image_entry *e)
{
	if (!leads_to_mount(e) && !image_follow(o->img, e->path, true))
		fault(o->v, "link", NULL, "%s leads to %.*s, which is not there", e->path, (int)e->size,
		      (const char *)e->data);
}

/* Where ld.so would find a library is not asked again: one of that name has to be somewhere. */
static void check_elf(const struct own *o, const struct image_entry *e)
{
	CLEANUP(elf_needed_free) struct elf_needed n = {0};
	struct err *damage = elf_needed_read(e->path, e->data, (size_t)e->size, &n);

	if (damage)
		fault(o->v, "program", NULL, "%s", err_message(damage));
	err_free(damage);
	if (n.interp && !image_follow(o->img, n.interp, true))
		fault(o->v, "program", NULL, "%s needs %s, which is not in the image", e->path, n.interp);
	for (size_t i = 0; i < n.needed.count; i++)
		if (!strmap_get(&o->names, last_part(n.needed.items[i])))
			fault(o->v, "program", NULL, "%s needs library %s, which is not in the image", e->path,
			      n.needed.items[i]);
}

static void check_script(const struct own *o, const struct image_entry *e)
{
	char line[SHEBANG_MAX] = "";

	memcpy(line, e->data, e->size < sizeof(line) ? (size_t)e->size : sizeof(line) - 1);
	char *interpreter = line + 2 + strspn(line + 2, " \t");
	interpreter[strcspn(interpreter, " \t\n")] = '\0';
	if (*interpreter && !image_follow(o->img, interpreter, true))
		fault(o->v, "program", NULL, "%s is a script for %s, which is not in the image", e->path, interpreter);
}

static void check_files(const struct own *o)
{
	for (size_t i = 0; i < o->img->entries.count; i++) {
		const struct image_entry *e = &o->img->entries.items[i];
		if (!counts(o, e))
			continue;
		if (S_ISLNK(e->mode))
			check_link(o, e);
		if (!S_ISREG(e->mode) || strstr(e->path, "/lib/modules/"))
			continue;
		if (e->size > 4 && memcmp(e->data, "\177ELF", 4) == 0)
			check_elf(o, e);
		else if (e->mode & 0111 && e->size > 2 && memcmp(e->data, "#!", 2) == 0)
			check_script(o, e);
	}
}

/* What the kernel itself calls for request_module(). */
static void check_modprobe(const struct own *o)
{
	const struct image_entry *e = image_follow(o->img, "/sbin/modprobe", true);

	if (!e || !S_ISREG(e->mode) || !(e->mode & 0111))
		fault(o->v, "init", NULL,
		      "no /sbin/modprobe that can be executed: the kernel could not ask for modules");
}

void verify_own_image(struct verify *v, const struct image *img, const struct boot_index *ix)
{
	struct own o = {.v = v, .img = img, .ix = ix};

	for (size_t i = 0; i < img->entries.count; i++)
		strmap_put(&o.names, last_part(img->entries.items[i].path), &o);
	check_index(&o);
	check_manifest(&o);
	check_files(&o);
	check_modprobe(&o);
	strmap_free(&o.names);
}

struct own_module {
	struct verify *v;
	const struct boot_index *ix;
	const char *name;
	struct index_ids deps;
};

static bool has_dep(const struct own_module *m, const char *name)
{
	uint32_t wanted = index_find_module(m->ix, name);

	for (uint32_t i = 0; i < m->deps.count; i++)
		if (index_id_at(m->ix, m->deps, i) == wanted)
			return wanted != MODULE_NONE;
	return false;
}

static void compare(void *arg, const char *key, const char *value)
{
	const struct own_module *m = arg;
	char name[NAME_SIZE];

	if (strcmp(key, "name") == 0 && modname_normalize(value, name, sizeof(name)) >= 0 && strcmp(name, m->name) != 0)
		fault(m->v, "index", m->name, "its file holds the module %s", name);
	for (const char *p = value; strcmp(key, "depends") == 0 && *p; p += *p == ',') {
		size_t len = strcspn(p, ",");
		AUTOFREE char *dep = xstrndup(p, len);
		if (len && !has_dep(m, dep))
			fault(m->v, "index", m->name, "it depends on %s, which the boot index does not say", dep);
		p += len;
	}
}

void verify_own_module(struct verify *v, const struct boot_index *ix, const char *name, const void *data, size_t size)
{
	uint32_t id = index_find_module(ix, name);
	struct own_module m = {v, ix, name, {0}};

	if (id == MODULE_NONE)
		return;
	m.deps = index_deps(ix, id, DEP_HARD);
	/* Bytes that are no module are a finding of their own. */
	err_free(module_elf_modinfo(data, size, compare, &m));
}
