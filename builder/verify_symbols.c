/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closure, symbols and their CRCs: what the kernel does when it links a module (kernel/module/main.c, version.c). */
#include <string.h>

#include "../early-init/plan/glob.h"
#include "verify_internal.h"

static void index_exports(struct verify *v)
{
	for (size_t i = 0; i < v->modules.count; i++) {
		struct verified *m = v->modules.items[i];
		for (size_t j = 0; j < m->facts.exports.count; j++) {
			struct exporter *e = arena_alloc(&v->arena, sizeof(*e));
			e->symbol = &m->facts.exports.items[j];
			e->module = m;
			e->next = strmap_get(&v->exporters, e->symbol->name);
			(void)strmap_put(&v->exporters, e->symbol->name, e);
		}
	}
}

/* Names of the modules loaded before M, by the caller's word or the kernel's own tables; false when nobody knows. */
static bool closure_names(const struct verify *v, const struct verified *m, const char *const **names, size_t *count,
			  struct buf *scratch)
{
	if (v->setup.deps) {
		*count = v->setup.deps(v->setup.deps_arg, m->name, names);
		return *count != SIZE_MAX;
	}
	const struct kmodule *k = v->setup.kernel ? kernel_module(v->setup.kernel, m->name) : NULL;
	if (!k)
		return false;
	scratch->len = 0;
	for (uint32_t i = 0; i < k->dep_count; i++)
		buf_add(scratch, &k->deps[i]->name, sizeof(k->deps[i]->name));
	*names = (const char *const *)(void *)scratch->data;
	*count = k->dep_count;
	return true;
}

static void find_deps(struct verify *v, struct verified *m, struct buf *scratch)
{
	const char *const *names;
	size_t count;
	if (!closure_names(v, m, &names, &count, scratch))
		return;
	m->deps = arena_alloc(&v->arena, (count + 1) * sizeof(struct verified *));
	for (size_t i = 0; i < count; i++) {
		struct verified *dep = strmap_get(&v->by_name, names[i]);
		if (dep)
			m->deps[m->dep_count++] = dep;
		else
			find_error(v, "dependency", m, "keep it with the modules that need it, or leave both out",
				   "its dependency %s is missing", names[i]);
	}
}

/* Nobody told M's closure (a lone tree of modules): any module may come before it. */
static bool in_closure(const struct verified *m, const struct verified *other)
{
	if (!m->deps)
		return true;
	for (size_t i = 0; i < m->dep_count; i++)
		if (m->deps[i] == other)
			return true;
	return false;
}

/* The module of M's closure that exports NAME, else any module that does, else NULL. */
static const struct exporter *find_exporter(const struct verify *v, const struct verified *m, const char *name)
{
	const struct exporter *first = strmap_get(&v->exporters, name);
	for (const struct exporter *e = first; e; e = e->next)
		if (in_closure(m, e->module))
			return e;
	return first;
}

/* What is wrong with one module's imports: the first of each kind, and how many. */
struct faults {
	const struct symbol_ref *missing, *differs, *outside;
	size_t missing_count, differs_count;
	uint32_t differs_crc;	  /* of the exporter */
	const char *differs_from; /* "the kernel" or a module's name */
	const struct verified *outside_module;
	bool unversioned;			      /* imports from a kernel with versions, has none itself */
	const struct symbol_ref *gpl_only, *in_space; /* exports that it must not use, or not without import_ns */
	size_t gpl_count, space_count;
};

