/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microcode files of the documented form: which updates are taken for which processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../../builder/microcode.h"

/* Family 6, model 0x9e, stepping 10; and model 0x3a. */
#define COFFEE_LAKE 0x000906eau
#define IVY_BRIDGE 0x000306a9u
/* Family 0x19, model 0x11 (installed_cpu of a Zen 4). */
#define ZEN4 0x00a10f11u

static const struct processor coffee_lake = {0, 6, 0x9e}, ivy_bridge = {0, 6, 0x3a}, zen4 = {2, 0x19, 0x11};

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/* One Intel update of SIZE data bytes; EXTRA: a further signature in an extended table, 0 none. */
static void intel_update(struct buf *out, uint32_t signature, uint32_t data_size, uint32_t extra)
{
	uint32_t total = 48 + data_size + (extra ? 32 : 0), sum = 0;
	unsigned char *u = calloc(1, total);

	put32(u, 1);
	put32(u + 12, signature);
	put32(u + 24, 0x22); /* platforms */
	put32(u + 28, data_size);
	put32(u + 32, total);
	memset(u + 48, 0x5a, data_size);
	if (extra) {
		put32(u + 48 + data_size, 1);
		put32(u + 48 + data_size + 20, extra);
	}
	for (uint32_t i = 0; i < 48 + data_size; i += 4)
		sum += (uint32_t)u[i] | (uint32_t)u[i + 1] << 8 | (uint32_t)u[i + 2] << 16 | (uint32_t)u[i + 3] << 24;
	put32(u + 16, 0u - sum);
	buf_add(out, u, total);
	free(u);
}

static void amd_container(struct buf *out, uint32_t signature)
{
	unsigned char c[12 + 32 + 8 + 16] = "DMA";

	put32(c, 0x00414d44);
	put32(c + 8, 32);
	put32(c + 12, signature);
	put32(c + 44, 1); /* a patch of 16 bytes */
	put32(c + 48, 16);
	buf_add(out, c, sizeof(c));
}

typedef struct err *take_fn(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			    struct buf *out);

static size_t taken(take_fn *take, const struct buf *in, const struct processor *cpu)
{
	struct buf out = {0};

	assert_null(take("made", (const unsigned char *)in->data, in->len, cpu, &out));
	size_t len = out.len;
	buf_free(&out);
	return len;
}

static void modalias_names_the_processor(void **state)
{
	struct processor p;

	(void)state;
	assert_true(processor_parse("cpu:type:x86,ven0000fam0006mod009E:feature:,0000,0001", &p));
	assert_int_equal(p.vendor, 0);
	assert_int_equal(p.family, 6);
	assert_int_equal(p.model, 0x9e);
	assert_true(processor_parse("cpu:type:x86,ven0002fam0019mod0011:feature:", &p));
	assert_int_equal(p.vendor, 2);
	assert_int_equal(p.family, 0x19);
	assert_false(processor_parse("pci:v00008086d00001234sv*sd*bc01sc06i01", &p));
	assert_false(processor_parse("cpu:type:aarch64:feature:,0000", &p));
}

static void intel_updates_by_signature(void **state)
{
	struct buf in = {0};

	(void)state;
	intel_update(&in, COFFEE_LAKE, 1024, 0);
	intel_update(&in, IVY_BRIDGE, 512, 0);
	assert_int_equal(taken(microcode_intel, &in, NULL), 48 + 1024 + 48 + 512);
	assert_int_equal(taken(microcode_intel, &in, &coffee_lake), 48 + 1024);
	assert_int_equal(taken(microcode_intel, &in, &ivy_bridge), 48 + 512);
	assert_int_equal(taken(microcode_intel, &in, &(struct processor){0, 6, 0x55}), 0);
	buf_free(&in);
}

static void intel_extended_signatures_count(void **state)
{
	struct buf in = {0};

	(void)state;
	intel_update(&in, COFFEE_LAKE, 64, IVY_BRIDGE);
	assert_int_equal(taken(microcode_intel, &in, &ivy_bridge), in.len);
	assert_int_equal(taken(microcode_intel, &in, &coffee_lake), in.len);
	buf_free(&in);
}

/* The file with byte AT changed, or cut to AT bytes, is refused by name and nothing of it is taken. */
static void assert_refused(take_fn *take, const struct buf *in, size_t size)
{
	struct buf out = {0};

	buf_puts(&out, "kept");
	struct err *e = take("06-9e-0a", (const unsigned char *)in->data, size, NULL, &out);
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), "06-9e-0a"));
	assert_int_equal(out.len, 4);
	err_free(e);
	buf_free(&out);
}

