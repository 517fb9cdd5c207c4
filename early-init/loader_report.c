// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of each load: the log, the timeline, the explanation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "loader.h"
#include "net.h"

/* A driver that is at it for longer may be what someone wonders about. */
#define SLOW_MS 200

static const char *module_name(struct boot *b, uint32_t id)
{
	struct index_module m;

	return index_module(&b->ix, id, &m) == 0 ? m.name : "?";
}

static bool network_asked(struct boot *b, uint32_t id)
{
	struct index_module m;

	return net_status(b) != NET_STATUS_IDLE && index_module(&b->ix, id, &m) == 0 && m.flags & MODULE_NETWORK;
}

/* Why ID was loaded, for the timeline. */
static void describe_reason(struct boot *b, const struct load_reason *why, char *out, size_t size)
{
	const char *by = cookie_name(why->by);

	if (why->parent != MODULE_NONE)
		snprintf(out, size, "%s of %s",
			 why->kind == WANT_SOFT_DEP  ? "soft dependency"
			 : why->kind == WANT_DISKS   ? "driver of disks"
			 : why->kind == WANT_REQUEST ? "request"
						     : "dependency",
			 module_name(b, why->parent));
	else if (why->kind == WANT_DEVICE)
		snprintf(out, size, "%s (%s)", by, why->alias ? why->alias : "name");
	else
		snprintf(out, size, "asked for by %s", *by ? by : "nobody known");
}

static void note_step(struct boot *b, uint32_t id, int lane, int error, uint64_t start_ns)
{
	char why[256];
	struct step_reason reason = {.why = why};
	struct load_status s;

	planner_status(b->plan, id, &s);
	describe_reason(b, &s.why, why, sizeof(why));
	if (s.why.parent != MODULE_NONE)
		reason.parent = module_name(b, s.why.parent);
	timeline_because(STEP_MODULE, module_name(b, id), &reason, lane, error, start_ns, clock_ns());
}

static struct load_failure *find_failure(const struct load_failures *f, uint32_t id)
{
	for (size_t i = 0; f && i < f->count; i++) {
		if (f->at[i].module == id)
			return &f->at[i];
	}
	return NULL;
}

void load_failed(struct load_failures *f, uint32_t id, const char *log)
{
	struct load_failure *same = find_failure(f, id), *grown;

	/* It was tried again: the last words count. */
	if (!same) {
		grown = reallocarray(f->at, f->count + 1, sizeof(*grown));
		if (!grown)
			return;
		f->at = grown;
		same = &grown[f->count++];
		same->module = id;
	}
	snprintf(same->log, sizeof(same->log), "%s", log);
}

static const char *failure_log(const struct load_failures *f, uint32_t id)
{
	const struct load_failure *found = find_failure(f, id);

	return found ? found->log : "";
}

/* Module that exports the symbol that LOG misses, in the image or only in the kernel's tree; MODULE_NONE nobody. */
static uint32_t find_exporter(struct boot *b, const char *log)
{
	static const char says[] = "Unknown symbol ";
	const char *symbol = strstr(log, says);
	struct module_match match;
	char query[256];

	if (!symbol)
		return MODULE_NONE;
	symbol += strlen(says);
	snprintf(query, sizeof(query), "symbol:%.*s", (int)strcspn(symbol, " ;"), symbol);
	if (lookup_modules(&b->ix, NULL, query, LOOKUP_USABLE, &match, 1) > 0 ||
	    lookup_modules(&b->ix, NULL, query, LOOKUP_ABSENT, &match, 1) > 0)
		return match.module;
	return MODULE_NONE;
}

void loader_explain(struct boot *b, uint32_t id, char *out, size_t size)
{
	struct load_status s;
	struct index_module m, exporter;
	struct explain_facts facts = {.release = index_kernel_release(&b->ix)};

	out[0] = '\0';
	if (index_module(&b->ix, id, &m) < 0)
		return;
	planner_status(b->plan, id, &s);
	facts.name = m.name;
	facts.path = m.path;
	facts.absent_reason = m.absent_reason;
	facts.state = s.state;
	facts.error = s.error;
	facts.network_asked = network_asked(b, id);
	facts.cause = s.cause != MODULE_NONE ? module_name(b, s.cause) : NULL;
	facts.command = lookup_load_command(&b->ix, id);
	facts.log = failure_log(loader_failures(b), id);
	if (index_module(&b->ix, find_exporter(b, facts.log), &exporter) == 0) {
		facts.exporter = exporter.name;
		facts.exporter_absent = exporter.absent_reason;
	}
	explain_module(&facts, out, size);
}

/*
 * A failed load in one line. "No such device" is how a driver says that it is
 * not for this machine: no failure, unless someone asked for it by its name.
 */
static void report_failure(struct boot *b, uint32_t id, int error)
{
	struct load_status s;
	char line[600];

	planner_status(b->plan, id, &s);
	loader_explain(b, id, line, sizeof(line));
	if (error == -ENODEV && s.why.kind != WANT_NAME)
		log_debug("%s", line);
	else
		log_warn("%s", line);
}

void load_ended(struct boot *b, uint32_t id, int lane, int error, uint64_t start_ns, const struct worker_report *report)
{
	const char *name = module_name(b, id);

	note_step(b, id, lane, error, start_ns);
	if (error)
		report_failure(b, id, error);
	else
		log_debug("loaded %s in %llu us", name, (unsigned long long)((clock_ns() - start_ns) / 1000));
	if (!error && report->log[0])
		log_warn("module %s: its options name a parameter it does not have (kernel: %s): correct the options "
			 "line or the kernel command line; modinfo -p %s lists what it knows",
			 name, report->log, name);
	if (report->taint[0])
		log_info("module %s taints the kernel (%s)", name, report->taint);
}

void load_outlives(struct boot *b, uint32_t id, uint64_t start_ns)
{
	unsigned long long ms = (clock_ns() - start_ns) / 1000000;
	const char *name = module_name(b, id);
	char slow[256];

	if (ms < SLOW_MS) {
		log_debug("module %s is still initialising; going on without it", name);
		return;
	}
	explain_slow(name, network_asked(b, id), slow, sizeof(slow));
	log_info("module %s is still initialising after %llu ms; the boot goes on without it: %s", name, ms, slow);
}
