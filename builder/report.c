/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"
#include "printable.h"

#include <json-c/json.h>
#include <string.h>

static struct err *missing(const char *field)
{
	return err_new(EXIT_FAILED, "not a timeline: '%s' is missing or of the wrong type", field);
}

/* A string of O, copied; NULL for null or nothing. */
static const char *text_of(struct report *r, struct json_object *o, const char *key)
{
	struct json_object *value;
	if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return arena_strdup(&r->arena, json_object_get_string(value));
}

static bool number_of(struct json_object *o, const char *key, int64_t *out)
{
	struct json_object *value;
	if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_int))
		return false;
	*out = json_object_get_int64(value);
	return true;
}

static struct err *read_step(struct report *r, struct json_object *o)
{
	struct report_step s = {
	    .kind = text_of(r, o, "kind"),
	    .name = text_of(r, o, "name"),
	    .detail = text_of(r, o, "detail"),
	    .why = text_of(r, o, "why"),
	    .parent = text_of(r, o, "parent"),
	};
	int64_t start, end, lane = -1, error = 0;
	if (!s.kind || !s.name)
		return missing("kind and name");
	if (!number_of(o, "start_ns", &start) || !number_of(o, "end_ns", &end) || start < 0 || end < start)
		return missing("start_ns and end_ns");
	(void)number_of(o, "lane", &lane);
	(void)number_of(o, "error", &error);
	s.lane = lane >= 0 && lane < 1024 ? (int)lane : -1;
	s.error = (int)error;
	s.start_ns = (uint64_t)start;
	s.end_ns = (uint64_t)end;
	if (s.end_ns > r->end_ns)
		r->end_ns = s.end_ns;
	VEC_PUSH(&r->steps, s);
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct report_step *x = a, *y = b;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	if (x->end_ns != y->end_ns)
		return x->end_ns < y->end_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Only in timelines whose kernel log still had it. */
static void read_unpack(struct report *r, struct json_object *all)
{
	int64_t from, to;
	if (!number_of(all, "unpack_start_ns", &from) || !number_of(all, "unpack_end_ns", &to) || from < 0 || to < from)
		return;
	r->unpack_start_ns = (uint64_t)from;
	r->unpack_end_ns = (uint64_t)to;
}

static struct err *read_all(struct report *r, struct json_object *all)
{
	struct json_object *steps;
	int64_t version, start, dropped = 0;
	if (!number_of(all, "version", &version))
		return missing("version");
	if (version != 1)
		return err_new(EXIT_FAILED, "timeline of version %lld, this program reads 1", (long long)version);
	if (!number_of(all, "init_start_ns", &start) || start < 0)
		return missing("init_start_ns");
	if (!json_object_object_get_ex(all, "steps", &steps) || !json_object_is_type(steps, json_type_array))
		return missing("steps");
	r->init_start_ns = r->end_ns = (uint64_t)start;
	r->kernel = text_of(r, all, "kernel");
	read_unpack(r, all);
	(void)number_of(all, "dropped", &dropped);
	r->dropped = dropped > 0 ? (uint64_t)dropped : 0;
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		TRY(read_step(r, json_object_array_get_idx(steps, i)));
	if (r->steps.count)
		qsort(r->steps.items, r->steps.count, sizeof(*r->steps.items), by_start);
	return NULL;
}

struct err *report_parse(const char *text, struct report *out)
{
	enum json_tokener_error fault;
	*out = (struct report){0};
	struct json_object *all = json_tokener_parse_verbose(text, &fault);
	if (!all || !json_object_is_type(all, json_type_object)) {
		json_object_put(all);
		return err_new(EXIT_FAILED, "not a timeline: %s",
			       fault == json_tokener_success ? "no JSON object" : json_tokener_error_desc(fault));
	}
	struct err *e = read_all(out, all);
	json_object_put(all);
	if (e)
		report_free(out);
	return e;
}

void report_free(struct report *r)
{
	VEC_FREE(&r->steps);
	arena_free(&r->arena);
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* What came before /init, or beside it: the kernel, and its unpacking of the image. */
static void print_before(const struct report *r, FILE *out)
{
	double init = ms(r->init_start_ns);
	fprintf(out, "   %9.1f %9.1f %6s  %-9s start to /init\n", -init, init, "-", "kernel");
	if (r->unpack_end_ns)
		fprintf(out, "   %9.1f %9.1f %6s  %-9s the image\n", ms(r->unpack_start_ns) - init,
			ms(r->unpack_end_ns - r->unpack_start_ns), "-", "unpack");
}

void report_print(const struct report *r, FILE *out)
{
	fputs("kernel ", out);
	print_text(out, r->kernel ? r->kernel : "unknown");
	fprintf(out, ": %.1f ms until /init, %.1f ms in the initramfs\n\n", ms(r->init_start_ns),
		ms(r->end_ns > r->init_start_ns ? r->end_ns - r->init_start_ns : 0));
	fprintf(out, "   %9s %9s %6s  %-9s %s\n", "AT ms", "TOOK ms", "WORKER", "KIND", "NAME");
	print_before(r, out);
	for (size_t i = 0; i < r->steps.count; i++) {
		const struct report_step *s = &r->steps.items[i];
		uint64_t at = s->start_ns > r->init_start_ns ? s->start_ns - r->init_start_ns : 0;
		char worker[16] = "-";
		if (s->lane >= 0)
			snprintf(worker, sizeof(worker), "%d", s->lane);
		fprintf(out, " %c %9.1f %9.1f %6s  ", s->critical ? '*' : ' ', ms(at), ms(s->end_ns - s->start_ns),
			worker);
		print_text(out, s->kind);
		fprintf(out, "%*s ", strlen(s->kind) < 9 ? 9 - (int)strlen(s->kind) : 0, "");
		print_text(out, s->name);
		const char *more[] = {s->detail, s->why};
		for (size_t j = 0; j < ARRAY_SIZE(more); j++) {
			if (!more[j])
				continue;
			fputs(j ? "  <- " : "  ", out);
			print_text(out, more[j]);
		}
		if (s->error)
			fprintf(out, "  FAILED: %s", strerror(s->error < 0 ? -s->error : s->error));
		fputc('\n', out);
	}
	fputs("\n * what the boot waited for\n", out);
	if (r->dropped)
		fprintf(out, " %llu more steps were not recorded\n", (unsigned long long)r->dropped);
}
