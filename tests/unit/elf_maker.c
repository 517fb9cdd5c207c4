/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elf_maker.h"

#include <string.h>

void elf_begin(struct elf_maker *m)
{
	*m = (struct elf_maker){.count = 1};
	buf_add(&m->names, "", 1);
	buf_add(&m->strings, "", 1);
}

unsigned elf_add(struct elf_maker *m, const char *name, const void *data, size_t size, uint64_t addr)
{
	if (m->count == ELF_MAKER_SECTIONS)
		abort();
	m->headers[m->count] = (Elf64_Shdr){
	    .sh_name = (Elf64_Word)m->names.len,
	    .sh_type = SHT_PROGBITS,
	    .sh_offset = sizeof(Elf64_Ehdr) + m->body.len,
	    .sh_size = size,
	    .sh_addr = addr,
	};
	buf_add(&m->names, name, strlen(name) + 1);
	buf_add(&m->body, data, size);
	return m->count++;
}

void elf_symbol(struct elf_maker *m, const char *name, unsigned bind, uint16_t shndx, uint64_t value)
{
	Elf64_Sym sym = {
	    .st_name = (Elf64_Word)m->strings.len,
	    .st_info = (unsigned char)ELF64_ST_INFO(bind, STT_NOTYPE),
	    .st_shndx = shndx,
	    .st_value = value,
	};
	buf_add(&m->strings, name, strlen(name) + 1);
	if (!m->symbols.len)
		buf_add(&m->symbols, &(Elf64_Sym){0}, sizeof(Elf64_Sym));
	buf_add(&m->symbols, &sym, sizeof(sym));
}

void elf_finish(struct elf_maker *m, uint16_t type, uint16_t machine, struct buf *out)
{
	if (m->symbols.len) {
		unsigned strings = elf_add(m, ".strtab", m->strings.data, m->strings.len, 0);
		unsigned symbols = elf_add(m, ".symtab", m->symbols.data, m->symbols.len, 0);
		m->headers[symbols].sh_type = SHT_SYMTAB;
		m->headers[symbols].sh_link = strings;
		m->headers[symbols].sh_info = 1;
	}
	size_t name_at = m->names.len;
	buf_add(&m->names, ".shstrtab", sizeof(".shstrtab"));
	struct buf names = m->names;
	m->names = (struct buf){0};
	unsigned last = elf_add(m, "", names.data, names.len, 0);
	m->headers[last].sh_name = (Elf64_Word)name_at;
	Elf64_Ehdr header = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	    .e_type = type,
	    .e_machine = machine,
	    .e_version = EV_CURRENT,
	    .e_shoff = sizeof(Elf64_Ehdr) + m->body.len,
	    .e_ehsize = sizeof(Elf64_Ehdr),
	    .e_shentsize = sizeof(Elf64_Shdr),
	    .e_shnum = (Elf64_Half)m->count,
	    .e_shstrndx = (Elf64_Half)last,
	};
	buf_add(out, &header, sizeof(header));
	buf_add(out, m->body.data, m->body.len);
	buf_add(out, m->headers, m->count * sizeof(Elf64_Shdr));
	buf_free(&names);
	buf_free(&m->names);
	buf_free(&m->body);
	buf_free(&m->symbols);
	buf_free(&m->strings);
}

void version_entry(struct buf *versions, uint32_t crc, const char *name)
{
	struct {
		uint64_t crc;
		char name[56];
	} entry = {.crc = crc};
	memcpy(entry.name, name, strnlen(name, sizeof(entry.name) - 1));
	buf_add(versions, &entry, sizeof(entry));
}

static void add_string(struct buf *b, const char *key, const char *value)
{
	buf_puts(b, key);
	buf_add(b, value, strlen(value) + 1);
}

void make_module(struct buf *out, const char *name, const char *vermagic, const char *export_name, const char *needs,
		 uint32_t needs_crc)
{
	struct elf_maker m;
	struct buf info = {0}, versions = {0}, symbol = {0};
	elf_begin(&m);
	add_string(&info, "name=", name);
	add_string(&info, "vermagic=", vermagic);
	add_string(&info, "license=", "GPL");
	add_string(&info, "parmtype=", "size:int");
	add_string(&info, "parm=", "size:how much (int)");
	/* As module_param_cb() makes it. */
	add_string(&info, "parm=", "queues:how many");
	add_string(&info, "depends=", "one,two");
	add_string(&info, "firmware=", "a/b.bin");
	elf_add(&m, ".modinfo", info.data, info.len, 0);
	version_entry(&versions, 0x11111111, "printk");
	if (needs)
		version_entry(&versions, needs_crc, needs);
	elf_add(&m, "__versions", versions.data, versions.len, 0);
	elf_symbol(&m, "printk", STB_GLOBAL, SHN_UNDEF, 0);
	elf_symbol(&m, "may_be_there", STB_WEAK, SHN_UNDEF, 0);
	if (needs)
		elf_symbol(&m, needs, STB_GLOBAL, SHN_UNDEF, 0);
	if (export_name) {
		uint32_t crc = 0x22222222;
		unsigned table = elf_add(&m, "__ksymtab_gpl", "123456789012", 12, 0);
		unsigned crcs = elf_add(&m, "__kcrctab_gpl", &crc, sizeof(crc), 0);
		buf_printf(&symbol, "__ksymtab_%s", export_name);
		elf_symbol(&m, symbol.data, STB_GLOBAL, (uint16_t)table, 0);
		buf_free(&symbol);
		symbol = (struct buf){0};
		buf_printf(&symbol, "__crc_%s", export_name);
		elf_symbol(&m, symbol.data, STB_GLOBAL, (uint16_t)crcs, 0);
	}
	elf_finish(&m, ET_REL, EM_X86_64, out);
	buf_free(&info);
	buf_free(&versions);
	buf_free(&symbol);
}

void make_vmlinux(struct buf *out)
{
	/* Two entries; "intk" is the merged tail of "printk". Addresses: table 0x1000, strings 0x2000. */
	static const char strings[] = "\0printk";
	int32_t table[6] = {0, 0x2001 - 0x1004, 0x2000 - 0x1008, 0, 0x2003 - 0x1010, 0x2000 - 0x1014};
	uint32_t crcs[2] = {0x11111111, 0x33333333};
	struct elf_maker m;
	elf_begin(&m);
	elf_add(&m, ".rodata", "\0" KERNEL_RELEASE " (x@y) #1\0" KERNEL_MAGIC,
		sizeof("\0" KERNEL_RELEASE " (x@y) #1\0" KERNEL_MAGIC), 0x500);
	elf_add(&m, "__ksymtab", table, sizeof(table), 0x1000);
	elf_add(&m, "__kcrctab", crcs, sizeof(crcs), 0x1800);
	elf_add(&m, "__ksymtab_strings", strings, sizeof(strings), 0x2000);
	elf_finish(&m, ET_EXEC, EM_X86_64, out);
}
