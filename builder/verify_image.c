/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "../early-init/plan/glob.h"
#include "../early-init/plan/index.h"
#include "firmware.h"
#include "parallel.h"
#include "verify_kernel.h"
#include "verify_own.h"

/* Largest module that is unpacked; the largest of Debian's has 6 MiB. */
#define MODULE_MAX ((size_t)512 << 20)
#define NAME_LEN_MAX 256

struct image_module {
	const char *name, *release;
	const struct image_entry *entry;
};

struct image_closure {
	const char **names;
	size_t count;
};

struct verify_image {
	const struct image *img;
	struct arena arena;
	struct verify *v;
	struct kernel *kernel; /* of the same release below sysroot, or NULL: only its config is used */
	bool has_index;
	struct boot_index index;
	unsigned char *index_copy; /* aligned as index_open wants it */
	const char *release;
	VEC(struct image_module) modules;
	struct strmap closures; /* module -> struct image_closure * */
};

/* "/lib/modules/RELEASE/..." or the same below /usr: the release, in the arena. NULL for other paths. */
static const char *module_release(struct verify_image *vi, const char *path)
{
	if (strncmp(path, "/usr/", 5) == 0)
		path += 4;
	if (strncmp(path, "/lib/modules/", 13) != 0)
		return NULL;
	size_t n = strcspn(path + 13, "/");
	return n && path[13 + n] ? arena_strndup(&vi->arena, path + 13, n) : NULL;
}

