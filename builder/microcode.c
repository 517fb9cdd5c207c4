/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layouts: Intel SDM volume 3 "Microcode Update Format" (as the kernel's
 * arch/x86/include/asm/microcode_intel.h), and the container format of
 * arch/x86/include/asm/microcode_amd.h. All numbers are little-endian.
 */
#include "microcode.h"

#include <dirent.h>
#include <string.h>

#include "pack_source.h"
#include "sysroot.h"

/* Intel: header, data, then perhaps a table of further signatures. */
#define INTEL_HEADER 48
#define INTEL_SIGNATURE 12
#define INTEL_FLAGS_END 28
#define INTEL_DATA_SIZE 28
#define INTEL_TOTAL_SIZE 32
#define INTEL_DATA_DEFAULT 2000 /* when the size in the header is 0 */
#define INTEL_TOTAL_DEFAULT 2048
#define INTEL_EXTENDED_HEADER 20
#define INTEL_EXTENDED_ENTRY 12

/* AMD: magic, a section with the equivalence table, then sections with patches. */
#define AMD_MAGIC 0x00414d44
#define AMD_TABLE_TYPE 0
#define AMD_HEADER 12 /* magic, type and size of the table */
#define AMD_ENTRY 16  /* installed_cpu first; 0 ends the table */

#define FILE_MAX ((size_t)32 * 1024 * 1024)

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool processor_parse(const char *modalias, struct processor *out)
{
	int end = 0;

	return sscanf(modalias, "cpu:type:x86,ven%4xfam%4xmod%4x%n", &out->vendor, &out->family, &out->model, &end) ==
		   3 &&
	       end > 0;
}

/* Whether CPUID's signature is of CPU's family and model (Intel SDM volume 2, CPUID leaf 1). */
static bool signature_fits(uint32_t signature, const struct processor *cpu)
{
	unsigned family = signature >> 8 & 0xf, model = signature >> 4 & 0xf;

	if (family == 6 || family == 0xf)
		model |= (signature >> 16 & 0xf) << 4;
	if (family == 0xf)
		family += signature >> 20 & 0xff;
	return family == cpu->family && model == cpu->model;
}

static uint32_t sum_of(const unsigned char *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 4 <= size; i += 4)
		sum += le32(data + i);
	return sum;
}

static bool intel_fits(const unsigned char *update, size_t data_size, size_t total, const struct processor *cpu)
{
	size_t table = INTEL_HEADER + data_size;

	if (signature_fits(le32(update + INTEL_SIGNATURE), cpu))
		return true;
	if (total < table + INTEL_EXTENDED_HEADER)
		return false;
	size_t count = le32(update + table);
	for (size_t i = 0, at = table + INTEL_EXTENDED_HEADER; i < count && at + INTEL_EXTENDED_ENTRY <= total;
	     i++, at += INTEL_EXTENDED_ENTRY)
		if (signature_fits(le32(update + at), cpu))
			return true;
	return false;
}

struct err *microcode_intel(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			    struct buf *out)
{
	size_t start = out->len;

	for (size_t at = 0; at < size;) {
		const unsigned char *update = data + at;
		size_t left = size - at, data_size = 0, total = 0;
		const char *fault = NULL;

		if (left >= INTEL_HEADER) {
			data_size = le32(update + INTEL_DATA_SIZE);
			total = data_size ? le32(update + INTEL_TOTAL_SIZE) : INTEL_TOTAL_DEFAULT;
			data_size = data_size ? data_size : INTEL_DATA_DEFAULT;
		}
		if (left < INTEL_HEADER || le32(update) != 1)
			fault = "no header of version 1";
		else if (total > left || total % 4 || total < INTEL_HEADER || data_size > total - INTEL_HEADER)
			fault = "its size is wrong";
		else if (sum_of(update, INTEL_HEADER + data_size) != 0)
			fault = "its checksum is wrong";
		if (fault) {
			out->len = start;
			return err_new(EXIT_FAILED, "%s: update at byte %zu: %s", name, at, fault);
		}
		if (!cpu || intel_fits(update, data_size, total, cpu))
			buf_add(out, update, total);
		at += total;
	}
	return NULL;
}

struct err *microcode_amd(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			  struct buf *out)
{
	bool fits = !cpu;

	if (size < AMD_HEADER || le32(data) != AMD_MAGIC || le32(data + 4) != AMD_TABLE_TYPE)
		return err_new(EXIT_FAILED, "%s: no container of AMD's", name);
	size_t table = le32(data + 8);
	if (table > size - AMD_HEADER || table % AMD_ENTRY)
		return err_new(EXIT_FAILED, "%s: the size of its equivalence table is wrong", name);
	for (size_t at = AMD_HEADER; !fits && at < AMD_HEADER + table && le32(data + at); at += AMD_ENTRY)
		fits = signature_fits(le32(data + at), cpu);
	if (fits)
		buf_add(out, data, size);
	return NULL;
}

