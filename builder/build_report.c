/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build tells: progress and summary. */
#include <json-c/json.h>
#include <unistd.h>

#include "build.h"
#include "printable.h"

const char *build_stage_name(enum build_stage s)
{
	static const char *const names[STAGES_END] = {
	    [STAGE_CONFIG] = "configuration", [STAGE_KERNEL] = "kernel",   [STAGE_HARDWARE] = "hardware",
	    [STAGE_SELECT] = "selection",     [STAGE_PAYLOAD] = "payload", [STAGE_MODULES] = "modules",
	    [STAGE_VERIFY] = "verification",  [STAGE_INDEX] = "index",	   [STAGE_PACK] = "packing",
	    [STAGE_INSTALL] = "installation",
	};

	return s < STAGES_END ? names[s] : "done";
}

void build_progress(const char *what)
{
	static bool shown;

	if (verbosity < 0 || !isatty(STDERR_FILENO) || (!what && !shown))
		return;
	shown = what != NULL;
	fprintf(stderr, "\r\033[K%s%s", what ? what : "", what ? " ..." : "");
}

static double total_seconds(const struct build *b)
{
	double total = 0;

	for (size_t i = 0; i < STAGES_END; i++)
		total += b->seconds[i];
	return total;
}

static struct json_object *number(uint64_t n)
{
	return json_object_new_int64((int64_t)n);
}

static struct json_object *stages_json(const struct build *b)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < STAGES_END; i++)
		json_object_object_add(o, build_stage_name((enum build_stage)i), json_object_new_double(b->seconds[i]));
	return o;
}

static struct json_object *modules_json(const struct build *b)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < b->modules.count; i++) {
		const struct build_module *bm = &b->modules.items[i];
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "name", json_text(bm->choice->module->name));
		json_object_object_add(o, "path", json_text(bm->entry->path));
		json_object_object_add(o, "reason", json_text(bm->entry->reason));
		if (bm->choice->parent)
			json_object_object_add(o, "parent", json_text(bm->choice->parent->module->name));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *missing_json(const struct build *b)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < b->firmware.missing.count; i++) {
		const struct missing_firmware *f = &b->firmware.missing.items[i];
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "name", json_text(f->name));
		json_object_object_add(o, "module", json_text(f->module));
		json_object_object_add(o, "present_here", json_object_new_boolean(f->present_here));
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(const struct build *b)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "kernel", json_text(b->kernel->release));
	json_object_object_add(o, "image", json_text(b->output));
	json_object_object_add(o, "mode", json_text(b->mode == MODE_HOST ? "host" : "generic"));
	json_object_object_add(o, "size", number(b->stats.size));
	json_object_object_add(o, "plain_size", number(b->stats.plain_size));
	json_object_object_add(o, "entries", number(b->stats.entries));
	json_object_object_add(o, "seconds", json_object_new_double(total_seconds(b)));
	json_object_object_add(o, "stages", stages_json(b));
	json_object_object_add(o, "firmware_files", number(b->firmware.files));
	json_object_object_add(o, "firmware_missing", missing_json(b));
	json_object_object_add(o, "modules", modules_json(b));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

void build_summary(const struct build *b)
{
	if (b->opt->json) {
		print_json(b);
		return;
	}
	say("%s: %.1f MB, %zu modules for kernel %s, %.2f s", b->output, (double)b->stats.size / 1e6, b->modules.count,
	    b->kernel->release, total_seconds(b));
}
