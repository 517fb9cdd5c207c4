/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings in words and as JSON. */
#include <json-c/json.h>
#include <string.h>

#include "printable.h"
#include "verify.h"

/* Up to so many modules without their firmware are named one by one. */
#define FIRMWARE_NAMED_MAX 5

void finding_format(const struct finding *f, struct buf *out)
{
	buf_puts(out, f->severity == FINDING_ERROR ? "error: " : "warning: ");
	if (f->module)
		buf_printf(out, "module %s: ", f->module);
	buf_printf(out, "%s: %s", f->cause, f->remedy);
}

static bool is_firmware(const struct finding *f)
{
	return strcmp(f->kind, "firmware") == 0;
}

void verify_print_to(const struct verify_report *r, FILE *out, const char *lead)
{
	size_t firmware = 0;
	for (size_t i = 0; i < r->findings.count; i++)
		firmware += is_firmware(&r->findings.items[i]);
	bool named = firmware <= FIRMWARE_NAMED_MAX || verbosity > 0;
	for (size_t i = 0; i < r->findings.count; i++) {
		struct buf line = {0};
		if (is_firmware(&r->findings.items[i]) && !named)
			continue;
		finding_format(&r->findings.items[i], &line);
		fputs(lead, out);
		print_text(out, line.data);
		fputc('\n', out);
		buf_free(&line);
	}
	if (firmware && !named)
		fprintf(out, "%swarning: %zu modules name firmware that is not installed (-v lists them)\n", lead,
			firmware);
}

void verify_print(const struct verify_report *r)
{
	verify_print_to(r, stderr, "rootward: ");
}

static void put(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_text(value) : NULL);
}

struct json_object *verify_json(const struct verify_report *r)
{
	struct json_object *all = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < r->findings.count; i++) {
		const struct finding *f = &r->findings.items[i];
		struct json_object *o = json_object_new_object();
		put(o, "severity", f->severity == FINDING_ERROR ? "error" : "warning");
		put(o, "kind", f->kind);
		put(o, "module", f->module);
		put(o, "cause", f->cause);
		put(o, "remedy", f->remedy);
		json_object_array_add(list, o);
	}
	json_object_object_add(all, "modules", json_object_new_int64((int64_t)r->modules));
	json_object_object_add(all, "errors", json_object_new_int64((int64_t)r->errors));
	json_object_object_add(all, "warnings", json_object_new_int64((int64_t)r->warnings));
	json_object_object_add(all, "findings", list);
	return all;
}
