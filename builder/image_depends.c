/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_depends.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "module_elf.h"
#include "module_file.h"

/* '-' and '_' are the same in module names. */
static bool same_name(const char *a, size_t len, const char *b)
{
	for (size_t i = 0; i < len; i++)
		if (!b[i] || (a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return b[len] == '\0';
}

static bool is_module(const struct image_entry *e)
{
	const char *base = strrchr(e->path, '/');
	const char *ko = strstr(base, ".ko");

	return S_ISREG(e->mode) && ko && (ko[3] == '\0' || ko[3] == '.') && e->size > 0;
}

bool image_entry_is_module(const struct image_entry *e, const char *name)
{
	const char *base = strrchr(e->path, '/') + 1;

	return is_module(e) && same_name(base, strcspn(base, "."), name);
}

bool image_is_module(const struct image_entry *e, const char *name)
{
	const char *base = strrchr(e->path, '/') + 1;

	return is_module(e) && same_name(base, strcspn(base, "."), name);
}

struct search {
	const char *name;
	bool firmware; /* what is looked for: a firmware file, or a module that others depend on */
	bool found;
};

static void see_modinfo(void *arg, const char *key, const char *value)
{
	struct search *s = arg;

	if (s->firmware) {
		s->found |= strcmp(key, "firmware") == 0 && fnmatch(value, s->name, 0) == 0;
		return;
	}
	if (strcmp(key, "depends") != 0)
		return;
	while (*value) {
		size_t len = strcspn(value, ",");
		s->found |= len > 0 && same_name(value, len, s->name);
		value += len + (value[len] == ',');
	}
}

static struct err *search_module(const struct image_entry *e, struct search *s)
{
	enum codec codec = codec_detect(e->data, (size_t)e->size);
	AUTOFREE unsigned char *plain = NULL;
	const unsigned char *data = e->data;
	size_t size = (size_t)e->size;

	if (codec != CODEC_NONE) {
		TRY(decompress(codec, e->data, (size_t)e->size, MODULE_SIZE_MAX, &plain, &size));
		data = plain;
	}
	return module_elf_modinfo(data, size, see_modinfo, s);
}

/* Names of the modules that have what S looks for, into OUT, with commas between. */
static struct err *search_all(const struct image *img, struct search *s, struct buf *out)
{
	for (size_t i = 0; i < img->entries.count; i++) {
		const struct image_entry *e = &img->entries.items[i];

		if (!is_module(e))
			continue;
		s->found = false;
		TRY(err_wrap(search_module(e, s), "%s", e->path));
		if (!s->found)
			continue;
		const char *base = strrchr(e->path, '/') + 1;
		if (out->len)
			buf_puts(out, ", ");
		buf_add(out, base, strcspn(base, "."));
	}
	return NULL;
}

struct err *image_dependants(const struct image *img, const char *name, struct buf *out)
{
	return search_all(img, &(struct search){.name = name}, out);
}

struct err *image_firmware_users(const struct image *img, const char *name, struct buf *out)
{
	return search_all(img, &(struct search){.name = name, .firmware = true}, out);
}
