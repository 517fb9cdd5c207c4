/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware profiles: text to memory and back. */
#include "profile.h"

#include <string.h>

#include "../early-init/plan/hardware.h"

/* Largest profile read; a server with thousands of devices has under 1 MiB. */
#define PROFILE_MAX (16u << 20)
/* Longest word written. A CPU's modalias has about 1500 bytes. */
#define WORD_MAX_LEN 8192

static const char *keep(struct hw_profile *p, const char *word)
{
	return word ? arena_strdup(&p->arena, word) : NULL;
}

/* Paths are kept as below /sys, however a person wrote them. */
static const char *keep_syspath(struct hw_profile *p, const char *path)
{
	if (!path)
		return NULL;
	if (strncmp(path, "/sys/", 5) == 0)
		path += 4;
	return *path == '/' ? arena_strdup(&p->arena, path) : arena_printf(&p->arena, "/%s", path);
}

static struct hw_stack *find_stack(const struct hw_profile *p, const char *mount)
{
	for (size_t i = 0; i < p->stacks.count; i++)
		if (strcmp(p->stacks.items[i].mount, mount) == 0)
			return &p->stacks.items[i];
	return NULL;
}

static const char *take_line(struct hw_profile *p, const struct hw_line *line)
{
	char *const *w = line->word;
	struct hw_stack *s;

	switch (line->fact) {
	case HW_KERNEL:
		p->kernel = keep(p, w[0]);
		break;
	case HW_DEVICE:
		VEC_PUSH(&p->devices, ((struct hw_device){keep_syspath(p, w[0]), keep(p, w[1]), keep(p, w[2])}));
		break;
	case HW_STACK:
		if (find_stack(p, w[0]))
			return "a second stack for this mount";
		VEC_PUSH(&p->stacks,
			 ((struct hw_stack){.mount = keep(p, w[0]), .source = keep(p, w[1]), .fstype = keep(p, w[2])}));
		break;
	case HW_LAYER:
		s = find_stack(p, w[0]);
		if (!s)
			return "a layer before its stack";
		if (!w[1] || !w[2])
			return "a layer without kind or name";
		VEC_PUSH(&s->layers, ((struct hw_layer){keep(p, w[1]), keep(p, w[2]), keep_syspath(p, w[3])}));
		break;
	case HW_UNKNOWN:
		break;
	}
	return NULL;
}

struct err *profile_parse(char *text, const char *name, struct hw_profile *out)
{
	struct hw_line line;
	unsigned line_no = 0;
	errint r;

	*out = (struct hw_profile){0};
	while ((r = hardware_next(&text, &line_no, &line)) > 0) {
		const char *why = take_line(out, &line);

		if (why)
			return err_new(EXIT_FAILED, "%s: line %u: %s", name, line_no, why);
	}
	if (r == -EPROTONOSUPPORT)
		return err_new(EXIT_FAILED,
			       "%s: not a hardware profile of a version known here (its first line is not \"%s\"): "
			       "make one with `rootward capture`",
			       name, HW_HEADER);
	if (r < 0)
		return err_new(EXIT_FAILED, "%s: line %u: too few words, or a bad \\xNN in one", name, line_no);
	return NULL;
}

struct err *profile_read(const char *path, struct hw_profile *out)
{
	AUTOFREE char *text = NULL;
	size_t len;

	*out = (struct hw_profile){0};
	TRY(err_wrap(file_read(path, PROFILE_MAX, &text, &len), "hardware profile"));
	if (strlen(text) != len)
		return err_new(EXIT_FAILED, "%s: not a hardware profile: it has a NUL byte", path);
	return profile_parse(text, path, out);
}

void profile_free(struct hw_profile *p)
{
	for (size_t i = 0; i < p->stacks.count; i++)
		VEC_FREE(&p->stacks.items[i].layers);
	VEC_FREE(&p->stacks);
	VEC_FREE(&p->devices);
	arena_free(&p->arena);
	*p = (struct hw_profile){0};
}

const struct hw_stack *profile_stack(const struct hw_profile *p, const char *mount)
{
	return find_stack(p, mount);
}

const struct hw_device *profile_device(const struct hw_profile *p, const char *syspath)
{
	for (size_t i = 0; i < p->devices.count; i++)
		if (strcmp(p->devices.items[i].syspath, syspath) == 0)
			return &p->devices.items[i];
	return NULL;
}

static struct err *write_line(struct buf *out, const char *key, const char *const *words, size_t n)
{
	char escaped[WORD_MAX_LEN];

	buf_puts(out, key);
	for (size_t i = 0; i < n; i++) {
		if (hardware_escape(words[i], escaped, sizeof(escaped)) < 0)
			return err_new(EXIT_FAILED, "hardware profile: a %s is too long: %.60s...", key, words[i]);
		buf_puts(out, " ");
		buf_puts(out, escaped);
	}
	buf_puts(out, "\n");
	return NULL;
}

struct err *profile_write(const struct hw_profile *p, struct buf *out)
{
	buf_puts(out, HW_HEADER "\n");
	if (p->kernel)
		TRY(write_line(out, "kernel", &p->kernel, 1));
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct hw_device *d = &p->devices.items[i];
		const char *words[] = {d->syspath, d->modalias, d->driver};

		TRY(write_line(out, "device", words, d->driver ? 3 : 2));
	}
	for (size_t i = 0; i < p->stacks.count; i++) {
		const struct hw_stack *s = &p->stacks.items[i];
		const char *words[] = {s->mount, s->source, s->fstype};

		TRY(write_line(out, "stack", words, 3));
		for (size_t j = 0; j < s->layers.count; j++) {
			const struct hw_layer *l = &s->layers.items[j];
			const char *layer[] = {s->mount, l->kind, l->name, l->syspath};

			TRY(write_line(out, "layer", layer, 4));
		}
	}
	return NULL;
}
