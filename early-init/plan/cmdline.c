/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the words of the kernel command line that early-init understands. */
#include "cmdline.h"

#include <limits.h>
#include <string.h>

#include "rootspec.h"
#include "text.h"

/* A value into the field it belongs to. VALUE is NULL for a bare word. 0 or -errno: makes no sense. */
typedef errint take_fn(struct boot_options *o, void *field, const char *value);

static errint take_text(struct boot_options *o, void *field, const char *value)
{
	(void)o;
	if (!value)
		return -EINVAL;
	*(const char **)field = *value ? value : NULL;
	return 0;
}

static errint take_flag(struct boot_options *o, void *field, const char *value)
{
	errint r = parse_bool(value);

	(void)o;
	if (r >= 0)
		*(bool *)field = r != 0;
	return r;
}

/* "30", "30s"; the callers' fields are unsigned seconds. */
static errint take_seconds(struct boot_options *o, void *field, const char *value)
{
	const char *rest;
	uint64_t n;
	errint r;

	(void)o;
	if (!value)
		return -EINVAL;
	r = text_decimal(value, UINT_MAX / 1000, &n, &rest);
	if (r < 0)
		return r;
	if (strcmp(rest, "") != 0 && strcmp(rest, "s") != 0)
		return -EINVAL;
	*(unsigned *)field = (unsigned)n;
	return 0;
}

static errint take_timeout(struct boot_options *o, void *field, const char *value)
{
	errint r = 0;

	if (value && strcmp(value, "infinity") == 0)
		*(unsigned *)field = 0;
	else
		r = take_seconds(o, field, value);
	o->timeout_given |= r == 0;
	return r;
}

static errint take_rootwait(struct boot_options *o, void *field, const char *value)
{
	errint r;

	if (!value) {
		o->rootwait = true;
		o->rootwait_s = 0;
		return 0;
	}
	r = take_seconds(o, field, value);
	if (r == 0)
		o->rootwait = false;
	return r;
}

static errint take_read_only(struct boot_options *o, void *field, const char *value)
{
	(void)o;
	*(bool *)field = false;
	return value ? -EINVAL : 0;
}

static errint take_read_write(struct boot_options *o, void *field, const char *value)
{
	(void)o;
	*(bool *)field = true;
	return value ? -EINVAL : 0;
}

static errint take_offset(struct boot_options *o, void *field, const char *value)
{
	uint64_t n;
	errint r;

	(void)o;
	if (!value)
		return -EINVAL;
	r = text_decimal(value, UINT64_MAX, &n, NULL);
	if (r < 0)
		return r;
	*(uint64_t *)field = n;
	return 0;
}

static errint take_panic(struct boot_options *o, void *field, const char *value)
{
	bool negative = value && *value == '-';
	uint64_t n;
	errint r;

	(void)o;
	if (!value)
		return -EINVAL;
	r = text_decimal(value + negative, INT_MAX, &n, NULL);
	if (r < 0)
		return r;
	*(int *)field = negative ? -(int)n : (int)n;
	return 0;
}

struct choice {
	const char *name;
	int value;
};

static errint choose(const struct choice *list, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, value) == 0)
			return list[i].value;
	return -EINVAL;
}

static errint take_emergency(struct boot_options *o, void *field, const char *value)
{
	static const struct choice actions[] = {
	    {"reboot", EMERGENCY_REBOOT},
	    {"poweroff", EMERGENCY_POWEROFF},
	    {"halt", EMERGENCY_HALT},
	};
	errint r = value ? choose(actions, ARRAY_SIZE(actions), value) : -EINVAL;

	if (r < 0)
		return r;
	*(enum emergency_action *)field = (enum emergency_action)r;
	o->emergency_given = true;
	return 0;
}

/* The kernel's own word for noresume (kernel/power/hibernate.c); its other values do not concern the resuming. */
static errint take_hibernate(struct boot_options *o, void *field, const char *value)
{
	(void)o;
	if (!value)
		return -EINVAL;
	if (strcmp(value, "noresume") == 0 || strcmp(value, "no") == 0)
		*(bool *)field = true;
	return 0;
}

static errint take_break(struct boot_options *o, void *field, const char *value)
{
	/* Ours, then the nearest of dracut.cmdline(7)'s names. */
	static const struct choice stages[] = {
	    {"cmdline", STAGE_CMDLINE},	     {"pre-load", STAGE_PRE_LOAD},    {"post-load", STAGE_POST_LOAD},
	    {"pre-mount", STAGE_PRE_MOUNT},  {"mount", STAGE_MOUNT},	      {"pre-switch", STAGE_PRE_SWITCH},
	    {"pre-udev", STAGE_PRE_LOAD},    {"pre-trigger", STAGE_PRE_LOAD}, {"initqueue", STAGE_POST_LOAD},
	    {"pre-pivot", STAGE_PRE_SWITCH}, {"cleanup", STAGE_PRE_SWITCH},
	};
	errint r = value ? choose(stages, ARRAY_SIZE(stages), value) : STAGE_PRE_SWITCH;

	(void)o;
	if (r < 0)
		return r;
	*(enum boot_stage *)field = (enum boot_stage)r;
	return 0;
}

