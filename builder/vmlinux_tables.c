/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmlinux_tables.h"

#include <ctype.h>
#include <elf.h>
#include <string.h>

/* Enough for the ELF header and the program headers behind it. */
#define HEAD_SIZE 4096
/* More than any place of the notes; they are at 24 MB in Debian's kernels. */
#define START_MAX ((size_t)256 << 20)
/* The tables and what may be between them and the notes. They have half a megabyte. */
#define TABLES_BYTES_MAX ((size_t)4 << 20)
/* A kernel exports thousands of symbols; nothing else looks like so many sorted entries. */
#define RUN_MIN 64
/* KSYM_NAME_LEN of include/linux/kallsyms.h. */
#define NAME_MAX_LEN 512

static const char *suffix_of(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

static struct err *find_crcs(const struct elf_view *elf, const char *suffix, struct elf_section *out)
{
	for (uint32_t i = 1; i < elf->shnum; i++) {
		struct elf_section s;
		TRY(elf_view_section(elf, i, &s));
		const char *own = suffix_of(s.name, "__kcrctab");
		if (own && strcmp(own, suffix) == 0)
			*out = s;
	}
	return NULL;
}

struct err *export_tables_find(const struct elf_view *elf, struct export_tables *out)
{
	*out = (struct export_tables){0};
	for (uint32_t i = 1; i < elf->shnum; i++) {
		struct elf_section s;
		TRY(elf_view_section(elf, i, &s));
		const char *suffix = suffix_of(s.name, "__ksymtab");
		if (!suffix || !s.size) {
			if (strcmp(s.name, ".rodata") == 0)
				out->data = s;
		} else if (strcmp(suffix, "_strings") == 0) {
			out->strings = s;
		} else if (out->count < EXPORT_TABLES_MAX) {
			struct export_table *t = &out->t[out->count++];
			t->symbols = s;
			t->gpl_only = strcmp(suffix, "_gpl") == 0 || strcmp(suffix, "_unused_gpl") == 0;
			TRY(find_crcs(elf, suffix, &t->crcs));
		}
	}
	if (!out->count || !out->strings.size || out->strings.data[out->strings.size - 1])
		return err_new(EXIT_VERIFY, "no __ksymtab sections: nothing tells what this kernel exports");
	return NULL;
}

/*
 * An entry as struct kernel_symbol is with relative places (CONFIG_HAVE_ARCH_PREL32_RELOCATIONS, Linux 5.4 and
 * later): value, name, namespace, 32 bits each.
 */
enum { ENTRY_SIZE = 12, ENTRY_NAME = 4, ENTRY_SPACE = 8 };

/* Where the relative place AT points to; 0 when that is not behind it and inside. */
static size_t target_of(const struct elf_view *elf, size_t at)
{
	uint64_t to = at + (uint64_t)(int64_t)(int32_t)elf_u32(elf, elf->data + at);
	return to > at && to < elf->size ? (size_t)to : 0;
}

static const char *name_of(const struct elf_view *elf, size_t entry)
{
	size_t at = target_of(elf, entry + ENTRY_NAME);
	size_t room = at ? elf->size - at : 0;
	const char *name = (const char *)elf->data + at;
	if (!at || (!isalpha((unsigned char)*name) && *name != '_'))
		return NULL;
	return memchr(name, '\0', room < NAME_MAX_LEN ? room : NAME_MAX_LEN) ? name : NULL;
}

/* How many entries from AT have names in ascending order, as the linker sorts them (bsearch needs it). */
static size_t run_at(const struct elf_view *elf, size_t at)
{
	const char *last = NULL;
	size_t n = 0;
	for (; elf->size - at >= ENTRY_SIZE; at += ENTRY_SIZE, n++) {
		const char *name = name_of(elf, at);
		if (!name || (last && strcmp(last, name) >= 0))
			break;
		last = name;
	}
	return n;
}

/* The strings that N entries from AT name: from the first byte to the last NUL. */
static void span_strings(const struct elf_view *elf, size_t at, size_t n, size_t *low, size_t *high)
{
	*low = elf->size;
	*high = 0;
	for (size_t i = 0; i < 2 * n; i++) {
		size_t field = at + i / 2 * ENTRY_SIZE + (i % 2 ? ENTRY_SPACE : ENTRY_NAME);
		size_t to = target_of(elf, field);
		const char *s = (const char *)elf->data + to;
		if (!to || !memchr(s, '\0', elf->size - to))
			continue;
		if (to < *low)
			*low = to;
		if (to + strlen(s) + 1 > *high)
			*high = to + strlen(s) + 1;
	}
}

static struct elf_section part(const struct elf_view *elf, const char *name, size_t at, size_t size)
{
	/* Places are relative: any address will do that agrees with the others. */
	return (struct elf_section){.name = name, .addr = at, .data = elf->data + at, .size = size};
}

/* Two tables of N1 and N2 entries AT, when checksums and names follow without a gap. */
static bool take_tables(const struct elf_view *elf, size_t at, size_t n1, size_t n2, struct export_tables *out)
{
	size_t crcs = at + (n1 + n2) * ENTRY_SIZE, low, high;
	if (n1 < RUN_MIN || n2 < RUN_MIN)
		return false;
	span_strings(elf, at, n1 + n2, &low, &high);
	if (low != crcs + (n1 + n2) * 4)
		return false;
	*out = (struct export_tables){
	    .t = {{part(elf, "__ksymtab", at, n1 * ENTRY_SIZE), part(elf, "__kcrctab", crcs, n1 * 4), false},
		  {part(elf, "__ksymtab_gpl", at + n1 * ENTRY_SIZE, n2 * ENTRY_SIZE),
		   part(elf, "__kcrctab_gpl", crcs + n1 * 4, n2 * 4), true}},
	    .count = 2,
	    .strings = part(elf, "__ksymtab_strings", low, high - low),
	    .data = part(elf, ".rodata", 0, at),
	};
	return true;
}

static bool scan(const struct elf_view *elf, struct export_tables *out)
{
	size_t at = elf->size > TABLES_BYTES_MAX ? elf->size - TABLES_BYTES_MAX : 0;
	for (at &= ~(size_t)3; at < elf->size; at += 4) {
		size_t n1 = run_at(elf, at);
		if (n1 >= RUN_MIN)
			return take_tables(elf, at, n1, run_at(elf, at + n1 * ENTRY_SIZE), out);
	}
	return false;
}

/* The first WANT bytes of P's ELF file. */
static bool unpack_start(const struct vmlinux_payload *p, size_t want, unsigned char **start, struct elf_view *elf)
{
	size_t len;
	*start = NULL;
	struct err *e = decompress_start(p->codec, p->data, p->size, want, start, &len);
	if (!e)
		e = elf_view_head(*start, len, elf);
	/* What is wrong is said by the one who reads the whole. */
	err_free(e);
	return !e;
}

bool export_tables_early(const struct vmlinux_payload *p, unsigned char **start, struct elf_view *elf,
			 struct export_tables *out)
{
	AUTOFREE unsigned char *head = NULL, *all = NULL;
	uint64_t notes;
	*start = NULL;
	if (p->codec == CODEC_NONE || !unpack_start(p, HEAD_SIZE, &head, elf))
		return false;
	if (!elf_view_segment(elf, PT_NOTE, &notes) || notes < HEAD_SIZE || notes > START_MAX)
		return false;
	if (!unpack_start(p, (size_t)notes, &all, elf) || !scan(elf, out))
		return false;
	*start = STEAL_POINTER(all);
	return true;
}
