/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootward simulate: which modules an image would load on a machine, in what order and why. */
#include <getopt.h>
#include <json-c/json.h>

#include "command.h"
#include "image_index.h"
#include "printable.h"
#include "simulate.h"

/* The reason of a load in words: "device PATH (alias PATTERN)", "needed by MODULE". */
static void print_reason(const struct simulation *s, const struct load_reason *why, struct buf *out)
{
	const char *asker = sim_asker(s, why);

	switch (why->kind) {
	case WANT_DEVICE:
		buf_printf(out, "device %s", asker);
		break;
	case WANT_NAME:
		buf_printf(out, "named by %s", asker);
		break;
	case WANT_HARD_DEP:
		buf_printf(out, "dependency of %s", sim_module(s, why->parent));
		break;
	case WANT_SOFT_DEP:
		buf_printf(out, "soft dependency of %s", sim_module(s, why->parent));
		break;
	case WANT_DISKS:
		buf_printf(out, "driver of disks of %s", sim_module(s, why->parent));
		break;
	case WANT_REQUEST:
		buf_printf(out, "requested by %s", sim_module(s, why->parent));
		break;
	}
	if (why->alias)
		buf_printf(out, " (alias %s)", why->alias);
}

static const char *absent_reason(const struct simulation *s, uint32_t id)
{
	struct index_module m;

	return index_module(s->ix, id, &m) == 0 && m.absent_reason ? m.absent_reason : "not in the image";
}

/* Why a module that was asked for is not loaded, or NULL. */
static const char *not_loaded(const struct simulation *s, uint32_t id, struct load_status *status)
{
	planner_status(s->plan, id, status);
	if (status->state == LOAD_HELD)
		return "held back until a keyboard or the network is needed";
	if (status->state == LOAD_BLACKLISTED)
		return "blacklisted";
	return NULL;
}

static void print_facts(const struct simulation *s)
{
	struct load_status status;
	char words[300];

	print_line(stdout, "kernel %s", index_kernel_release(s->ix));
	for (unsigned i = 0; netspec_describe(&s->net, i, words, sizeof(words)); i++)
		print_line(stdout, "network %s", words);
	for (size_t i = 0; i < s->loads.count; i++) {
		const struct sim_load *l = &s->loads.items[i];
		CLEANUP(buf_free) struct buf why = {0};

		planner_status(s->plan, l->module, &status);
		print_reason(s, &status.why, &why);
		print_line(stdout, "load %zu round %u %s: %s", i + 1, l->round, sim_module(s, l->module), why.data);
	}
	for (uint32_t id = 0; id < index_module_count(s->ix); id++) {
		const char *not = not_loaded(s, id, &status);
		CLEANUP(buf_free) struct buf why = {0};

		if (!not )
			continue;
		print_reason(s, &status.why, &why);
		print_line(stdout, "skip %s: %s: %s", sim_module(s, id), not, why.data);
	}
	for (size_t i = 0; i < s->unmatched.count; i++) {
		const struct sim_unmatched *u = &s->unmatched.items[i];

		if (u->module != MODULE_NONE)
			print_line(stdout, "missing %s for %s %s: %s", sim_module(s, u->module), u->device->syspath,
				   u->device->modalias, absent_reason(s, u->module));
	}
	for (size_t i = 0; i < s->missing.count; i++) {
		const struct sim_missing *m = &s->missing.items[i];

		print_line(stdout, "missing %s for %s: %s", sim_module(s, m->module), m->asker,
			   absent_reason(s, m->module));
	}
	for (size_t i = 0; i < s->unmatched.count; i++) {
		const struct sim_unmatched *u = &s->unmatched.items[i];

		if (u->module == MODULE_NONE)
			print_line(stdout, "unmatched %s %s", u->device->syspath, u->device->modalias);
	}
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_object_add(o, key, json_text(value));
}

static struct json_object *reason_json(const struct simulation *s, uint32_t id, const struct load_reason *why)
{
	static const char *const kinds[] = {
	    [WANT_DEVICE] = "device",	    [WANT_NAME] = "name",
	    [WANT_HARD_DEP] = "dependency", [WANT_SOFT_DEP] = "soft-dependency",
	    [WANT_REQUEST] = "request",	    [WANT_DISKS] = "disk-driver",
	};
	struct json_object *o = json_object_new_object();

	add_text(o, "module", sim_module(s, id));
	add_text(o, "because", kinds[why->kind]);
	add_text(o, sim_asker_is_device(s, why) ? "device" : "named_by", sim_asker(s, why));
	if (why->parent != MODULE_NONE)
		add_text(o, "parent", sim_module(s, why->parent));
	add_text(o, "alias", why->alias);
	return o;
}

