/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify_kernel.h"

#include "../early-init/plan/index.h"
#include "module_file.h"
#include "parallel.h"

struct tree {
	struct verify *v;
	const struct kernel *k;
};

static void read_module(void *arg, size_t i)
{
	const struct tree *t = arg;
	const struct kmodule *m = t->k->modules.items[i];
	struct module_file file = {0};
	if (m->builtin)
		return;
	struct err *e = module_file_open(t->k, m, &file);
	if (e)
		verify_unreadable(t->v, m->name, e);
	else
		verify_module(t->v, m->name, file.data, file.size);
	module_file_close(&file);
}

static void check_dep(struct verify *v, const struct kernel *k)
{
	struct err *e = kernel_check_dep(k);
	/* The message names depmod already. */
	if (e)
		verify_add(v, FINDING_ERROR, "modules.dep", NULL, err_message(e), "then check again");
	err_free(e);
}

void verify_kernel_tree(struct verify *v, const struct kernel *k)
{
	struct tree tree = {v, k};
	parallel_for(k->modules.count, read_module, &tree);
	check_dep(v, k);
	for (size_t i = 0; i < k->conf.count; i++) {
		const struct kconf *c = &k->conf.items[i];
		if (c->kind == CONF_OPTIONS)
			verify_options(v, c->key, c->value ? c->value : "", c->source);
	}
}
