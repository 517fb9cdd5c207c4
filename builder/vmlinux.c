/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmlinux.h"

#include <ctype.h>
#include <elf.h>
#include <string.h>

#include "vmlinux_tables.h"

/*
 * How struct kernel_symbol (include/linux/export.h, kernel/module/internal.h) is laid out:
 * the name is a place relative to itself, or a pointer, at NAME_AT, and so is the namespace at SPACE_AT (0: there is
 * none).
 */
struct entry_layout {
	unsigned size, name_at, space_at;
	bool relative;
	unsigned char class; /* of the ELF file; ELFCLASSNONE: either */
};
static const struct entry_layout layouts[] = {
    {12, 4, 8, true, ELFCLASSNONE}, /* value, name, namespace: 32-bit offsets, since Linux 5.4 */
    {8, 4, 0, true, ELFCLASSNONE},  /* value, name: Linux 4.19 to 5.3 */
    {24, 8, 16, false, ELFCLASS64}, /* pointers, where the architecture has no such relocation */
    {16, 8, 0, false, ELFCLASS64},  {12, 4, 8, false, ELFCLASS32}, {8, 4, 0, false, ELFCLASS32},
};

/*
 * What entry I has AT: a string of __ksymtab_strings, or the tail of one, as the linker merges them; NULL otherwise,
 * and for an empty one.
 */
static const char *entry_text(const struct elf_view *elf, const struct export_tables *all,
			      const struct elf_section *symbols, const struct entry_layout *layout, size_t i,
			      unsigned field_at)
{
	size_t field = i * layout->size + field_at;
	const unsigned char *p = symbols->data + field;
	uint64_t addr;
	if (layout->relative)
		addr = symbols->addr + field + (uint64_t)(int64_t)(int32_t)elf_u32(elf, p);
	else
		addr = elf->is64 ? elf_u64(elf, p) : elf_u32(elf, p);
	uint64_t at = addr - all->strings.addr; /* wraps to a large number when it lies before */
	if (at >= all->strings.size || !all->strings.data[at])
		return NULL;
	return (const char *)all->strings.data + at;
}

/* LAYOUT fits when its entries fill the section, match the CRCs in number, and every one has a name. */
static bool layout_fits(const struct elf_view *elf, const struct export_tables *all, const struct export_table *t,
			const struct entry_layout *layout)
{
	size_t n = t->symbols.size / layout->size;
	if (layout->class != ELFCLASSNONE && layout->class != elf->data[EI_CLASS])
		return false;
	if (t->symbols.size % layout->size || (t->crcs.size && t->crcs.size / 4 != n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!entry_text(elf, all, &t->symbols, layout, i, layout->name_at))
			return false;
	return true;
}

static struct err *read_table(const struct elf_view *elf, const struct export_tables *all, const struct export_table *t,
			      struct vmlinux *out)
{
	const struct entry_layout *fit = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(layouts) && !fit; i++)
		if (layout_fits(elf, all, t, &layouts[i]))
			fit = &layouts[i];
	if (!fit)
		return err_new(EXIT_VERIFY, "section %s: entries of unknown form", t->symbols.name);
	for (size_t i = 0; i < t->symbols.size / fit->size; i++) {
		const char *space = fit->space_at ? entry_text(elf, all, &t->symbols, fit, i, fit->space_at) : NULL;
		struct symbol_ref ref = {
		    .name = arena_strdup(&out->arena, entry_text(elf, all, &t->symbols, fit, i, fit->name_at)),
		    .gpl_only = t->gpl_only,
		    .space = space ? arena_strdup(&out->arena, space) : NULL,
		    .crc = t->crcs.size ? elf_u32(elf, t->crcs.data + i * 4) : 0,
		    .has_crc = t->crcs.size != 0,
		};
		VEC_PUSH(&out->exports, ref);
	}
	return NULL;
}

/* Once no more are added: the map points into the vector. */
static void index_exports(struct vmlinux *out)
{
	for (size_t i = 0; i < out->exports.count; i++)
		(void)strmap_put(&out->by_name, out->exports.items[i].name, &out->exports.items[i]);
}

/*
 * VERMAGIC_STRING of include/linux/vermagic.h, "RELEASE SMP preempt mod_unload modversions ": the only
 * string of the kernel that begins with its release and a blank and goes on in words of letters, digits and '_'.
 */
static const char *find_vermagic(const struct elf_section *s, const char *release)
{
	size_t len = strlen(release);
	const unsigned char *p = s->data, *end = p ? p + s->size : NULL;
	while (p && (p = memmem(p, (size_t)(end - p), release, len)) != NULL) {
		const unsigned char *q = p + len;
		if (q < end && *q == ' ')
			while (q < end && (isalnum(*q) || *q == '_' || *q == ' '))
				q++;
		if (q < end && !*q && q > p + len && (p == s->data || !p[-1]))
			return (const char *)p;
		p += len;
	}
	return NULL;
}