/* A device, or whether there is one in memory. */
static errint take_overlay(struct boot_options *o, void *field, const char *value)
{
	errint flag = parse_bool(value);

	if (value && !*value)
		return -EINVAL;
	o->no_overlay = flag == 0;
	*(const char **)field = flag == 0 ? NULL : flag == 1 ? "" : value;
	return 0;
}

static errint take_volatile(struct boot_options *o, void *field, const char *value)
{
	static const struct choice modes[] = {
	    {"state", VOLATILE_STATE},
	    {"overlay", VOLATILE_OVERLAY},
	};
	errint r = parse_bool(value);

	(void)o;
	if (r == -EINVAL)
		r = choose(modes, ARRAY_SIZE(modes), value);
	else
		r = r == 1 ? VOLATILE_YES : VOLATILE_NO;
	if (r < 0)
		return r;
	*(enum volatile_mode *)field = (enum volatile_mode)r;
	return 0;
}

/* netroot= names where the root comes from; that it is there is all that is kept here. */
static errint take_netroot(struct boot_options *o, void *field, const char *value)
{
	(void)o;
	if (!value || !*value)
		return -EINVAL;
	*(bool *)field = true;
	return 0;
}

#define FIELD(name) offsetof(struct boot_options, name)

static const struct word {
	const char *key;
	take_fn *take;
	size_t field;
} words[] = {
    {"root", take_text, FIELD(root)},
    {"rootfstype", take_text, FIELD(rootfstype)},
    {"rootflags", take_text, FIELD(rootflags)},
    {"init", take_text, FIELD(init)},
    {"ro", take_read_only, FIELD(read_write)},
    {"rw", take_read_write, FIELD(read_write)},
    {"rootwait", take_rootwait, FIELD(rootwait_s)},
    {"rootdelay", take_seconds, FIELD(rootdelay_s)},
    {"resume", take_text, FIELD(resume)},
    {"resume_offset", take_offset, FIELD(resume_offset)},
    {"noresume", take_flag, FIELD(noresume)},
    {"nohibernate", take_flag, FIELD(noresume)},
    {"hibernate", take_hibernate, FIELD(noresume)},
    {"quiet", take_flag, FIELD(quiet)},
    {"debug", take_flag, FIELD(debug)},
    {"rd.debug", take_flag, FIELD(debug)},
    {"panic", take_panic, FIELD(panic)},
    {"rd.timeout", take_timeout, FIELD(timeout_s)},
    {"rd.shell", take_flag, FIELD(shell)},
    {"rd.emergency", take_emergency, FIELD(emergency)},
    {"rd.break", take_break, FIELD(break_at)},
    {"rd.overlay", take_overlay, FIELD(overlay)},
    {"rd.overlayfs", take_overlay, FIELD(overlay)},
    {"systemd.volatile", take_volatile, FIELD(volatile_mode)},
    {"rd.neednet", take_flag, FIELD(neednet)},
    {"netroot", take_netroot, FIELD(neednet)},
    {"mount.usr", take_text, FIELD(mount_usr)},
    {"mount.usrfstype", take_text, FIELD(mount_usrfstype)},
    {"mount.usrflags", take_text, FIELD(mount_usrflags)},
};

/* The kernel takes '-' and '_' in a parameter's name for the same (kernel/params.c). */
static bool same_key(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static const struct word *find_word(const char *key)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (same_key(words[i].key, key))
			return &words[i];
	return NULL;
}

void cmdline_parse(char *line, struct boot_options *out)
{
	char *key, *value;
	struct root_spec spec;

	*out = (struct boot_options){.timeout_s = 30, .panic = INT32_MIN, .shell = true};
	while (cmdline_next(&line, &key, &value)) {
		const struct word *w = find_word(key);

		if (!w || w->take(out, (char *)out + w->field, value) >= 0)
			continue;
		out->bad_words++;
		if (!out->first_bad)
			out->first_bad = key;
	}
	if (rootspec_parse(out->root, &spec) == 0 && spec.kind == ROOT_NET && strncmp(out->root, "9p:", 3) != 0 &&
	    strncmp(out->root, "virtiofs:", 9) != 0)
		out->neednet = true;
}

void cmdline_default_timeout(struct boot_options *o, const char *text)
{
	/* The builder wrote it, within the bounds of a word; a damaged one leaves the default. */
	if (text && !o->timeout_given)
		(void)take_seconds(o, &o->timeout_s, text);
}

unsigned cmdline_root_limit(const struct boot_options *o)
{
	if (o->rootwait)
		return 0;
	return o->rootwait_s ? o->rootwait_s : o->timeout_s;
}