static bool is_module_path(const char *path)
{
	static const char *const suffixes[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	size_t len = strlen(path);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);
		if (len > n && strcmp(path + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static void collect_modules(struct verify_image *vi)
{
	for (size_t i = 0; i < vi->img->entries.count; i++) {
		const struct image_entry *e = &vi->img->entries.items[i];
		char name[NAME_LEN_MAX];
		if (!S_ISREG(e->mode) || !is_module_path(e->path) || strmap_get(&vi->img->by_path, e->path) != e ||
		    modname_from_path(e->path, name, sizeof(name)) < 0)
			continue;
		const char *release = module_release(vi, e->path);
		if (!release)
			continue;
		struct image_module m = {arena_strdup(&vi->arena, name), release, e};
		VEC_PUSH(&vi->modules, m);
	}
}

static void fault(struct verify_image *vi, const char *kind, const char *module, const char *cause)
{
	verify_add(vi->v, FINDING_ERROR, kind, module, cause, "build the image again");
}

/* Our own index, when the image has one; a damaged one is remembered in WHY. */
static const char *open_index(struct verify_image *vi)
{
	const struct image_entry *e = image_find(vi->img, "/lib/rootward/index");
	if (!e)
		return NULL;
	size_t words = (size_t)e->size / sizeof(uint64_t) + 1;
	vi->index_copy = xcalloc(words, sizeof(uint64_t));
	memcpy(vi->index_copy, e->data, (size_t)e->size);
	errint r = index_open(&vi->index, vi->index_copy, (size_t)e->size);
	vi->has_index = r == 0;
	return r == 0		       ? NULL
	       : r == -EPROTONOSUPPORT ? "its boot index is of another version"
				       : "its boot index is damaged";
}

static struct image_closure *new_closure(struct verify_image *vi, const char *name, size_t count)
{
	struct image_closure *c = arena_alloc(&vi->arena, sizeof(*c));
	*c = (struct image_closure){arena_alloc(&vi->arena, (count + 1) * sizeof(char *)), 0};
	(void)strmap_put(&vi->closures, name, c);
	return c;
}

static void closures_from_index(struct verify_image *vi)
{
	for (uint32_t id = 0; id < index_module_count(&vi->index); id++) {
		struct index_module m, dep;
		if (index_module(&vi->index, id, &m) < 0 || !(m.flags & MODULE_PRESENT))
			continue;
		if (m.path && !image_find(vi->img, m.path))
			fault(vi, "index", m.name, "the boot index names its file, which is not in the image");
		struct index_ids ids = index_deps(&vi->index, id, DEP_HARD);
		struct image_closure *c = new_closure(vi, m.name, ids.count);
		for (uint32_t i = 0; i < ids.count; i++)
			if (index_module(&vi->index, index_id_at(&vi->index, ids, i), &dep) == 0 &&
			    !(dep.flags & MODULE_BUILTIN))
				c->names[c->count++] = dep.name;
	}
	for (uint32_t i = 0; i < index_conf_count(&vi->index, CONF_OPTIONS); i++) {
		struct index_conf conf;
		if (index_conf_at(&vi->index, CONF_OPTIONS, i, &conf) == 0)
			verify_options(vi->v, conf.key, conf.value ? conf.value : "",
				       conf.source ? conf.source : "index");
	}
}

/* "kernel/a/x.ko: kernel/b/y.ko kernel/c/z.ko" of modules.dep(5), NUL-terminated, split in place. */
static void closure_from_line(struct verify_image *vi, char *line)
{
	char name[NAME_LEN_MAX], *rest = strchr(line, ':'), *word;
	if (!rest)
		return;
	*rest++ = '\0';
	if (modname_from_path(line, name, sizeof(name)) < 0)
		return;
	size_t words = 0;
	for (const char *p = rest; *p; p++)
		words += *p == ' ';
	struct image_closure *c = new_closure(vi, arena_strdup(&vi->arena, name), words);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word && modname_from_path(word, name, sizeof(name)) >= 0)
			c->names[c->count++] = arena_strdup(&vi->arena, name);
}

static void closures_from_dep(struct verify_image *vi)
{
	AUTOFREE char *path = xasprintf("/lib/modules/%s/modules.dep", vi->release);
	const struct image_entry *e = image_find(vi->img, path);
	if (!e)
		return;
	AUTOFREE char *text = xstrndup((const char *)e->data, (size_t)e->size);
	char *cursor = text, *line;
	while ((line = strsep(&cursor, "\n")) != NULL)
		closure_from_line(vi, line);
}

static size_t closure_of(void *arg, const char *name, const char *const **out)
{
	struct verify_image *vi = arg;
	const struct image_closure *c = strmap_get(&vi->closures, name);
	*out = c ? (const char *const *)c->names : NULL;
	/* Every module has a line in either table, so one without is of an image that has no table. */
	return c ? c->count : SIZE_MAX;
}

static bool firmware_inside(void *arg, const char *name)
{
	static const char *const suffixes[] = {"", ".xz", ".zst"};
	const struct verify_image *vi = arg;
	for (unsigned d = 0; d < FIRMWARE_DIRS; d++) {
		AUTOFREE char *dir = firmware_dir(d, vi->release ? vi->release : "");
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			AUTOFREE char *path = xasprintf("%s/%s%s", dir, name, suffixes[i]);
			if (image_find(vi->img, path))
				return true;
		}
	}
	if (!strpbrk(name, "*?["))
		return false;
	AUTOFREE char *pattern = xasprintf("*/lib/firmware/%s*", name);
	for (size_t i = 0; i < vi->img->entries.count; i++)
		if (glob_match(pattern, vi->img->entries.items[i].path))
			return true;
	return false;
}

/* What the kernel must undo itself, as early-init hands xz and gzip on (MODULE_INIT_COMPRESSED_FILE). */
static void check_store(struct verify_image *vi, const struct image_module *m, enum codec c)
{
	const char *option = c == CODEC_XZ ? "MODULE_COMPRESS_XZ" : c == CODEC_GZIP ? "MODULE_COMPRESS_GZIP" : NULL;
	if (!vi->has_index || !option || !vi->kernel || !vi->kernel->has_config)
		return;
	if (kernel_config(vi->kernel, option) && kernel_config(vi->kernel, "MODULE_DECOMPRESS"))
		return;
	AUTOFREE char *cause = xasprintf("stored as %s, which kernel %s does not undo", codec_name(c), vi->release);
	fault(vi, "compression", m->name, cause);
}

static void read_module(void *arg, size_t i)
{
	struct verify_image *vi = arg;
	const struct image_module *m = &vi->modules.items[i];
	const unsigned char *data = m->entry->data;
	size_t size = (size_t)m->entry->size;
	AUTOFREE unsigned char *plain = NULL;
	enum codec c = size ? codec_detect(data, size) : CODEC_NONE;
	if (strcmp(m->release, vi->release) != 0) {
		AUTOFREE char *cause =
		    xasprintf("lies in the tree of kernel %s, the image is for %s", m->release, vi->release);
		fault(vi, "release", m->name, cause);
		return;
	}
	if (c != CODEC_NONE) {
		struct err *e = decompress(c, data, size, MODULE_MAX, &plain, &size);
		if (e) {
			verify_unreadable(vi->v, m->name, err_wrap(e, "%s", codec_name(c)));
			return;
		}
		data = plain;
		check_store(vi, m, c);
	}
	verify_module(vi->v, m->name, size ? (const void *)data : "", size);
	if (vi->has_index && size)
		verify_own_module(vi->v, &vi->index, m->name, data, size);
}

static bool is_executable(const struct verify_image *vi, const char *path)
{
	const struct image_entry *e = image_find(vi->img, path);
	return e && (S_ISLNK(e->mode) || (S_ISREG(e->mode) && e->mode & 0111 && e->size));
}

/* The kernel runs /init; without it the archive is only unpacked and root= mounted by the kernel itself. */
static void check_init(struct verify_image *vi)
{
	if (!is_executable(vi, "/init"))
		fault(vi, "init", NULL, "no /init that can be executed");
}

static void begin(struct verify_image *vi, const char *sysroot)
{
	const char *index_fault = open_index(vi);
	collect_modules(vi);
	if (vi->has_index)
		vi->release = index_kernel_release(&vi->index);
	else if (vi->modules.count)
		vi->release = vi->modules.items[0].release;
	if (vi->release)
		err_free(kernel_open(sysroot, vi->release, NULL, &vi->kernel));
	struct verify_setup setup = {
	    .kernel = vi->kernel,
	    .release = vi->release,
	    .sysroot = sysroot,
	    .has_firmware = firmware_inside,
	    .firmware_arg = vi,
	    .deps = closure_of,
	    .deps_arg = vi,
	};
	vi->v = verify_begin(&setup);
	if (index_fault)
		fault(vi, "index", NULL, index_fault);
}

struct verify_image *verify_image_begin(const struct image *img, const char *sysroot)
{
	struct verify_image *vi = xcalloc(1, sizeof(*vi));
	vi->img = img;
	begin(vi, sysroot);
	check_init(vi);
	if (vi->has_index) {
		closures_from_index(vi);
		verify_own_image(vi->v, img, &vi->index);
	} else if (vi->release) {
		closures_from_dep(vi);
	}
	return vi;
}

const struct verify_report *verify_image_finish(struct verify_image *vi)
{
	parallel_for(vi->modules.count, read_module, vi);
	return verify_finish(vi->v);
}

const char *verify_image_release(const struct verify_image *vi)
{
	return vi->release;
}

void verify_image_free(struct verify_image *vi)
{
	if (!vi)
		return;
	verify_free(vi->v);
	kernel_close(vi->kernel);
	VEC_FREE(&vi->modules);
	strmap_free(&vi->closures);
	free(vi->index_copy);
	arena_free(&vi->arena);
	free(vi);
}
