/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine, vermagic and signature: what the kernel looks at before it links a module. */
#include <string.h>

#include "elf_view.h"
#include "verify_internal.h"

/* What most of the modules say, for a kernel whose own word is not known. */
struct vote {
	const char *value;
	size_t count;
};

/* PICK's value for most modules; NULL when none has one. */
static const char *majority(const struct verify *v,
			    const char *(*pick)(const struct verify *v, const struct verified *m))
{
	struct strmap votes = {0};
	struct arena arena = {0};
	struct vote best = {0};
	for (size_t i = 0; i < v->modules.count; i++) {
		const char *value = pick(v, v->modules.items[i]);
		if (!value)
			continue;
		struct vote *vote = strmap_get(&votes, value);
		if (!vote) {
			vote = arena_alloc(&arena, sizeof(*vote));
			*vote = (struct vote){.value = value};
			(void)strmap_put(&votes, value, vote);
		}
		/* Modules are in order of name, so a tie is decided the same way each time. */
		if (++vote->count > best.count)
			best = *vote;
	}
	strmap_free(&votes);
	arena_free(&arena);
	return best.value;
}

/* VERMAGIC up to its first blank is RELEASE. */
static bool is_of_release(const char *vermagic, const char *release)
{
	size_t n = strlen(release);
	return strncmp(vermagic, release, n) == 0 && vermagic[n] == ' ';
}

static const char *pick_vermagic(const struct verify *v, const struct verified *m)
{
	const char *magic = m->facts.vermagic;
	if (!magic || (v->setup.release && !is_of_release(magic, v->setup.release)))
		return NULL;
	return magic;
}

static const char *pick_key(const struct verify *v, const struct verified *m)
{
	(void)v;
	return m->facts.sig_key;
}

static const char *pick_machine(const struct verify *v, const struct verified *m)
{
	(void)v;
	return m->facts.machine;
}

static void check_machine(struct verify *v, const struct verified *m, const char *expected)
{
	char is[32], wanted[32];
	if (!m->facts.machine || !expected || strcmp(m->facts.machine, expected) == 0)
		return;
	find_error(v, "machine", m, "take it out: it belongs to another architecture", "built for %s, the kernel is %s",
		   elf_machine_name((uint16_t)atoi(m->facts.machine), is, sizeof(is)),
		   elf_machine_name((uint16_t)atoi(expected), wanted, sizeof(wanted)));
}

/*
 * same_magic() of kernel/module/version.c: with symbol versions the release, the first word, may differ (the CRCs
 * tell), everything after it must not.
 */
static void check_vermagic(struct verify *v, const struct verified *m, const char *expected)
{
	const char *magic = m->facts.vermagic;
	const char *rebuild = arena_printf(&v->arena, "build it for kernel %s", verify_release(v));
	if (!magic) {
		find_error(v, "vermagic", m, rebuild, "no vermagic: it is not known for which kernel it was built");
		return;
	}
	if (!expected || strcmp(magic, expected) == 0)
		return;
	size_t is = strcspn(magic, " "), wanted = strcspn(expected, " ");
	if (strcmp(magic + is, expected + wanted) == 0 && m->facts.has_versions)
		find_warning(v, "vermagic", m, rebuild,
			     "built for kernel %.*s, not %.*s: loads only because its symbol versions agree", (int)is,
			     magic, (int)wanted, expected);
	else
		find_error(v, "vermagic", m, rebuild, "version magic '%s' should be '%s'", magic, expected);
}

/* CONFIGURED: only what is booted by that configuration will demand it. */
static void check_signature(struct verify *v, const struct verified *m, const char *demand, const char *configured,
			    const char *own_key)
{
	const struct module_facts *f = &m->facts;
	const char *who = f->sig_signer ? f->sig_signer : "unknown";
	if (!f->is_signed && demand)
		find_error(v, "signature", m,
			   "sign it (scripts/sign-file) with a key that the kernel knows, or enrol one with mokutil",
			   "not signed, and the kernel takes signed modules only: %s", demand);
	else if (!f->is_signed && configured)
		find_warning(v, "signature", m, "sign it (scripts/sign-file), or take that word away",
			     "not signed, and the next boot will take signed modules only: %s", configured);
	else if (!f->is_signed && own_key && config_is_set(v, "CONFIG_MODULE_SIG"))
		find_warning(v, "signature", m, "sign it (scripts/sign-file) where that matters",
			     "not signed: loads, but taints the kernel");
	else if (f->is_signed && !f->sig_key)
		find_warning(v, "signature", m, "sign it again (scripts/sign-file)",
			     "its signature is not one that the kernel reads (PKCS#7)");
	else if (demand && own_key && strcmp(f->sig_key, own_key) != 0)
		find_warning(v, "signature", m, "see that this key is enrolled: mokutil --list-enrolled",
			     "signed with key %s (%s), not the kernel's own, and the kernel takes known keys only: %s",
			     f->sig_key, who, demand);
}

void verify_rules(struct verify *v)
{
	const char *vermagic = v->kernel.vermagic ? v->kernel.vermagic : majority(v, pick_vermagic);
	const char *machine =
	    v->kernel.machine ? arena_printf(&v->arena, "%u", v->kernel.machine) : majority(v, pick_machine);
	const char *own_key = majority(v, pick_key);
	const char *demand = signature_demand(v), *configured = configured_signature_demand(v);
	for (size_t i = 0; i < v->modules.count; i++) {
		const struct verified *m = v->modules.items[i];
		if (m->facts.damage)
			continue;
		check_machine(v, m, machine);
		check_vermagic(v, m, vermagic);
		check_signature(v, m, demand, configured, own_key);
	}
}
