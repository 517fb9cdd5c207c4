// SPDX-License-Identifier: GPL-2.0-or-later
/* The boot's steps, kept in memory until they are written as JSON for `rootward report`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"

/* A machine with more steps than this is reported incompletely ("dropped" says by how many). */
#define STEP_MAX 4096
#define TEXT_MAX 120

struct step {
	enum step_kind kind;
	int lane, error;
	uint64_t start_ns, end_ns;
	char *name, *detail, *why, *parent; /* NULL where there is none */
};

static struct step *steps;
static size_t step_count, step_capacity, step_dropped;

static const char *const kind_names[] = {
    [STEP_SETUP] = "setup",	[STEP_COLDPLUG] = "coldplug", [STEP_MODULE] = "module", [STEP_DEVICE] = "device",
    [STEP_ROOT_FOUND] = "root", [STEP_MOUNT] = "mount",	      [STEP_SWITCH] = "switch", [STEP_HANDLER] = "handler",
    [STEP_RESUME] = "resume",	[STEP_NETWORK] = "network",   [STEP_OTHER] = "other",
};

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static char *copy(const char *s)
{
	return s ? strndup(s, TEXT_MAX) : NULL;
}

static struct step *new_step(void)
{
	struct step *grown;
	size_t capacity;

	if (step_count < step_capacity)
		return &steps[step_count++];
	capacity = step_capacity ? 2 * step_capacity : 128;
	grown = capacity <= STEP_MAX ? reallocarray(steps, capacity, sizeof(*steps)) : NULL;
	if (!grown) {
		step_dropped++;
		return NULL;
	}
	steps = grown;
	step_capacity = capacity;
	return &steps[step_count++];
}

void timeline_because(enum step_kind kind, const char *name, const struct step_reason *reason, int lane, int error,
		      uint64_t start_ns, uint64_t end_ns)
{
	struct step *s = new_step();

	if (!s)
		return;
	*s = (struct step){
	    .kind = kind,
	    .lane = lane,
	    .error = error,
	    .start_ns = start_ns,
	    .end_ns = end_ns,
	    .name = copy(name),
	    .detail = copy(reason->detail),
	    .why = copy(reason->why),
	    .parent = copy(reason->parent),
	};
}

void timeline_step(enum step_kind kind, const char *name, const char *detail, int lane, int error, uint64_t start_ns,
		   uint64_t end_ns)
{
	struct step_reason reason = {.detail = detail};

	timeline_because(kind, name, &reason, lane, error, start_ns, end_ns);
}

/* TEXT as a JSON string; NULL is null. Bytes beyond ASCII are passed on: names in sysfs are UTF-8 or plain. */
static void put_string(FILE *f, const char *key, const char *text)
{
	fprintf(f, "\"%s\":", key);
	if (!text) {
		fputs("null", f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(f, "\\u%04x", (unsigned)*text);
		else
			fputc(*text, f);
	}
	fputc('"', f);
}

static void put_step(FILE *f, const struct step *s)
{
	fputs("    {", f);
	put_string(f, "kind", (size_t)s->kind < ARRAY_SIZE(kind_names) ? kind_names[s->kind] : "other");
	fputc(',', f);
	put_string(f, "name", s->name);
	fputc(',', f);
	put_string(f, "detail", s->detail);
	fprintf(f, ",\"lane\":%d,\"error\":%d,\"start_ns\":%llu,\"end_ns\":%llu,", s->lane, s->error,
		(unsigned long long)s->start_ns, (unsigned long long)s->end_ns);
	put_string(f, "why", s->why);
	fputc(',', f);
	put_string(f, "parent", s->parent);
	fputc('}', f);
}

/* The log's clock runs apart from CLOCK_MONOTONIC; both saw /init being started, so that is where they meet. */
static void put_stamps(FILE *f, uint64_t init_start_ns, const struct kernel_stamps *k)
{
	if (!k->run_init_ns || !k->unpack_start_ns || k->unpack_end_ns < k->unpack_start_ns)
		return;
	fprintf(f, "  \"unpack_start_ns\":%llu,\"unpack_end_ns\":%llu,\n",
		(unsigned long long)(k->unpack_start_ns + init_start_ns - k->run_init_ns),
		(unsigned long long)(k->unpack_end_ns + init_start_ns - k->run_init_ns));
}

static errint put_all(FILE *f, uint64_t init_start_ns, const struct kernel_stamps *stamps)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -errno;
	fputs("{\n  \"version\":1,", f);
	put_string(f, "kernel", u.release);
	fprintf(f, ",\"clock\":\"monotonic\",\"init_start_ns\":%llu,\"dropped\":%zu,\n",
		(unsigned long long)init_start_ns, step_dropped);
	if (stamps)
		put_stamps(f, init_start_ns, stamps);
	fputs("  \"steps\":[\n", f);
	for (size_t i = 0; i < step_count; i++) {
		put_step(f, &steps[i]);
		fputs(i + 1 < step_count ? ",\n" : "\n", f);
	}
	fputs("  ]\n}\n", f);
	return ferror(f) ? -EIO : 0;
}

errint timeline_write(const char *path, uint64_t init_start_ns, const struct kernel_stamps *stamps)
{
	char temporary[256];
	errint r;
	FILE *f;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	f = fopen(temporary, "we");
	if (!f)
		return -errno;
	r = put_all(f, init_start_ns, stamps);
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

void timeline_clear(void)
{
	for (size_t i = 0; i < step_count; i++) {
		free(steps[i].name);
		free(steps[i].detail);
		free(steps[i].why);
		free(steps[i].parent);
	}
	free(steps);
	steps = NULL;
	step_count = step_capacity = step_dropped = 0;
}
