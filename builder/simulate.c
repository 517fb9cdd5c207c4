/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "simulate.h"

#include <string.h>

#include "../early-init/plan/cmdline.h"

/* More modules than one alias of any kernel names. */
#define MATCHES_MAX 64

const char *sim_module(const struct simulation *s, uint32_t id)
{
	struct index_module m;

	return index_module(s->ix, id, &m) == 0 && m.name ? m.name : "?";
}

const char *sim_asker(const struct simulation *s, const struct load_reason *why)
{
	if (why->by == 0 || why->by > s->askers.count)
		return "";
	return s->askers.items[why->by - 1].name;
}

bool sim_asker_is_device(const struct simulation *s, const struct load_reason *why)
{
	return why->by != 0 && why->by <= s->askers.count && s->askers.items[why->by - 1].is_device;
}

static uint32_t add_asker(struct simulation *s, const char *name, bool is_device)
{
	struct sim_asker asker = {name, is_device};

	VEC_PUSH(&s->askers, asker);
	return (uint32_t)s->askers.count;
}

static uint32_t new_cookie(struct simulation *s, const char *name)
{
	return add_asker(s, name, false);
}

/* What the command line loads by name; POST: with rd.driver.post. Nothing of that name is no error at boot either. */
static void want_words(struct simulation *s, bool post)
{
	for (size_t i = 0; i < s->conf.count; i++) {
		const struct modconf_entry *e = &s->conf.entries[i];
		uint32_t who = new_cookie(s, "the kernel command line");

		if (e->kind != CONF_LOAD || (e->value != NULL) != post)
			continue;
		if ((post ? planner_want_name : planner_want_first)(s->plan, e->key, who) < 0)
			warn("the kernel command line: no module %s in this image: build it with --add-module %s",
			     e->key, e->key);
	}
}

/* What the image's modules-load.d names; what it names beyond the image is left to the real root. */
static void want_listed(struct simulation *s)
{
	struct index_conf c;

	for (uint32_t i = 0; i < index_conf_count(s->ix, CONF_LOAD); i++) {
		if (index_conf_at(s->ix, CONF_LOAD, i, &c) < 0)
			continue;
		const char *source = c.source ? c.source : "configuration";
		errint n = planner_want_listed(s->plan, c.key, new_cookie(s, source));
		if (n < 0)
			say_more("%s: %s is not in this image, it is left to the real root", source, c.key);
		else if (n == 0)
			say_more("%s: %s is blacklisted and left out", source, c.key);
	}
}

/* Several patterns of one module may match a device; one of them says enough. */
static bool is_noted(const struct simulation *s, const struct hw_device *d, uint32_t module)
{
	for (size_t i = s->unmatched.count; i > 0 && s->unmatched.items[i - 1].device == d; i--)
		if (s->unmatched.items[i - 1].module == module)
			return true;
	return false;
}

static void note_unmatched(struct simulation *s, const struct hw_device *d)
{
	struct module_match matches[MATCHES_MAX];
	errint n = lookup_modules(s->ix, &s->conf, d->modalias, LOOKUP_ABSENT, matches, MATCHES_MAX);

	for (errint i = 0; i < n && i < MATCHES_MAX; i++)
		if (!is_noted(s, d, matches[i].module))
			VEC_PUSH(&s->unmatched, ((struct sim_unmatched){d, matches[i].module, matches[i].alias}));
	if (n <= 0)
		VEC_PUSH(&s->unmatched, ((struct sim_unmatched){d, MODULE_NONE, NULL}));
}

static void see_device(struct simulation *s, const struct hw_device *d)
{
	if (planner_want_alias(s->plan, d->modalias, add_asker(s, d->syspath, true)) <= 0)
		note_unmatched(s, d);
}

static bool is_cpu(const struct hw_device *d)
{
	return strncmp(d->modalias, "cpu:", 4) == 0;
}

static const struct hw_device *find_cpu(const struct simulation *s)
{
	for (size_t i = 0; i < s->profile->devices.count; i++) {
		const struct hw_device *d = &s->profile->devices.items[i];

		if (d->modalias && is_cpu(d))
			return d;
	}
	return NULL;
}

/* As early-init's coldplug: in the walk's order, the CPU last, because its modules are ciphers and governors. */
static void see_devices(struct simulation *s, const struct hw_device *cpu)
{
	for (size_t i = 0; i < s->profile->devices.count; i++) {
		const struct hw_device *d = &s->profile->devices.items[i];

		if (d->modalias && !is_cpu(d))
			see_device(s, d);
	}
	if (cpu)
		see_device(s, cpu);
}

/* Every round takes what is ready, by NEXT, and finishes it; the next has what that made ready. */
static void run_rounds(struct simulation *s, unsigned *round, uint32_t (*next)(struct planner *p))
{
	for (;;) {
		size_t first = s->loads.count;
		uint32_t id;

		while ((id = next(s->plan)) != MODULE_NONE)
			VEC_PUSH(&s->loads, ((struct sim_load){id, *round + 1}));
		if (s->loads.count == first)
			return;
		++*round;
		for (size_t i = first; i < s->loads.count; i++)
			planner_done(s->plan, s->loads.items[i].module, 0);
	}
}

