// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "modprobe.h"

void modprobe_show(const struct modprobe *m, const char *fmt, ...)
{
	va_list args;

	if (!m->show && tool_verbosity() <= LOG_WARNING)
		return;
	va_start(args, fmt);
	vfprintf(stdout, fmt, args);
	fflush(stdout);
	va_end(args);
}

/* VALUE in kmod's form: words after one another, and nothing between the two lists. */
static void show_softdep(const char *key, const char *value)
{
	static const char *const labels[] = {[SOFTDEP_PRE] = "pre:", [SOFTDEP_POST] = "post:"};

	printf("softdep %s ", key);
	for (int list = SOFTDEP_PRE; list <= SOFTDEP_POST; list++) {
		struct softdep_cursor cursor = {.at = value};
		bool labelled = false;
		const char *word;
		size_t len;

		while (softdep_next(&cursor, &word, &len)) {
			if ((int)cursor.list != list)
				continue;
			printf("%s %.*s", labelled ? "" : labels[list], (int)len, word);
			labelled = true;
		}
	}
	putchar('\n');
}

static void show_line(const char *directive, const char *key, const char *value)
{
	if (value && strcmp(directive, "softdep") == 0)
		show_softdep(key, value);
	else
		printf("%s %s%s%s\n", directive, key, value ? " " : "", value ? value : "");
}

static void show_kind(const struct modprobe *m, enum index_conf_kind kind, const char *directive)
{
	const struct boot_index *ix = &m->index.ix;
	struct index_conf c;

	for (uint32_t i = 0; i < index_conf_count(ix, kind); i++) {
		if (index_conf_at(ix, kind, i, &c) == 0)
			show_line(directive, c.key, c.value);
	}
	for (size_t i = 0; i < m->index.conf.count; i++) {
		const struct modconf_entry *e = &m->index.conf.entries[i];

		if (e->kind == kind)
			show_line(directive, e->key, e->value);
	}
}

static void show_aliases(const struct modprobe *m, enum index_alias_kind kind)
{
	const struct boot_index *ix = &m->index.ix;
	struct index_module module;
	const char *pattern;
	uint32_t id;

	for (uint32_t i = 0; i < index_alias_count(ix, kind); i++) {
		if (index_alias_at(ix, kind, i, &pattern, &id) == 0 && index_module(ix, id, &module) == 0 &&
		    (module.flags & MODULE_PRESENT))
			printf("alias %s %s\n", pattern, module.name);
	}
}

void modprobe_show_config(const struct modprobe *m)
{
	show_kind(m, CONF_BLACKLIST, "blacklist");
	show_kind(m, CONF_INSTALL, "install");
	show_kind(m, CONF_REMOVE, "remove");
	show_kind(m, CONF_ALIAS, "alias");
	show_kind(m, CONF_OPTIONS, "options");
	show_kind(m, CONF_SOFTDEP, "softdep");
	puts("\n# End of configuration files. Dumping indexes now:\n");
	show_aliases(m, ALIAS_KERNEL);
	show_aliases(m, ALIAS_SYMBOL);
}
