/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of firmware that is missing. */
#include <string.h>

#include "firmware.h"

static int by_rank(const void *a, const void *b)
{
	const struct missing_firmware *x = a, *y = b;

	if (x->present_here != y->present_here)
		return x->present_here ? -1 : 1;
	int order = strcmp(x->module, y->module);
	return order ? order : strcmp(x->name, y->name);
}

void firmware_print(struct firmware_report *r)
{
	size_t here = 0;

	if (r->missing.count == 0)
		return;
	qsort(r->missing.items, r->missing.count, sizeof(r->missing.items[0]), by_rank);
	while (here < r->missing.count && r->missing.items[here].present_here)
		here++;
	if (verbosity >= 1) {
		for (size_t i = 0; i < r->missing.count; i++) {
			const struct missing_firmware *f = &r->missing.items[i];
			say_more("firmware missing: %s for %s%s", f->name, f->module,
				 f->present_here ? " (its hardware is here)" : "");
		}
		return;
	}
	if (here)
		warn(
		    "firmware missing for hardware that is here: %s for %s%s; %zu files missing in all (-v lists them)",
		    r->missing.items[0].name, r->missing.items[0].module, here > 1 ? " and more" : "",
		    r->missing.count);
	else
		say("%zu firmware files are missing%s (-v lists them)", r->missing.count,
		    r->ranked ? ", none for hardware that is here" : "");
}

void firmware_note_missing(struct firmware_report *r, const char *name, const char *module)
{
	for (size_t i = 0; i < r->missing.count; i++)
		if (strcmp(r->missing.items[i].name, name) == 0)
			return;
	struct missing_firmware f = {arena_strdup(&r->arena, name), arena_strdup(&r->arena, module), false};
	VEC_PUSH(&r->missing, f);
}

void firmware_note_found(struct firmware_report *r, const char *name)
{
	const char *kept = strmap_get(&r->found_names, name);

	if (kept)
		return;
	kept = arena_strdup(&r->arena, name);
	strmap_put(&r->found_names, kept, (void *)(uintptr_t)kept);
	VEC_PUSH(&r->found, kept);
}

void firmware_free(struct firmware_report *r)
{
	VEC_FREE(&r->missing);
	VEC_FREE(&r->found);
	strmap_free(&r->found_names);
	arena_free(&r->arena);
}