/* A comma list of types, or one, as file systems that WHO needs. What is built in, or missing, plans nothing. */
static void want_types(struct simulation *s, const char *types, const char *who)
{
	AUTOFREE char *list = xstrdup(types);
	char *rest = list, *type;

	while ((type = strsep(&rest, ","))) {
		AUTOFREE char *name = xasprintf("fs-%s", type);

		if (*type && planner_want_name(s->plan, name, new_cookie(s, who)) < 0)
			say_more("no module for file system %s in this image; it may be built in", type);
	}
}

/* Once a device is there, its signature asks for the file system. */
static void mount_stacks(struct simulation *s)
{
	static const struct {
		const char *mount, *who;
	} mounts[] = {{"/", "file system of /"}, {"/usr", "file system of /usr"}};

	for (unsigned i = 0; i < ARRAY_SIZE(mounts); i++) {
		const struct hw_stack *stack = profile_stack(s->profile, mounts[i].mount);

		if (stack && stack->fstype && stack->layers.count > 0)
			want_types(s, stack->fstype, mounts[i].who);
	}
}

/* Nobody asks for NAME but the boot itself, so nobody else would say that the image has it not. */
static void note_missing(struct simulation *s, const char *name, const char *who)
{
	struct module_match matches[MATCHES_MAX];
	errint n = lookup_modules(s->ix, &s->conf, name, LOOKUP_ABSENT, matches, MATCHES_MAX);

	for (errint i = 0; i < n && i < MATCHES_MAX; i++)
		if (matches[i].module != MODULE_NONE)
			VEC_PUSH(&s->missing, ((struct sim_missing){who, matches[i].module}));
}

/* What early-init loads by name for a root that no local disk holds, once the network is there. */
static void want_netroot(struct simulation *s)
{
	AUTOFREE char *list = xstrdup(netroot_modules(s->netroot.kind));
	char *rest = list, *name;

	while ((name = strsep(&rest, " ")))
		if (*name && planner_want_name(s->plan, name, new_cookie(s, s->netroot_words)) < 0)
			note_missing(s, name, s->netroot_words);
}

static bool has_overlay(const struct simulation *s, const struct boot_options *opt)
{
	/* An image from the network is written to in memory unless told otherwise (overlay_default()). */
	if (s->netroot.kind == NETROOT_HTTP && !opt->no_overlay && opt->volatile_mode == VOLATILE_NO)
		return true;
	return opt->overlay || opt->volatile_mode == VOLATILE_OVERLAY || opt->volatile_mode == VOLATILE_YES;
}

static void boot(struct simulation *s, const struct boot_options *opt)
{
	const struct hw_device *cpu = find_cpu(s);
	unsigned round = 0;

	if (cpu)
		planner_cpu(s->plan, cpu->modalias);
	if (opt->neednet || s->net.asked || netroot_needs_network(&s->netroot))
		planner_release(s->plan, MODULE_NETWORK);
	want_words(s, false);
	run_rounds(s, &round, planner_next_first);
	want_listed(s);
	see_devices(s, cpu);
	if (opt->rootfstype)
		want_types(s, opt->rootfstype, "rootfstype=");
	else if (index_setting(s->ix, "root-filesystem"))
		want_types(s, index_setting(s->ix, "root-filesystem"), "root-filesystem of this image");
	if (has_overlay(s, opt))
		want_types(s, "overlay", "the overlay of the root");
	run_rounds(s, &round, planner_next);
	want_netroot(s);
	if (!opt->rootfstype)
		mount_stacks(s);
	want_words(s, true);
	run_rounds(s, &round, planner_next);
}

static errint read_network(struct simulation *s, const char *cmdline)
{
	AUTOFREE char *root = xstrdup(cmdline);
	errint r = netspec_parse_boot(cmdline, index_setting(s->ix, "network"), &s->net);
	char why[300];

	if (netroot_parse(root, &s->netroot, why, sizeof(why)) < 0) {
		warn("the boot would end here: %s", why);
		s->netroot = (struct netroot_spec){0};
	}
	netroot_describe(&s->netroot, s->netroot_words, sizeof(s->netroot_words));
	return r;
}

struct err *simulation_run(const struct boot_index *ix, const struct hw_profile *p, const char *cmdline,
			   struct simulation *out)
{
	AUTOFREE char *words = xstrdup(cmdline ? cmdline : "");
	struct boot_options opt;
	errint r;

	*out = (struct simulation){.ix = ix, .profile = p};
	if (strlen(words) > CMDLINE_MAX)
		return err_new(EXIT_FAILED, "the command line is longer than %d characters", CMDLINE_MAX);
	r = read_network(out, words);
	if (r == 0)
		r = modconf_from_cmdline(words, &out->conf);
	if (r == 0)
		r = planner_new(ix, &out->conf, &out->plan);
	if (r < 0)
		return err_sys(-r, "planning the boot");
	cmdline_parse(words, &opt);
	boot(out, &opt);
	return NULL;
}

void simulation_free(struct simulation *s)
{
	planner_free(s->plan);
	modconf_free(&s->conf);
	VEC_FREE(&s->askers);
	VEC_FREE(&s->loads);
	VEC_FREE(&s->unmatched);
	VEC_FREE(&s->missing);
	*s = (struct simulation){0};
}
