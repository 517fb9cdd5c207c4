// SPDX-License-Identifier: GPL-2.0-or-later
#include "modinfo.h"

#include <elf.h>
#include <string.h>

/* The bytes of an ELF file and how to read them. */
struct elf_bytes {
	const unsigned char *data;
	size_t size;
	bool wide; /* 64 bits */
	bool big_endian;
};

struct section {
	uint64_t name, offset, size;
};

/* LEN bytes at OFFSET as a number; the caller has checked that they are there. */
static uint64_t number_at(const struct elf_bytes *e, size_t offset, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | e->data[offset + (e->big_endian ? i : len - 1 - i)];
	return v;
}

static bool inside(const struct elf_bytes *e, uint64_t offset, uint64_t size)
{
	return offset <= e->size && size <= e->size - offset;
}

#define FIELD(e, base, type, member) \
	((e)->wide ? number_at(e, (base) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)NULL)->member)) \
		   : number_at(e, (base) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)NULL)->member)))

/* Section I of the table at SHOFF, whose bounds were checked. */
static void section_at(const struct elf_bytes *e, uint64_t shoff, uint64_t i, struct section *out)
{
	size_t base = (size_t)(shoff + i * (e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)));

	out->name = FIELD(e, base, Shdr, sh_name);
	out->offset = FIELD(e, base, Shdr, sh_offset);
	out->size = FIELD(e, base, Shdr, sh_size);
}

static errint elf_begin(const void *data, size_t size, struct elf_bytes *e)
{
	const unsigned char *ident = data;

	*e = (struct elf_bytes){.data = data, .size = size};
	if (size < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	e->wide = ident[EI_CLASS] == ELFCLASS64;
	e->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	if (size < (e->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return -ENOEXEC;
	return 0;
}

errint modinfo_open(const void *data, size_t size, struct modinfo *out)
{
	static const char wanted[] = ".modinfo";
	struct elf_bytes e;
	struct section names, s;
	uint64_t shoff, count, strings;
	errint r = elf_begin(data, size, &e);

	if (r < 0)
		return r;
	shoff = FIELD(&e, 0, Ehdr, e_shoff);
	count = FIELD(&e, 0, Ehdr, e_shnum);
	strings = FIELD(&e, 0, Ehdr, e_shstrndx);
	if (FIELD(&e, 0, Ehdr, e_shentsize) != (e.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) || strings >= count ||
	    !inside(&e, shoff, count * (e.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr))))
		return -EBADMSG;
	section_at(&e, shoff, strings, &names);
	if (!inside(&e, names.offset, names.size))
		return -EBADMSG;
	for (uint64_t i = 1; i < count; i++) {
		section_at(&e, shoff, i, &s);
		if (s.name >= names.size || names.size - s.name < sizeof(wanted) ||
		    memcmp(e.data + names.offset + s.name, wanted, sizeof(wanted)) != 0)
			continue;
		if (!inside(&e, s.offset, s.size))
			return -EBADMSG;
		modinfo_from_strings((const char *)e.data + s.offset, (size_t)s.size, out);
		return 0;
	}
	return -ENOENT;
}

void modinfo_from_strings(const char *strings, size_t size, struct modinfo *out)
{
	*out = (struct modinfo){.at = strings, .left = size};
}

bool modinfo_next(struct modinfo *m, struct modinfo_entry *out)
{
	while (m->left > 0) {
		const char *text = m->at, *end = memchr(text, '\0', m->left), *equals;
		size_t len;

		if (!end)
			return false;
		len = (size_t)(end - text);
		m->at += len + 1;
		m->left -= len + 1;
		equals = memchr(text, '=', len);
		if (!equals)
			continue;
		*out = (struct modinfo_entry){.key = text, .key_len = (size_t)(equals - text), .value = equals + 1};
		return true;
	}
	return false;
}

const char *modinfo_get(const struct modinfo *m, const char *key)
{
	struct modinfo rest = *m;
	struct modinfo_entry entry;

	while (modinfo_next(&rest, &entry)) {
		if (entry.key_len == strlen(key) && memcmp(entry.key, key, entry.key_len) == 0)
			return entry.value;
	}
	return NULL;
}
