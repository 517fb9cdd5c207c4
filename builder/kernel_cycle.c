/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_cycle.h"

bool kmodule_depends_on(const struct kmodule *m, const struct kmodule *other)
{
	for (uint32_t i = 0; i < m->dep_count; i++)
		if (m->deps[i] == other)
			return true;
	return false;
}

static bool leads_to(const struct kmodule *d, const struct kmodule *m)
{
	return d == m || kmodule_depends_on(d, m);
}

static bool in_cycle(const struct kmodule *m)
{
	for (uint32_t i = 0; i < m->dep_count; i++)
		if (leads_to(m->deps[i], m))
			return true;
	return false;
}

/* Next module on the way from AT back to M that was not SEEN, or NULL. */
static const struct kmodule *way_back(const struct kmodule *at, const struct kmodule *m, const bool *seen)
{
	for (uint32_t i = 0; i < at->dep_count; i++) {
		const struct kmodule *d = at->deps[i];
		if (d == m || (kmodule_depends_on(d, m) && !seen[d->order]))
			return d;
	}
	return NULL;
}

struct err *kernel_check_cycle(const struct kernel *k, const struct kmodule *m)
{
	if (!in_cycle(m))
		return NULL;
	AUTOFREE bool *seen = xcalloc(k->modules.count, sizeof(*seen));
	struct buf path = {0};
	const struct kmodule *at = m;

	buf_puts(&path, m->name);
	do {
		at = way_back(at, m, seen);
		if (!at)
			break;
		seen[at->order] = true;
		buf_printf(&path, " needs %s", at->name);
	} while (at != m);
	struct err *e = err_new(EXIT_VERIFY, "dependency cycle: %s: modules.dep of %s is damaged: run depmod -a %s",
				path.data, k->release, k->release);
	buf_free(&path);
	return e;
}