static struct err *read_tables(const struct elf_view *elf, const struct export_tables *all, const char *release,
			       struct vmlinux *out)
{
	out->machine = elf->machine;
	for (size_t i = 0; i < all->count; i++)
		TRY(read_table(elf, all, &all->t[i], out));
	index_exports(out);
	const char *text = release && *release ? find_vermagic(&all->data, release) : NULL;
	if (text)
		out->vermagic = arena_strdup(&out->arena, text);
	return NULL;
}

static struct err *parse_whole(const struct vmlinux_payload *p, const char *release, struct vmlinux *out)
{
	AUTOFREE unsigned char *owned = NULL;
	const unsigned char *data;
	struct elf_view elf;
	struct export_tables all;
	size_t size;
	TRY(vmlinux_unpack(p, &data, &size, &owned));
	TRY(elf_view_open(data, size, &elf));
	TRY(export_tables_find(&elf, &all));
	return read_tables(&elf, &all, release, out);
}

static struct err *parse_payload(const struct vmlinux_payload *p, const char *release, struct vmlinux *out)
{
	AUTOFREE unsigned char *start = NULL;
	struct elf_view elf;
	struct export_tables all;
	return export_tables_early(p, &start, &elf, &all) ? read_tables(&elf, &all, release, out)
							  : parse_whole(p, release, out);
}

struct err *vmlinux_parse(const void *data, size_t size, const char *release, struct vmlinux *out)
{
	struct vmlinux_payload payload;
	*out = (struct vmlinux){0};
	TRY(vmlinux_payload(data, size, &payload));
	struct err *e = parse_payload(&payload, release, out);
	if (e)
		vmlinux_free(out);
	return e;
}

void vmlinux_free(struct vmlinux *v)
{
	VEC_FREE(&v->exports);
	strmap_free(&v->by_name);
	buf_free(&v->cached);
	arena_free(&v->arena);
}

/* "EXPORT_SYMBOL_GPL" and, behind a tab, the namespace: what is left of a line from TYPE up to END. */
static void symvers_type(struct arena *arena, const char *type, const char *end, struct symbol_ref *out)
{
	const char *tab = memchr(type, '\t', (size_t)(end - type));
	size_t len = (size_t)((tab ? tab : end) - type);
	out->gpl_only = len > 4 && memcmp(type + len - 4, "_GPL", 4) == 0;
	if (tab && tab + 1 < end)
		out->space = arena_strndup(arena, tab + 1, (size_t)(end - tab - 1));
}

/* "0x1a2b3c4d\tNAME\tvmlinux\tEXPORT_SYMBOL\tNAMESPACE", the last two perhaps not there, when it is one of vmlinux. */
static bool symvers_line(struct arena *arena, const char *line, size_t len, struct symbol_ref *out)
{
	const char *end = line + len;
	const char *name = memchr(line, '\t', len);
	const char *file = name ? memchr(name + 1, '\t', (size_t)(end - name - 1)) : NULL;
	char number[16], *stop;
	if (!file || (size_t)(name - line) >= sizeof(number))
		return false;
	const char *file_end = memchr(file + 1, '\t', (size_t)(end - file - 1));
	size_t file_len = (size_t)((file_end ? file_end : end) - file - 1);
	if (file_len != strlen("vmlinux") || memcmp(file + 1, "vmlinux", file_len) != 0 || file == name + 1)
		return false;
	memcpy(number, line, (size_t)(name - line));
	number[name - line] = '\0';
	unsigned long crc = strtoul(number, &stop, 16);
	if (*stop || stop == number || crc > UINT32_MAX)
		return false;
	*out = (struct symbol_ref){
	    .name = arena_strndup(arena, name + 1, (size_t)(file - name - 1)),
	    .crc = (uint32_t)crc,
	};
	if (file_end)
		symvers_type(arena, file_end + 1, end, out);
	return true;
}

struct err *symvers_parse(const char *text, size_t size, struct vmlinux *out)
{
	bool versions = false; /* a kernel without them writes nothing but zeroes */
	*out = (struct vmlinux){0};
	for (size_t at = 0; at < size;) {
		const char *line = text + at, *stop = memchr(line, '\n', size - at);
		size_t len = stop ? (size_t)(stop - line) : size - at;
		struct symbol_ref ref;
		if (symvers_line(&out->arena, line, len, &ref)) {
			VEC_PUSH(&out->exports, ref);
			versions |= ref.crc != 0;
		}
		at += len + 1;
	}
	if (!out->exports.count) {
		vmlinux_free(out);
		return err_new(EXIT_VERIFY, "no line of vmlinux in it");
	}
	for (size_t i = 0; i < out->exports.count; i++)
		out->exports.items[i].has_crc = versions;
	index_exports(out);
	return NULL;
}
