/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify.h"

#include <stdarg.h>
#include <string.h>

#include "verify_internal.h"

static void *read_kernel(void *arg)
{
	struct verify *v = arg;
	const struct kernel *k = v->setup.kernel;
	AUTOFREE char *found = k ? NULL : kernel_module_dir(v->setup.sysroot, verify_release(v));
	AUTOFREE char *moddir = k	? xstrdup(k->moddir)
				: found ? STEAL_POINTER(found)
					: xasprintf("%s/lib/modules/%s", v->setup.sysroot, verify_release(v));
	v->kernel_error = vmlinux_find(v->setup.sysroot, moddir, verify_release(v), v->setup.cache, &v->kernel);
	return NULL;
}

struct verify *verify_begin(const struct verify_setup *setup)
{
	struct verify *v = xcalloc(1, sizeof(*v));
	v->setup = *setup;
	if (setup->kernel && !setup->release)
		v->setup.release = setup->kernel->release;
	pthread_mutex_init(&v->lock, NULL);
	if (setup->sysroot && v->setup.release) {
		v->reading = pthread_create(&v->reader, NULL, read_kernel, v) == 0;
		if (!v->reading)
			read_kernel(v);
	}
	return v;
}

const char *verify_release(const struct verify *v)
{
	return v->setup.release ? v->setup.release : "of the image";
}

bool config_is_set(const struct verify *v, const char *name)
{
	const char *value = v->setup.kernel ? kernel_config(v->setup.kernel, name) : NULL;
	return value && strcmp(value, "y") == 0;
}

static void add_module(struct verify *v, const char *name, char *facts, size_t size)
{
	struct verified *m = xcalloc(1, sizeof(*m));
	module_facts_parse(facts, size, &m->facts);
	pthread_mutex_lock(&v->lock);
	m->name = arena_strdup(&v->arena, name);
	VEC_PUSH(&v->modules, m);
	pthread_mutex_unlock(&v->lock);
}

void verify_add_facts(struct verify *v, const char *name, const char *facts, size_t size)
{
	add_module(v, name, xstrndup(facts, size), strnlen(facts, size));
}

void verify_module(struct verify *v, const char *name, const void *data, size_t size)
{
	struct buf facts = {0};
	verify_extract(data, size, &facts);
	add_module(v, name, facts.data, facts.len);
}

void verify_unreadable(struct verify *v, const char *name, struct err *why)
{
	verify_add(v, FINDING_ERROR, "file", name, err_message(why), "install the kernel's package again");
	err_free(why);
}

void verify_options(struct verify *v, const char *name, const char *options, const char *source)
{
	pthread_mutex_lock(&v->lock);
	struct module_options o = {
	    .module = arena_strdup(&v->arena, name),
	    .options = arena_strdup(&v->arena, options),
	    .source = arena_strdup(&v->arena, source),
	};
	VEC_PUSH(&v->options, o);
	pthread_mutex_unlock(&v->lock);
}

static void push_finding(struct verify *v, struct finding f)
{
	if (f.severity == FINDING_ERROR)
		v->report.errors++;
	else
		v->report.warnings++;
	VEC_PUSH(&v->report.findings, f);
}

void verify_add(struct verify *v, enum finding_severity severity, const char *kind, const char *module,
		const char *cause, const char *remedy)
{
	pthread_mutex_lock(&v->lock);
	push_finding(v, (struct finding){
			    .severity = severity,
			    .kind = arena_strdup(&v->arena, kind),
			    .module = module ? arena_strdup(&v->arena, module) : NULL,
			    .cause = arena_strdup(&v->arena, cause),
			    .remedy = arena_strdup(&v->arena, remedy),
			});
	pthread_mutex_unlock(&v->lock);
}

PRINTF_LIKE(6, 0)
static void find_va(struct verify *v, enum finding_severity severity, const char *kind, const struct verified *m,
		    const char *remedy, const char *cause, va_list ap)
{
	AUTOFREE char *text = xvasprintf(cause, ap);
	verify_add(v, severity, kind, m ? m->name : NULL, text, remedy);
}

void find_error(struct verify *v, const char *kind, const struct verified *m, const char *remedy, const char *cause,
		...)
{
	va_list ap;
	va_start(ap, cause);
	find_va(v, FINDING_ERROR, kind, m, remedy, cause, ap);
	va_end(ap);
}

void find_warning(struct verify *v, const char *kind, const struct verified *m, const char *remedy, const char *cause,
		  ...)
{
	va_list ap;
	va_start(ap, cause);
	find_va(v, FINDING_WARNING, kind, m, remedy, cause, ap);
	va_end(ap);
}

static int by_name(const void *a, const void *b)
{
	const struct verified *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

/* What else breaks a tie must not depend on which thread came first. */
static int by_severity(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	if (x->severity != y->severity)
		return x->severity == FINDING_ERROR ? -1 : 1;
	int r = strcmp(x->module ? x->module : "", y->module ? y->module : "");
	if (!r)
		r = strcmp(x->kind, y->kind);
	return r ? r : strcmp(x->cause, y->cause);
}

/* Modules whose bytes are damaged are reported here and judged no further. */
static void index_modules(struct verify *v)
{
	if (v->modules.count)
		qsort(v->modules.items, v->modules.count, sizeof(*v->modules.items), by_name);
	for (size_t i = 0; i < v->modules.count; i++) {
		struct verified *m = v->modules.items[i];
		(void)strmap_put(&v->by_name, m->name, m);
		if (m->facts.damage)
			find_error(v, "elf", m, "install the package that the module comes from again", "%s",
				   m->facts.damage);
	}
}

static void join_reader(struct verify *v)
{
	if (v->reading)
		pthread_join(v->reader, NULL);
	v->reading = false;
	v->kernel_known = v->kernel.exports.count != 0;
	if (v->kernel_error)
		find_warning(v, "kernel-exports", NULL,
			     "keep the kernel image in /boot, or install the kernel's headers (Module.symvers)",
			     "symbols of the kernel are not verified, what it exports is unknown: %s",
			     err_message(v->kernel_error));
}

const struct verify_report *verify_finish(struct verify *v)
{
	join_reader(v);
	index_modules(v);
	verify_rules(v);
	verify_symbols(v);
	verify_extras(v);
	v->report.modules = v->modules.count;
	if (v->report.findings.count)
		qsort(v->report.findings.items, v->report.findings.count, sizeof(struct finding), by_severity);
	return &v->report;
}

void verify_free(struct verify *v)
{
	if (!v)
		return;
	if (v->reading)
		pthread_join(v->reader, NULL);
	for (size_t i = 0; i < v->modules.count; i++) {
		module_facts_free(&v->modules.items[i]->facts);
		free(v->modules.items[i]);
	}
	VEC_FREE(&v->modules);
	VEC_FREE(&v->options);
	VEC_FREE(&v->report.findings);
	strmap_free(&v->by_name);
	strmap_free(&v->exporters);
	vmlinux_free(&v->kernel);
	err_free(v->kernel_error);
	arena_free(&v->arena);
	pthread_mutex_destroy(&v->lock);
	free(v);
}