static struct json_object *unmatched_json(const struct simulation *s, const struct sim_unmatched *u)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "device", u->device->syspath);
	add_text(o, "modalias", u->device->modalias);
	if (u->module != MODULE_NONE) {
		add_text(o, "module", sim_module(s, u->module));
		add_text(o, "alias", u->alias);
		add_text(o, "reason", absent_reason(s, u->module));
	}
	return o;
}

static struct json_object *missing_json(const struct simulation *s)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < s->missing.count; i++) {
		const struct sim_missing *m = &s->missing.items[i];
		struct json_object *o = json_object_new_object();

		add_text(o, "module", sim_module(s, m->module));
		add_text(o, "named_by", m->asker);
		add_text(o, "reason", absent_reason(s, m->module));
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(const struct simulation *s)
{
	struct json_object *top = json_object_new_object(), *loads = json_object_new_array();
	struct json_object *skipped = json_object_new_array(), *unmatched = json_object_new_array();
	struct json_object *network = json_object_new_array();
	struct load_status status;
	char words[300];

	for (size_t i = 0; i < s->loads.count; i++) {
		const struct sim_load *l = &s->loads.items[i];
		struct json_object *o;

		planner_status(s->plan, l->module, &status);
		o = reason_json(s, l->module, &status.why);
		json_object_object_add(o, "round", json_object_new_int64(l->round));
		json_object_array_add(loads, o);
	}
	for (uint32_t id = 0; id < index_module_count(s->ix); id++) {
		const char *not = not_loaded(s, id, &status);
		struct json_object *o;

		if (!not )
			continue;
		o = reason_json(s, id, &status.why);
		add_text(o, "reason", not );
		json_object_array_add(skipped, o);
	}
	for (size_t i = 0; i < s->unmatched.count; i++)
		json_object_array_add(unmatched, unmatched_json(s, &s->unmatched.items[i]));
	for (unsigned i = 0; netspec_describe(&s->net, i, words, sizeof(words)); i++)
		json_object_array_add(network, json_text(words));
	add_text(top, "kernel", index_kernel_release(s->ix));
	json_object_object_add(top, "network", network);
	json_object_object_add(top, "loads", loads);
	json_object_object_add(top, "skipped", skipped);
	json_object_object_add(top, "unmatched", unmatched);
	json_object_object_add(top, "missing", missing_json(s));
	puts(json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

struct arguments {
	const char *image, *hardware, *cmdline;
	bool json;
};

static struct err *parse_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {{"hardware", required_argument, NULL, 'h'},
						{"cmdline", required_argument, NULL, 'c'},
						{"json", no_argument, NULL, 'j'},
						{0}};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			a->hardware = optarg;
		else if (c == 'c')
			a->cmdline = optarg;
		else if (c == 'j')
			a->json = true;
		else
			return option_error(argv, options);
	}
	if (optind + 1 != argc)
		return err_new(EXIT_USAGE, "simulate: needs one image: see `rootward simulate --help`");
	if (!a->hardware)
		return err_new(EXIT_USAGE, "simulate: needs --hardware FILE (`rootward capture` makes one)");
	a->image = argv[optind];
	return NULL;
}

static struct err *run(int argc, char **argv)
{
	CLEANUP(profile_free) struct hw_profile profile = {0};
	CLEANUP(simulation_free) struct simulation sim = {0};
	AUTOFREE unsigned char *data = NULL;
	struct arguments a = {0};
	struct boot_index ix;

	TRY(parse_arguments(argc, argv, &a));
	TRY(profile_read(a.hardware, &profile));
	TRY(image_open_index(a.image, &data, &ix));
	TRY(simulation_run(&ix, &profile, a.cmdline, &sim));
	if (a.json)
		print_json(&sim);
	else
		print_facts(&sim);
	return NULL;
}

const struct command cmd_simulate = {
    .name = "simulate",
    .synopsis = "IMAGE --hardware FILE [--cmdline LINE] [--json]",
    .summary = "which modules an image would load on a machine, and why",
    .help = "  --hardware FILE  the machine's profile, made by `rootward capture` or by a boot\n"
	    "                   (/run/rootward/hardware)\n"
	    "  --cmdline LINE   boot with this kernel command line\n"
	    "  --json           the same as JSON\n"
	    "\n"
	    "Prints one fact a line, to be compared with diff: \"network\" with what the command line says\n"
	    "of it, or network= of the image;\n"
	    "\"load\" with order, round (loads of one round may run side by side) and reason;\n"
	    "\"skip\" for what was asked for and is not loaded;\n"
	    "\"missing\" for devices whose driver the kernel has and the image has not, with the reason,\n"
	    "and for what a root on the network needs likewise;\n"
	    "\"unmatched\" for devices that need no driver of this kernel, or find none.\n",
    .run = run,
};
