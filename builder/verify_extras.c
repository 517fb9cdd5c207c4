/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that no module takes, and firmware that is not there: the module loads, but not as it should. */
#include <string.h>

#include "../early-init/plan/cmdline.h"
#include "firmware.h"
#include "verify_internal.h"

/* Parameters that every module has: kernel/module/main.c (unknown_module_param_cb) and dynamic debug. */
static const char *const common_params[] = {"async_probe", "dyndbg"};

/* The kernel takes '-' and '_' for the same in parameters (kernel/params.c, parameq). */
static bool same_param(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static bool has_param(const char *const *names, size_t n, const char *param)
{
	for (size_t i = 0; i < n; i++)
		if (same_param(names[i], param))
			return true;
	return false;
}

static void check_options(struct verify *v, const struct verified *m, const struct module_options *o)
{
	const char *const *params = m->facts.params.items;
	size_t n = m->facts.params.count;
	AUTOFREE char *words = xstrdup(o->options);
	char *cursor = words, *key, *value;
	while (cmdline_next(&cursor, &key, &value)) {
		if (!*key || has_param(params, n, key) || has_param(common_params, ARRAY_SIZE(common_params), key))
			continue;
		const char *near = nearest_name(key, params, n);
		const char *remedy = near ? arena_printf(&v->arena, "did you mean '%s'?", near)
				     : n  ? arena_printf(&v->arena, "'modinfo -p %s' lists its parameters", m->name)
					  : "it has no parameters: take the line out";
		find_warning(v, "option", m, remedy, "unknown parameter '%s' in %s, the kernel will ignore it", key,
			     o->source);
	}
}

static bool has_firmware(const struct verify *v, const char *name)
{
	if (v->setup.has_firmware)
		return v->setup.has_firmware(v->setup.firmware_arg, name);
	return !v->setup.sysroot || firmware_is_installed(v->setup.sysroot, verify_release(v), v->setup.kernel, name);
}

/* One finding a module: a driver that names thirty files of which one machine needs one is the rule. */
static void check_firmware(struct verify *v, const struct verified *m)
{
	const char *first = NULL;
	size_t missing = 0;
	for (size_t i = 0; i < m->facts.firmware.count; i++) {
		if (has_firmware(v, m->facts.firmware.items[i]))
			continue;
		first = first ? first : m->facts.firmware.items[i];
		missing++;
	}
	const char *remedy = "install the firmware package that has it, where such a device is there";
	if (missing > 1)
		find_warning(v, "firmware", m, remedy, "firmware %s and %zu more missing", first, missing - 1);
	else if (missing)
		find_warning(v, "firmware", m, remedy, "firmware %s missing", first);
}

void verify_extras(struct verify *v)
{
	for (size_t i = 0; i < v->options.count; i++) {
		const struct verified *m = strmap_get(&v->by_name, v->options.items[i].module);
		if (m && !m->facts.damage)
			check_options(v, m, &v->options.items[i]);
	}
	for (size_t i = 0; i < v->modules.count; i++)
		check_firmware(v, v->modules.items[i]);
}
