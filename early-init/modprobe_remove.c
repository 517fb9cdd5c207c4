// SPDX-License-Identifier: GPL-2.0-or-later
/* Removing, as kmod 30's tools/modprobe.c does it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "modprobe.h"
#include "workers.h"

/* A holder of a holder of ...: deeper the kernel's lists would be damaged. */
#define DEPTH_MAX 64

/* Longest pause between two tries of --wait. */
#define PAUSE_MAX_MS 500

static errint remove_module(const struct modprobe *m, const char *name, bool ignore_builtin, unsigned depth);

static errint delete_waiting(const struct modprobe *m, const char *name)
{
	uint64_t deadline = clock_ns() + m->wait_ms * NS_PER_MS;
	long pause_ms = 1;
	errint r;

	while ((r = module_delete(name, m->force)) == -EAGAIN && m->wait_ms && clock_ns() < deadline) {
		struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};

		nanosleep(&pause, NULL);
		pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
	}
	return r;
}

static errint delete_one(const struct modprobe *m, const char *name)
{
	errint r;

	modprobe_show(m, "rmmod %s\n", name);
	if (m->dry_run)
		return 0;
	r = delete_waiting(m, name);
	if (r < 0)
		tool_say(LOG_ERR, "could not remove '%s': %s", name, strerror(-r));
	if (r == -EEXIST) {
		if (!m->first_time)
			return 0;
		tool_say(m->complain, "Module %s is not in kernel.", name);
	}
	return r;
}

/* Soft dependencies go in reverse; what becomes of them is nobody's failure. */
static void remove_soft(const struct modprobe *m, uint32_t id, enum index_dep_kind kind, unsigned depth)
{
	struct index_ids list = m->ignore_commands ? (struct index_ids){0} : index_deps(&m->index.ix, id, kind);

	for (uint32_t i = list.count; i > 0; i--) {
		uint32_t dep = index_id_at(&m->index.ix, list, i - 1);

		if (dep != MODULE_NONE && remove_module(m, modprobe_name(m, dep), true, depth) < 0)
			continue;
	}
}

static errint remove_holders(const struct modprobe *m, const char *name, unsigned depth)
{
	struct names holders;
	errint r = module_holders(name, &holders);

	if (r < 0)
		return 0;
	for (size_t i = holders.count; i > 0 && r == 0; i--)
		r = remove_module(m, holders.at[i - 1], true, depth);
	names_free(&holders);
	return r;
}

/* What NAME needed and nothing else does. */
static void remove_unused(const struct modprobe *m, uint32_t id)
{
	struct index_ids hard = index_deps(&m->index.ix, id, DEP_HARD);

	for (uint32_t i = 0; i < hard.count; i++) {
		uint32_t dep = index_id_at(&m->index.ix, hard, i);

		if (dep != MODULE_NONE && module_refcnt(modprobe_name(m, dep)) == 0 &&
		    delete_one(m, modprobe_name(m, dep)) < 0)
			continue;
	}
}

/* Whether there is anything to remove: 1 yes, 0 done already, -errno said. */
static errint check_loaded(const struct modprobe *m, const char *name, bool builtin, bool ignore_builtin)
{
	if (builtin) {
		if (ignore_builtin)
			return 0;
		tool_say(m->complain, "Module %s is builtin.", name);
		return -ENOENT;
	}
	if (module_state(name) >= 0)
		return 1;
	if (!m->first_time)
		return 0;
	tool_say(m->complain, "Module %s is not in kernel.", name);
	return -ENOENT;
}

static errint run_remove(const struct modprobe *m, const char *name, const char *command)
{
	errint r;

	modprobe_show(m, "remove %s\n", command);
	if (m->dry_run)
		return 0;
	r = run_command(name, command, "");
	if (r != 0)
		tool_say(m->complain, "Error running remove command for %s", name);
	return r > 0 ? -r : r;
}

static errint remove_module(const struct modprobe *m, const char *name, bool ignore_builtin, unsigned depth)
{
	uint32_t id = index_find_module(&m->index.ix, name);
	struct index_module module = {0};
	const char *command = NULL;
	errint r;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	if (id != MODULE_NONE && index_module(&m->index.ix, id, &module) == 0 && !m->ignore_commands)
		command = lookup_command(&m->index.ix, id, true);
	if (!command) {
		r = check_loaded(m, name, module.flags & MODULE_BUILTIN, ignore_builtin);
		if (r <= 0)
			return r;
	}
	if (id != MODULE_NONE)
		remove_soft(m, id, DEP_SOFT_POST, depth + 1);
	/* As in kmod the holders' own holders are not asked. */
	if (m->remove_holders && depth == 0 && (r = remove_holders(m, name, depth + 1)) < 0)
		return r;
	if (!command && !m->wait_ms && module_refcnt(name) > 0) {
		tool_say(m->complain, "Module %s is in use.", name);
		return -EBUSY;
	}
	r = command ? run_remove(m, name, command) : delete_one(m, name);
	if (r < 0 || id == MODULE_NONE)
		return r;
	if (!command)
		remove_unused(m, id);
	remove_soft(m, id, DEP_SOFT_PRE, depth + 1);
	return r;
}

errint modprobe_remove(const struct modprobe *m, const char *query)
{
	struct module_match *matches = NULL;
	errint n = modprobe_lookup(m, query, &matches), r = 0;

	if (n < 0)
		return n;
	if (n == 0) {
		tool_say(m->complain, "Module %s not found.", query);
		r = -ENOENT;
	}
	for (errint i = 0; i < n && r >= 0 && !tool_is_fatal(); i++)
		r = remove_module(m, modprobe_name(m, matches[i].module), false, 0);
	free(matches);
	return r;
}