/* ---- what is installed ---- */

struct vendor {
	unsigned id;
	const char *directory, *suffix, *path;
	struct err *(*take)(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			    struct buf *out);
};
static const struct vendor vendors[] = {
    {0, "/lib/firmware/intel-ucode", "", "/kernel/x86/microcode/GenuineIntel.bin", microcode_intel},
    {2, "/lib/firmware/amd-ucode", ".bin", "/kernel/x86/microcode/AuthenticAMD.bin", microcode_amd},
};

const char *microcode_directory(unsigned i)
{
	return i < ARRAY_SIZE(vendors) ? vendors[i].directory : NULL;
}

/* NAME, as it is or compressed as firmware may be, ends in SUFFIX (not ".asc", "README"). */
static bool has_suffix(const char *name, const char *suffix)
{
	static const char *const packed[] = {"", ".xz", ".zst"};
	size_t len = strlen(name);

	for (size_t i = 0; *suffix && i < ARRAY_SIZE(packed); i++) {
		size_t end = strlen(suffix) + strlen(packed[i]);
		if (len > end && strncmp(name + len - end, suffix, strlen(suffix)) == 0 &&
		    strcmp(name + len - strlen(packed[i]), packed[i]) == 0)
			return true;
	}
	/* Intel's are named by family, model and stepping: 06-8e-0a. */
	return !*suffix && len >= 8 && name[2] == '-' && name[5] == '-' && !strchr(name, '~');
}

static struct err *take_file(const struct vendor *v, const char *host, const struct processor *cpu, struct buf *out)
{
	struct entry e = {.path = host, .type = ENTRY_FILE, .source = host};
	struct pack_source s = {0};
	struct err *err = pack_source_open(&e, &s);

	if (!err)
		err = pack_source_plain(&s);
	if (!err && s.size > FILE_MAX)
		err = err_new(EXIT_FAILED, "%s: larger than any update", host);
	if (!err)
		err = v->take(host, s.data, s.size, cpu, out);
	pack_source_close(&s);
	return err;
}

/* DIR is that of the vendor on the host. */
static struct err *take_directory(const struct vendor *v, const char *sysroot, const char *dir,
				  const struct processor *cpu, struct buf *out)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort);

	if (n < 0)
		return err_sys(errno, "%s", dir);
	for (int i = 0; i < n; i++) {
		AUTOFREE char *path = path_join(dir, names[i]->d_name);
		AUTOFREE char *host = sysroot_host_path(sysroot, path);
		struct err *e = has_suffix(names[i]->d_name, v->suffix) ? take_file(v, host, cpu, out) : NULL;
		if (e) {
			warn("microcode: %s: left out: install its package again", err_message(e));
			err_free(e);
		}
		free(names[i]);
	}
	free(names);
	return NULL;
}

static struct err *add_vendor(struct manifest *m, const char *sysroot, const struct vendor *v,
			      const struct processor *cpu)
{
	AUTOFREE char *dir = sysroot_resolve(sysroot, v->directory);
	struct buf out = {0};

	if (!dir || (cpu && cpu->vendor != v->id))
		return NULL;
	struct err *e = take_directory(v, sysroot, dir, cpu, &out);
	if (e || out.len == 0) {
		buf_free(&out);
		return e;
	}
	AUTOFREE char *reason =
	    xasprintf("updates for %s from %s", cpu ? "this machine's processor" : "processors", v->directory);
	return manifest_add(m,
			    &(struct entry){.path = v->path,
					    .type = ENTRY_FILE,
					    .mode = 0644,
					    .segment = SEG_EARLY,
					    .owner = "microcode",
					    .reason = reason,
					    .data = (const unsigned char *)out.data,
					    .size = out.len,
					    .data_owned = true},
			    NULL);
}

static bool find_processor(const struct hw_profile *profile, struct processor *out)
{
	for (size_t i = 0; i < profile->devices.count; i++)
		if (profile->devices.items[i].modalias && processor_parse(profile->devices.items[i].modalias, out))
			return true;
	return false;
}

struct err *microcode_add(struct manifest *m, const char *sysroot, const struct hw_profile *profile)
{
	struct processor cpu;
	bool one = profile && find_processor(profile, &cpu);

	if (profile && !one)
		say("microcode: the hardware profile names no processor: all updates are taken");
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		TRY(add_vendor(m, sysroot, &vendors[i], one ? &cpu : NULL));
	return NULL;
}
