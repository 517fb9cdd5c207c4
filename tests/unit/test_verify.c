/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each fault alone in a sysroot whose kernel image exports printk and intk. */
#include "../../builder/verify.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_maker.h"

static char sysroot[] = "/tmp/test_verify.XXXXXX";

static void write_file(const char *rel, const void *data, size_t size)
{
	AUTOFREE char *path = path_join(sysroot, rel);
	for (char *p = path + strlen(sysroot) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void remove_file(const char *rel)
{
	AUTOFREE char *path = path_join(sysroot, rel);
	assert_int_equal(unlink(path), 0);
}

static int set_up(void **state)
{
	(void)state;
	struct buf kernel = {0};
	if (!mkdtemp(sysroot))
		return -1;
	make_vmlinux(&kernel);
	write_file("boot/vmlinux-" KERNEL_RELEASE, kernel.data, kernel.len);
	write_file("lib/firmware/a/b.bin", "x", 1);
	buf_free(&kernel);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	AUTOFREE char *command = xasprintf("rm -rf '%s'", sysroot);
	return system(command);
}

/* What kmod would load before each: "user" needs "giver", nobody else anything. */
static size_t deps_of(void *arg, const char *name, const char *const **out)
{
	static const char *const user[] = {"giver"};
	(void)arg;
	*out = user;
	return strcmp(name, "user") == 0;
}

static struct verify *begin(void)
{
	struct verify_setup setup = {.release = KERNEL_RELEASE, .sysroot = sysroot, .deps = deps_of};
	return verify_begin(&setup);
}

static void add(struct verify *v, const char *name, const char *vermagic, const char *export_name, const char *needs,
		uint32_t crc)
{
	struct buf file = {0};
	make_module(&file, name, vermagic, export_name, needs, crc);
	verify_module(v, name, file.data, file.len);
	buf_free(&file);
}

/* Ends V. */
static void assert_no_finding(struct verify *v)
{
	assert_int_equal(verify_finish(v)->findings.count, 0);
	verify_free(v);
}

/* The one finding of V, of KIND about MODULE, its cause containing PART. Frees V. */
static void assert_finding(struct verify *v, enum finding_severity severity, const char *kind, const char *module,
			   const char *part)
{
	const struct verify_report *r = verify_finish(v);
	if (r->findings.count != 1)
		verify_print(r);
	assert_int_equal(r->findings.count, 1);
	const struct finding *f = &r->findings.items[0];
	assert_int_equal(f->severity, severity);
	assert_string_equal(f->kind, kind);
	if (module)
		assert_string_equal(f->module, module);
	if (!strstr(f->cause, part))
		fail_msg("'%s' lacks '%s'", f->cause, part);
	assert_true(f->remedy && *f->remedy);
	verify_free(v);
}

static void good_modules_have_no_finding(void **state)
{
	(void)state;
	struct verify *v = begin();
	add(v, "giver", KERNEL_MAGIC, "thing", "intk", 0x33333333);
	add(v, "user", KERNEL_MAGIC, NULL, "thing", 0x22222222);
	verify_options(v, "user", "size=3 dyndbg=+p", "x.conf:1");
	const struct verify_report *r = verify_finish(v);
	assert_int_equal(r->modules, 2);
	assert_int_equal(r->findings.count, 0);
	verify_free(v);
}

static void vermagic(void **state)
{
	(void)state;
	struct verify *v = begin();
	add(v, "old", KERNEL_RELEASE " SMP mod_unload modversions ", NULL, NULL, 0);
	assert_finding(v, FINDING_ERROR, "vermagic", "old", "should be '" KERNEL_MAGIC "'");
	/* With versions the kernel lets another release pass. */
	v = begin();
	add(v, "weak", "6.0.0 SMP preempt mod_unload modversions ", NULL, NULL, 0);
	assert_finding(v, FINDING_WARNING, "vermagic", "weak", "built for kernel 6.0.0");
}

static void symbols(void **state)
{
	(void)state;
	struct verify *v = begin();
	add(v, "lost", KERNEL_MAGIC, NULL, "nobody_has_this", 1);
	assert_finding(v, FINDING_ERROR, "symbol", "lost", "nobody_has_this");
	v = begin();
	add(v, "other", KERNEL_MAGIC, NULL, "intk", 0x44444444);
	assert_finding(v, FINDING_ERROR, "crc", "other", "built with CRC 44444444, the kernel has 33333333");
	v = begin();
	add(v, "giver", KERNEL_MAGIC, "thing", NULL, 0);
	add(v, "user", KERNEL_MAGIC, NULL, "thing", 5);
	assert_finding(v, FINDING_ERROR, "crc", "user", "giver has 22222222");
}

/* The module "giver" exports "thing" to GPL modules, in namespace SPACE. */
static void add_giver_to(struct verify *v, const char *space)
{
	static const char info[] = "vermagic=" KERNEL_MAGIC "\0license=GPL";
	struct buf file = {0};
	struct elf_maker m;
	char strings[64] = "thing";
	snprintf(strings + strlen("thing") + 1, sizeof(strings) - strlen("thing") - 1, "%s", space);
	elf_begin(&m);
	elf_add(&m, ".modinfo", info, sizeof(info), 0);
	elf_symbol(&m, "__ksymtab_thing", STB_GLOBAL, (uint16_t)elf_add(&m, "__ksymtab_gpl", "123456789012", 12, 0), 0);
	elf_symbol(&m, "__kstrtabns_thing", STB_GLOBAL,
		   (uint16_t)elf_add(&m, "__ksymtab_strings", strings, sizeof(strings), 0), strlen("thing") + 1);
	elf_finish(&m, ET_REL, EM_X86_64, &file);
	verify_module(v, "giver", file.data, file.len);
	buf_free(&file);
}

static void add_private_giver(struct verify *v)
{
	add_giver_to(v, "PRIVATE");
}

/* The module "user" with modinfo INFO, which imports "thing". */
static void add_private_user(struct verify *v, const char *info, size_t size)
{
	struct buf file = {0};
	struct elf_maker m;
	elf_begin(&m);
	elf_add(&m, ".modinfo", info, size, 0);
	elf_symbol(&m, "thing", STB_GLOBAL, SHN_UNDEF, 0);
	elf_finish(&m, ET_REL, EM_X86_64, &file);
	verify_module(v, "user", file.data, file.len);
	buf_free(&file);
}

static void licenses_and_namespaces(void **state)
{
	static const char good[] =
	    "vermagic=" KERNEL_MAGIC "\0license=Dual BSD/GPL\0import_ns=OTHER\0import_ns=PRIVATE";
	static const char closed[] = "vermagic=" KERNEL_MAGIC "\0license=Proprietary\0import_ns=PRIVATE";
	static const char stranger[] = "vermagic=" KERNEL_MAGIC "\0license=GPL v2\0import_ns=OTHER";
	(void)state;
	struct verify *v = begin();
	add_private_giver(v);
	add_private_user(v, good, sizeof(good));
	assert_no_finding(v);
	v = begin();
	add_private_giver(v);
	add_private_user(v, closed, sizeof(closed));
	assert_finding(v, FINDING_ERROR, "license", "user",
		       "thing: exported to GPL modules only, its license is 'Proprietary'");
	v = begin();
	add_private_giver(v);
	add_private_user(v, stranger, sizeof(stranger));
	assert_finding(v, FINDING_ERROR, "namespace", "user",
		       "symbol thing of namespace PRIVATE, which it does not import");
}

/* EXPORT_SYMBOL_FOR_MODULES() */
static void namespaces_that_name_modules(void **state)
{
	static const char info[] = "vermagic=" KERNEL_MAGIC "\0license=GPL v2";
	static const char *const meant[] = {"module:user", "module:kvm,us*", "module:*"};
	static const char *const others[] = {"module:kvm", "module:use,users", "module:user-x*", "module:"};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(meant); i++) {
		struct verify *v = begin();
		add_giver_to(v, meant[i]);
		add_private_user(v, info, sizeof(info));
		assert_no_finding(v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct verify *v = begin();
		add_giver_to(v, others[i]);
		add_private_user(v, info, sizeof(info));
		assert_finding(v, FINDING_ERROR, "namespace", "user", "symbol thing of namespace module:");
	}
}

static void closure(void **state)
{
	(void)state;
	struct verify *v = begin();
	add(v, "giver", KERNEL_MAGIC, "thing", NULL, 0);
	add(v, "stray", KERNEL_MAGIC, NULL, "thing", 0x22222222);
	assert_finding(v, FINDING_ERROR, "dependency", "stray", "not among its dependencies");
	v = begin();
	add(v, "user", KERNEL_MAGIC, NULL, NULL, 0);
	assert_finding(v, FINDING_ERROR, "dependency", "user", "giver is missing");
}

static void cycle(void **state)
{
	(void)state;
	struct verify_setup setup = {.release = KERNEL_RELEASE, .sysroot = sysroot};
	struct verify *v = verify_begin(&setup);
	add(v, "egg", KERNEL_MAGIC, "egg_it", "hen_it", 0x22222222);
	add(v, "hen", KERNEL_MAGIC, "hen_it", "egg_it", 0x22222222);
	assert_finding(v, FINDING_ERROR, "cycle", "egg", "egg needs hen needs egg");
}

static void damaged_bytes(void **state)
{
	(void)state;
	struct verify *v = begin();
	verify_module(v, "torn",
		      "\x7f"
		      "ELF",
		      4);
	assert_finding(v, FINDING_ERROR, "elf", "torn", "not an ELF file");
}

static void other_machine(void **state)
{
	(void)state;
	struct buf file = {0};
	struct verify *v = begin();
	make_module(&file, "arm", KERNEL_MAGIC, NULL, NULL, 0);
	file.data[offsetof(Elf64_Ehdr, e_machine)] = (char)EM_AARCH64;
	verify_module(v, "arm", file.data, file.len);
	buf_free(&file);
	assert_finding(v, FINDING_ERROR, "machine", "arm", "built for AArch64, the kernel is x86-64");
}

static void options(void **state)
{
	(void)state;
	struct verify *v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	verify_options(v, "mine", "sise=3", "x.conf:7");
	const struct verify_report *r = verify_finish(v);
	assert_int_equal(r->findings.count, 1);
	assert_non_null(strstr(r->findings.items[0].cause, "'sise' in x.conf:7"));
	verify_free(v);
}

static void firmware(void **state)
{
	(void)state;
	remove_file("lib/firmware/a/b.bin");
	struct verify *v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	write_file("lib/firmware/a/c.bin", "x", 1);
	assert_finding(v, FINDING_WARNING, "firmware", "mine", "a/b.bin");
	/* Compressed counts where the kernel's config is not known to forbid it. */
	write_file("lib/firmware/updates/a/b.bin.xz", "x", 1);
	v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	assert_no_finding(v);
	remove_file("lib/firmware/updates/a/b.bin.xz");
	write_file("lib/firmware/a/b.bin", "x", 1);
}

/* The same files as the running system's /sys, below the sysroot. */
static void unsigned_under_secure_boot(void **state)
{
	(void)state;
	static const char variable[] = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	write_file(variable, "\6\0\0\0\1", 5);
	struct verify *v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	assert_finding(v, FINDING_ERROR, "signature", "mine", "Secure Boot is on");
	/* The kernel that runs here has not locked itself down for it. */
	write_file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n", 33);
	v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	assert_no_finding(v);
	remove_file("sys/kernel/security/lockdown");
	write_file(variable, "\6\0\0\0\0", 5);
	v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	assert_no_finding(v);
	write_file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n", 33);
	v = begin();
	add(v, "mine", KERNEL_MAGIC, NULL, NULL, 0);
	assert_finding(v, FINDING_ERROR, "signature", "mine", "lockdown");
	remove_file("sys/kernel/security/lockdown");
}

/* Without a kernel image nothing is guessed: one warning, and no symbol called unknown. */
static void unknown_kernel(void **state)
{
	(void)state;
	struct verify_setup setup = {.release = "9.9.9", .sysroot = sysroot, .deps = deps_of};
	struct verify *v = verify_begin(&setup);
	add(v, "mine", "9.9.9 SMP ", NULL, "nobody_has_this", 1);
	assert_finding(v, FINDING_WARNING, "kernel-exports", NULL, "not verified");
}

static void facts_survive_a_cache(void **state)
{
	(void)state;
	struct buf file = {0}, facts = {0};
	struct verify *v = begin();
	make_module(&file, "lost", KERNEL_MAGIC, NULL, "nobody_has_this", 1);
	verify_extract(file.data, file.len, &facts);
	verify_add_facts(v, "lost", facts.data, facts.len);
	assert_finding(v, FINDING_ERROR, "symbol", "lost", "nobody_has_this");
	v = begin();
	verify_add_facts(v, "lost", facts.data, facts.len - 3);
	assert_finding(v, FINDING_ERROR, "elf", "lost", "cache");
	buf_free(&file);
	buf_free(&facts);
}

static void json(void **state)
{
	(void)state;
	struct verify *v = begin();
	struct json_object *list, *value;
	add(v, "lost", KERNEL_MAGIC, NULL, "nobody_has_this", 1);
	struct json_object *all = verify_json(verify_finish(v));
	assert_true(json_object_object_get_ex(all, "errors", &value));
	assert_int_equal(json_object_get_int(value), 1);
	assert_true(json_object_object_get_ex(all, "findings", &list));
	assert_true(json_object_object_get_ex(json_object_array_get_idx(list, 0), "module", &value));
	assert_string_equal(json_object_get_string(value), "lost");
	json_object_put(all);
	verify_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_modules_have_no_finding),
	    cmocka_unit_test(vermagic),
	    cmocka_unit_test(symbols),
	    cmocka_unit_test(licenses_and_namespaces),
	    cmocka_unit_test(namespaces_that_name_modules),
	    cmocka_unit_test(closure),
	    cmocka_unit_test(cycle),
	    cmocka_unit_test(damaged_bytes),
	    cmocka_unit_test(other_machine),
	    cmocka_unit_test(options),
	    cmocka_unit_test(firmware),
	    cmocka_unit_test(unsigned_under_secure_boot),
	    cmocka_unit_test(unknown_kernel),
	    cmocka_unit_test(facts_survive_a_cache),
	    cmocka_unit_test(json),
	};
	return cmocka_run_group_tests_name("verify", tests, set_up, tear_down);
}