/* license_is_gpl_compatible() of include/linux/license.h. */
static bool is_gpl(const char *license)
{
	static const char *const names[] = {
	    "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};
	for (size_t i = 0; license && i < ARRAY_SIZE(names); i++)
		if (strcmp(license, names[i]) == 0)
			return true;
	return false;
}

static bool imports_space(const struct module_facts *f, const char *space)
{
	for (size_t i = 0; i < f->spaces.count; i++)
		if (strcmp(f->spaces.items[i], space) == 0)
			return true;
	return false;
}

/* EXPORT_SYMBOL_FOR_MODULES(), Linux 6.16: the namespace "module:a,b*" names who may use it, and nobody imports it. */
static bool named_by_space(const char *module, const char *space)
{
	static const char prefix[] = "module:";

	if (strncmp(space, prefix, strlen(prefix)) != 0)
		return false;
	for (space += strlen(prefix); *space; space += strcspn(space, ","), space += *space == ',') {
		char word[128], name[128];
		size_t len = strcspn(space, ",");
		bool pattern = len > 0 && space[len - 1] == '*';

		snprintf(word, sizeof(word), "%.*s", (int)(len - pattern), space);
		if (modname_normalize(word, name, sizeof(name)) < 0)
			continue;
		if (pattern ? strncmp(module, name, strlen(name)) == 0 : strcmp(module, name) == 0)
			return true;
	}
	return false;
}

/* resolve_symbol() of kernel/module/main.c: a symbol for GPL modules is unknown to others. */
static void check_permission(const struct verified *m, const struct symbol_ref *exported, struct faults *out)
{
	const struct module_facts *f = &m->facts;

	if (exported->gpl_only && !is_gpl(f->license)) {
		out->gpl_only = out->gpl_only ? out->gpl_only : exported;
		out->gpl_count++;
	} else if (exported->space && !imports_space(f, exported->space) && !named_by_space(m->name, exported->space)) {
		out->in_space = out->in_space ? out->in_space : exported;
		out->space_count++;
	}
}

static void compare_crc(const struct verified *m, const struct symbol_ref *ref, const struct symbol_ref *exported,
			const char *from, struct faults *out)
{
	if (!exported->has_crc)
		return;
	if (!m->facts.has_versions) {
		out->unversioned = true;
		return;
	}
	/* A symbol without an entry among other entries is let through (check_version). */
	if (!ref->has_crc || ref->crc == exported->crc)
		return;
	if (!out->differs) {
		out->differs = ref;
		out->differs_crc = exported->crc;
		out->differs_from = from;
	}
	out->differs_count++;
}

static void check_import(const struct verify *v, const struct verified *m, const struct symbol_ref *ref,
			 struct faults *out)
{
	const struct symbol_ref *own = strmap_get(&v->kernel.by_name, ref->name);
	if (own) {
		check_permission(m, own, out);
		compare_crc(m, ref, own, "the kernel", out);
		return;
	}
	const struct exporter *e = find_exporter(v, m, ref->name);
	if (e && in_closure(m, e->module)) {
		check_permission(m, e->symbol, out);
		compare_crc(m, ref, e->symbol, e->module->name, out);
	} else if (ref->weak || (!v->kernel_known && !e)) {
		return;
	} else if (e) {
		out->outside = out->outside ? out->outside : ref;
		out->outside_module = out->outside_module ? out->outside_module : e->module;
	} else {
		out->missing = out->missing ? out->missing : ref;
		out->missing_count++;
	}
}

/* "NAME" or "NAME and N more". */
static const char *and_more(struct verify *v, const char *name, size_t count)
{
	return count > 1 ? arena_printf(&v->arena, "%s and %zu more", name, count - 1) : name;
}

static void report_permissions(struct verify *v, const struct verified *m, const struct faults *f)
{
	if (f->gpl_only)
		find_error(v, "license", m, "ask its vendor for a version for this kernel",
			   "unknown symbol %s: exported to GPL modules only, its license is '%s'",
			   and_more(v, f->gpl_only->name, f->gpl_count), m->facts.license ? m->facts.license : "none");
	if (!f->in_space)
		return;
	const char *remedy = arena_printf(&v->arena, "build it with MODULE_IMPORT_NS(%s)", f->in_space->space);
	const char *symbols = and_more(v, f->in_space->name, f->space_count);
	if (config_is_set(v, "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS"))
		find_warning(v, "namespace", m, remedy,
			     "uses symbol %s of namespace %s, which it does not import: the kernel warns and loads it",
			     symbols, f->in_space->space);
	else
		find_error(v, "namespace", m, remedy,
			   "uses symbol %s of namespace %s, which it does not import: the kernel refuses it", symbols,
			   f->in_space->space);
}

static void report_faults(struct verify *v, const struct verified *m, const struct faults *f)
{
	const char *rebuild = arena_printf(
	    &v->arena, "build it against the headers of kernel %s, or install that kernel's own", verify_release(v));
	if (f->missing)
		find_error(v, "symbol", m, rebuild, "unknown symbol %s: neither the kernel nor a module exports it",
			   and_more(v, f->missing->name, f->missing_count));
	if (f->differs)
		find_error(v, "crc", m, rebuild,
			   "disagrees about version of symbol %s: it was built with CRC %08x, %s has %08x",
			   and_more(v, f->differs->name, f->differs_count), f->differs->crc, f->differs_from,
			   f->differs_crc);
	if (f->outside)
		find_error(v, "dependency", m, arena_printf(&v->arena, "run depmod -a %s", verify_release(v)),
			   "needs symbol %s of module %s, which is not among its dependencies", f->outside->name,
			   f->outside_module->name);
	report_permissions(v, m, f);
	if (f->unversioned && config_is_set(v, "CONFIG_MODULE_FORCE_LOAD"))
		find_warning(v, "crc", m, rebuild, "built without symbol versions: loads, but taints the kernel");
	else if (f->unversioned)
		find_error(v, "crc", m, rebuild, "built without symbol versions, which this kernel demands");
}

static void check_imports(struct verify *v, const struct verified *m)
{
	struct faults faults = {0};
	for (size_t i = 0; i < m->facts.imports.count; i++)
		check_import(v, m, &m->facts.imports.items[i], &faults);
	report_faults(v, m, &faults);
}

enum { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

/* One module of the path that the search is on, and where it stands in its imports. */
struct step {
	struct verified *module;
	size_t next_import;
};

/* The path from its last visit of TO up to its end, as text. */
static const char *cycle_text(struct verify *v, const struct step *path, size_t count, const struct verified *to)
{
	struct buf text = {0};
	size_t i = count;
	while (i > 0 && path[i - 1].module != to)
		i--;
	for (i -= i > 0; i < count; i++)
		buf_printf(&text, "%s needs ", path[i].module->name);
	buf_puts(&text, to->name);
	const char *kept = arena_strdup(&v->arena, text.data);
	buf_free(&text);
	return kept;
}

/* The module that provides import REF of M, or NULL when the kernel does or nobody. */
static struct verified *provider(const struct verify *v, const struct verified *m, const struct symbol_ref *ref)
{
	if (strmap_get(&v->kernel.by_name, ref->name))
		return NULL;
	const struct exporter *e = find_exporter(v, m, ref->name);
	return e && e->module != m ? e->module : NULL;
}

/* Modules whose symbols need each other in a circle can never be loaded; depmod refuses the whole tree then. */
static void find_cycles(struct verify *v, struct verified *start)
{
	VEC(struct step) path = {0};
	start->visit = VISIT_OPEN;
	VEC_PUSH(&path, ((struct step){start, 0}));
	while (path.count) {
		struct step *at = &path.items[path.count - 1];
		if (at->next_import == at->module->facts.imports.count) {
			at->module->visit = VISIT_DONE;
			path.count--;
			continue;
		}
		struct verified *next = provider(v, at->module, &at->module->facts.imports.items[at->next_import++]);
		if (!next || next->visit == VISIT_DONE)
			continue;
		if (next->visit == VISIT_OPEN) {
			find_error(v, "cycle", next, "take one of them out of the module tree and run depmod",
				   "dependency cycle: %s", cycle_text(v, path.items, path.count, next));
			next->visit = VISIT_DONE; /* said once */
			continue;
		}
		next->visit = VISIT_OPEN;
		VEC_PUSH(&path, ((struct step){next, 0}));
	}
	VEC_FREE(&path);
}

void verify_symbols(struct verify *v)
{
	struct buf scratch = {0};
	index_exports(v);
	for (size_t i = 0; i < v->modules.count; i++)
		find_deps(v, v->modules.items[i], &scratch);
	buf_free(&scratch);
	for (size_t i = 0; i < v->modules.count; i++)
		if (!v->modules.items[i]->facts.damage)
			check_imports(v, v->modules.items[i]);
	for (size_t i = 0; i < v->modules.count; i++)
		if (v->modules.items[i]->visit == VISIT_NEW)
			find_cycles(v, v->modules.items[i]);
}