static void damaged_intel_files_are_refused(void **state)
{
	struct buf in = {0};

	(void)state;
	intel_update(&in, IVY_BRIDGE, 64, 0);
	intel_update(&in, COFFEE_LAKE, 64, 0);
	assert_refused(microcode_intel, &in, in.len - 4);
	assert_refused(microcode_intel, &in, 112 + 20);
	in.data[112 + 60] ^= 1; /* checksum */
	assert_refused(microcode_intel, &in, in.len);
	in.data[112 + 60] ^= 1;
	in.data[112] = 2; /* header version */
	assert_refused(microcode_intel, &in, in.len);
	in.data[112] = 1;
	memset(in.data + 112 + 28, 0xff, 8); /* sizes */
	assert_refused(microcode_intel, &in, in.len);
	buf_free(&in);
}

static void amd_containers_by_equivalence(void **state)
{
	struct buf in = {0};

	(void)state;
	amd_container(&in, ZEN4);
	assert_int_equal(taken(microcode_amd, &in, NULL), in.len);
	assert_int_equal(taken(microcode_amd, &in, &zen4), in.len);
	assert_int_equal(taken(microcode_amd, &in, &(struct processor){2, 0x17, 0x31}), 0);
	assert_refused(microcode_amd, &in, 10);
	assert_refused(microcode_amd, &in, 20);
	in.data[0] ^= 1;
	assert_refused(microcode_amd, &in, in.len);
	buf_free(&in);
}

static void write_file(const char *dir, const char *name, const struct buf *b)
{
	AUTOFREE char *path = path_join(dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

static void what_is_installed_goes_to_the_first_segment(void **state)
{
	char dir[] = "/tmp/test-microcode.XXXXXX";
	struct buf first = {0}, second = {0}, amd = {0};
	struct manifest m = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	AUTOFREE char *make = xasprintf("mkdir -p %s/lib/firmware/intel-ucode %s/lib/firmware/amd-ucode", dir, dir);
	assert_int_equal(system(make), 0);
	AUTOFREE char *intel = path_join(dir, "lib/firmware/intel-ucode");
	AUTOFREE char *amd_dir = path_join(dir, "lib/firmware/amd-ucode");
	intel_update(&first, IVY_BRIDGE, 64, 0);
	intel_update(&second, COFFEE_LAKE, 128, 0);
	amd_container(&amd, ZEN4);
	write_file(intel, "06-3a-09", &first);
	write_file(intel, "06-9e-0a", &second);
	write_file(amd_dir, "microcode_amd_fam19h.bin", &amd);
	write_file(amd_dir, "README", &amd);

	assert_null(microcode_add(&m, dir, NULL));
	struct entry *e = manifest_find(&m, "/kernel/x86/microcode/GenuineIntel.bin");
	assert_non_null(e);
	assert_int_equal(e->segment, SEG_EARLY);
	assert_int_equal(e->size, first.len + second.len);
	assert_memory_equal(e->data, first.data, first.len);
	assert_memory_equal(e->data + first.len, second.data, second.len);
	e = manifest_find(&m, "/kernel/x86/microcode/AuthenticAMD.bin");
	assert_non_null(e);
	assert_int_equal(e->size, amd.len);
	manifest_free(&m);

	/* One machine's profile. */
	struct hw_profile profile = {0};
	struct hw_device cpu = {.syspath = "/devices/system/cpu",
				.modalias = "cpu:type:x86,ven0000fam0006mod009E:feature:"};
	VEC_PUSH(&profile.devices, cpu);
	m = (struct manifest){0};
	assert_null(microcode_add(&m, dir, &profile));
	e = manifest_find(&m, "/kernel/x86/microcode/GenuineIntel.bin");
	assert_non_null(e);
	assert_int_equal(e->size, second.len);
	assert_null(manifest_find(&m, "/kernel/x86/microcode/AuthenticAMD.bin"));
	manifest_free(&m);
	VEC_FREE(&profile.devices);

	AUTOFREE char *clean = xasprintf("rm -rf %s", dir);
	assert_int_equal(system(clean), 0);
	buf_free(&first);
	buf_free(&second);
	buf_free(&amd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modalias_names_the_processor),
	    cmocka_unit_test(intel_updates_by_signature),
	    cmocka_unit_test(intel_extended_signatures_count),
	    cmocka_unit_test(damaged_intel_files_are_refused),
	    cmocka_unit_test(amd_containers_by_equivalence),
	    cmocka_unit_test(what_is_installed_goes_to_the_first_segment),
	};

	return cmocka_run_group_tests_name("microcode", tests, NULL, NULL);
}
