/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a module: no read outside them, and every string that comes out can be read to its end. */
#include <string.h>

#include "../../builder/verify_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t total_length(const struct symbol_ref *refs, size_t n)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += strlen(refs[i].name);
	return total;
}

static void ignore(void *arg, const char *key, const char *value)
{
	size_t *total = arg;
	*total += strlen(key) + strlen(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module_elf m;
	struct buf facts = {0};
	struct module_facts parsed;
	size_t total = 0;
	struct err *e = module_elf_read(size ? (const void *)data : "", size, &m);
	bool good = !e;
	if (good) {
		total += total_length(m.imports.items, m.imports.count);
		total += total_length(m.exports.items, m.exports.count);
		module_elf_free(&m);
	}
	err_free(e);
	err_free(module_elf_modinfo(size ? (const void *)data : "", size, ignore, &total));
	verify_extract(size ? (const void *)data : "", size, &facts);
	/* What verify_extract wrote must read back, whatever the names hold. */
	module_facts_parse(facts.data, facts.len, &parsed);
	if (good != !parsed.damage || total > SIZE_MAX / 2)
		abort();
	module_facts_free(&parsed);
	return 0;
}
