/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elf_view.h"

#include <elf.h>
#include <string.h>

/* A number of N bytes (2, 4 or 8) of the file's byte order. */
static uint64_t number(const struct elf_view *elf, const unsigned char *p, unsigned n)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[elf->big_endian ? i : n - 1 - i];
	return v;
}

uint32_t elf_u32(const struct elf_view *elf, const unsigned char *p)
{
	return (uint32_t)number(elf, p, 4);
}

uint64_t elf_u64(const struct elf_view *elf, const unsigned char *p)
{
	return number(elf, p, 8);
}

/* Field F of the header struct S (Elf64_S or Elf32_S) at P: both classes have the same field names. */
#define FIELD(elf, S, p, f) \
	((elf)->is64 ? number(elf, (p) + offsetof(Elf64_##S, f), sizeof(((Elf64_##S *)0)->f)) \
		     : number(elf, (p) + offsetof(Elf32_##S, f), sizeof(((Elf32_##S *)0)->f)))
#define SIZEOF(elf, S) ((elf)->is64 ? sizeof(Elf64_##S) : sizeof(Elf32_##S))

static struct err *corrupt(const char *what)
{
	return err_new(EXIT_VERIFY, "damaged ELF file: %s", what);
}

/* Class, byte order and the fields of the ELF header. */
static struct err *read_header(struct elf_view *elf)
{
	const unsigned char *d = elf->data;
	if (elf->size < EI_NIDENT || memcmp(d, ELFMAG, SELFMAG) != 0)
		return err_new(EXIT_VERIFY, "not an ELF file");
	if ((d[EI_CLASS] != ELFCLASS32 && d[EI_CLASS] != ELFCLASS64) ||
	    (d[EI_DATA] != ELFDATA2LSB && d[EI_DATA] != ELFDATA2MSB))
		return corrupt("unknown class or byte order");
	elf->is64 = d[EI_CLASS] == ELFCLASS64;
	elf->big_endian = d[EI_DATA] == ELFDATA2MSB;
	if (elf->size < SIZEOF(elf, Ehdr))
		return corrupt("truncated inside its header");
	elf->type = (uint16_t)FIELD(elf, Ehdr, d, e_type);
	elf->machine = (uint16_t)FIELD(elf, Ehdr, d, e_machine);
	elf->shoff = FIELD(elf, Ehdr, d, e_shoff);
	elf->shnum = (uint32_t)FIELD(elf, Ehdr, d, e_shnum);
	elf->shentsize = (uint32_t)FIELD(elf, Ehdr, d, e_shentsize);
	return NULL;
}

/* The section header table lies inside the file; files of more than SHN_LORESERVE sections keep their number in section
 * 0. */
static struct err *check_section_table(struct elf_view *elf)
{
	if (!elf->shoff)
		return corrupt("no section table");
	if (elf->shentsize < SIZEOF(elf, Shdr))
		return corrupt("section headers too small");
	if (elf->shoff > elf->size || elf->size - elf->shoff < elf->shentsize)
		return corrupt("truncated before its section table");
	uint64_t fit = (elf->size - elf->shoff) / elf->shentsize;
	uint64_t count = elf->shnum;
	if (!count)
		count = FIELD(elf, Shdr, elf->data + elf->shoff, sh_size);
	if (!count || count > fit)
		return corrupt("truncated inside its section table");
	elf->shnum = (uint32_t)count;
	return NULL;
}

struct err *elf_view_open(const void *data, size_t size, struct elf_view *out)
{
	*out = (struct elf_view){.data = data, .size = size};
	TRY(read_header(out));
	TRY(check_section_table(out));
	uint32_t strndx = (uint32_t)FIELD(out, Ehdr, out->data, e_shstrndx);
	if (strndx == SHN_XINDEX)
		strndx = (uint32_t)FIELD(out, Shdr, out->data + out->shoff, sh_link);
	if (strndx >= out->shnum)
		return corrupt("no section names");
	struct elf_section names;
	TRY(elf_view_section(out, strndx, &names));
	if (!names.size || names.data[names.size - 1])
		return corrupt("section names do not end");
	out->names = (const char *)names.data;
	out->names_size = names.size;
	return NULL;
}

struct err *elf_view_head(const void *data, size_t size, struct elf_view *out)
{
	*out = (struct elf_view){.data = data, .size = size};
	TRY(read_header(out));
	out->shnum = 0;
	return NULL;
}

bool elf_view_segment(const struct elf_view *elf, uint32_t type, uint64_t *offset)
{
	uint64_t at = FIELD(elf, Ehdr, elf->data, e_phoff), each = FIELD(elf, Ehdr, elf->data, e_phentsize);
	uint64_t count = FIELD(elf, Ehdr, elf->data, e_phnum);
	if (at > elf->size || each < SIZEOF(elf, Phdr))
		return false;
	for (uint64_t i = 0; i < count && each * (i + 1) <= elf->size - at; i++) {
		const unsigned char *h = elf->data + at + each * i;
		if (FIELD(elf, Phdr, h, p_type) == type) {
			*offset = FIELD(elf, Phdr, h, p_offset);
			return true;
		}
	}
	return false;
}

struct err *elf_view_section(const struct elf_view *elf, uint32_t i, struct elf_section *out)
{
	const unsigned char *h = elf->data + elf->shoff + (uint64_t)i * elf->shentsize;
	uint64_t name = FIELD(elf, Shdr, h, sh_name);
	uint64_t offset = FIELD(elf, Shdr, h, sh_offset), size = FIELD(elf, Shdr, h, sh_size);
	*out = (struct elf_section){
	    .name = name < elf->names_size ? elf->names + name : "",
	    .type = (uint32_t)FIELD(elf, Shdr, h, sh_type),
	    .link = (uint32_t)FIELD(elf, Shdr, h, sh_link),
	    .info = (uint32_t)FIELD(elf, Shdr, h, sh_info),
	    .addr = FIELD(elf, Shdr, h, sh_addr),
	};
	if (out->type == SHT_NOBITS || out->type == SHT_NULL)
		return NULL;
	if (offset > elf->size || size > elf->size - offset)
		return err_new(EXIT_VERIFY, "damaged ELF file: section %u '%s' reaches past the end of the file", i,
			       out->name);
	out->data = elf->data + offset;
	out->size = (size_t)size;
	return NULL;
}

struct err *elf_view_symtab(const struct elf_view *elf, const struct elf_section *section, struct elf_symtab *out)
{
	struct elf_section strings;
	if (section->link >= elf->shnum)
		return corrupt("symbols without a string table");
	TRY(elf_view_section(elf, section->link, &strings));
	if (!strings.size || strings.data[strings.size - 1])
		return corrupt("symbol names do not end");
	size_t count = section->size / SIZEOF(elf, Sym);
	*out = (struct elf_symtab){
	    .elf = elf,
	    .data = section->data,
	    .count = count,
	    .first_global = section->info < count ? section->info : (uint32_t)count,
	    .strings = (const char *)strings.data,
	    .strings_size = strings.size,
	};
	return NULL;
}

struct elf_symbol elf_symtab_at(const struct elf_symtab *tab, size_t i)
{
	const struct elf_view *elf = tab->elf;
	const unsigned char *s = tab->data + i * SIZEOF(elf, Sym);
	uint64_t name = FIELD(elf, Sym, s, st_name);
	return (struct elf_symbol){
	    .name = name < tab->strings_size ? tab->strings + name : "",
	    .value = FIELD(elf, Sym, s, st_value),
	    .shndx = (uint16_t)FIELD(elf, Sym, s, st_shndx),
	    .info = (unsigned char)FIELD(elf, Sym, s, st_info),
	};
}

const char *elf_machine_name(uint16_t machine, char *buf, size_t size)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
	    {EM_386, "x86"},	  {EM_X86_64, "x86-64"}, {EM_ARM, "ARM"},    {EM_AARCH64, "AArch64"},
	    {EM_RISCV, "RISC-V"}, {EM_PPC, "PowerPC"},	 {EM_S390, "S/390"}, {EM_PPC64, "PowerPC64"},
	    {EM_MIPS, "MIPS"},	  {EM_SPARCV9, "SPARC"}, {258, "LoongArch"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	snprintf(buf, size, "machine %u", machine);
	return buf;
}
