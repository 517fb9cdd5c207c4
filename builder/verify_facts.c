/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts of a module as text, so that a cache can keep them: a first line
 * with the version, then a line each, its first letter telling what:
 *
 *   E WHY            the bytes are damaged (and nothing more)
 *   M NUMBER         e_machine
 *   v VERMAGIC
 *   s KEY TAB SIGNER signed; each part may be empty
 *   l LICENSE        n NAMESPACE      imported
 *   p NAME           parameter       f NAME           firmware
 *   i CRC NAME       import          w CRC NAME       weak import
 *   x CRC NAME       export          g CRC NAME       export for GPL modules
 *
 * CRC: 8 hex digits, "-" where there is none. An export in a namespace: NAME:NAMESPACE.
 */
#include <string.h>

#include "verify_internal.h"

#define FACTS_HEADER "rootward-module-facts 3"

/* Bytes below ' ' would break the lines; no name of the kernel's has any. */
static void add_line(struct buf *out, const char *lead, const char *text)
{
	buf_puts(out, lead);
	size_t at = out->len;
	buf_puts(out, text);
	for (; at < out->len; at++)
		if ((unsigned char)out->data[at] < ' ')
			out->data[at] = '?';
	buf_add(out, "\n", 1);
}

static void add_symbol(struct buf *out, char what, const struct symbol_ref *ref)
{
	if (ref->has_crc)
		buf_printf(out, "%c %08x", what, ref->crc);
	else
		buf_printf(out, "%c -", what);
	if (!ref->space) {
		add_line(out, " ", ref->name);
		return;
	}
	AUTOFREE char *name = xasprintf("%s:%s", ref->name, ref->space);
	add_line(out, " ", name);
}

static void write_facts(const struct module_elf *m, struct buf *out)
{
	buf_printf(out, "M %u\n", m->machine);
	if (m->vermagic)
		add_line(out, "v ", m->vermagic);
	if (m->has_signature) {
		buf_printf(out, "s %s", m->sig_key ? m->sig_key : "");
		add_line(out, "\t", m->sig_signer ? m->sig_signer : "");
	}
	if (m->license)
		add_line(out, "l ", m->license);
	for (size_t i = 0; i < m->import_spaces.count; i++)
		add_line(out, "n ", m->import_spaces.items[i]);
	for (size_t i = 0; i < m->params.count; i++)
		add_line(out, "p ", m->params.items[i]);
	for (size_t i = 0; i < m->firmware.count; i++)
		add_line(out, "f ", m->firmware.items[i]);
	for (size_t i = 0; i < m->imports.count; i++)
		add_symbol(out, m->imports.items[i].weak ? 'w' : 'i', &m->imports.items[i]);
	for (size_t i = 0; i < m->exports.count; i++)
		add_symbol(out, m->exports.items[i].gpl_only ? 'g' : 'x', &m->exports.items[i]);
}

void verify_extract(const void *data, size_t size, struct buf *facts)
{
	struct module_elf m;
	struct err *e = module_elf_read(data, size, &m);
	buf_puts(facts, FACTS_HEADER "\n");
	if (e) {
		add_line(facts, "E ", err_message(e));
		err_free(e);
		return;
	}
	write_facts(&m, facts);
	module_elf_free(&m);
}

/* "CRC NAME"; false when it is something else. */
static bool parse_symbol(char *line, struct symbol_ref *out)
{
	char *end;
	*out = (struct symbol_ref){0};
	if (line[0] == '-' && line[1] == ' ') {
		out->name = line + 2;
		return true;
	}
	out->crc = (uint32_t)strtoul(line, &end, 16);
	out->has_crc = true;
	out->name = end + 1;
	return end == line + 8 && *end == ' ';
}

static void split_space(struct symbol_ref *ref)
{
	char *colon = strchr(ref->name, ':');
	if (!colon)
		return;
	*colon = '\0';
	ref->space = colon + 1;
}

static bool parse_line(char what, char *line, struct module_facts *out)
{
	struct symbol_ref ref;
	char *tab;
	switch (what) {
	case 'E':
		out->damage = line;
		return true;
	case 'M':
		out->machine = line;
		return true;
	case 'v':
		out->vermagic = line;
		return true;
	case 's':
		out->is_signed = true;
		tab = strchr(line, '\t');
		if (!tab)
			return false;
		*tab = '\0';
		out->sig_key = *line ? line : NULL;
		out->sig_signer = tab[1] ? tab + 1 : NULL;
		return true;
	case 'l':
		out->license = line;
		return true;
	case 'n':
		VEC_PUSH(&out->spaces, line);
		return true;
	case 'p':
		VEC_PUSH(&out->params, line);
		return true;
	case 'f':
		VEC_PUSH(&out->firmware, line);
		return true;
	case 'i':
	case 'w':
		if (!parse_symbol(line, &ref))
			return false;
		ref.weak = what == 'w';
		out->has_versions |= ref.has_crc;
		VEC_PUSH(&out->imports, ref);
		return true;
	case 'x':
	case 'g':
		if (!parse_symbol(line, &ref))
			return false;
		ref.gpl_only = what == 'g';
		split_space(&ref);
		VEC_PUSH(&out->exports, ref);
		return true;
	default:
		return false;
	}
}

void module_facts_parse(char *text, size_t size, struct module_facts *out)
{
	char *line = text, *end = text + size;
	bool good = size > sizeof(FACTS_HEADER) && memcmp(text, FACTS_HEADER "\n", sizeof(FACTS_HEADER)) == 0;
	*out = (struct module_facts){.text = text};
	for (line += good ? sizeof(FACTS_HEADER) : 0; good && line < end;) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		good = stop && stop - line >= 2 && line[1] == ' ';
		if (!good)
			break;
		*stop = '\0';
		good = parse_line(line[0], line + 2, out);
		line = stop + 1;
	}
	if (!good)
		out->damage = "its facts in the cache are damaged";
}

void module_facts_free(struct module_facts *f)
{
	VEC_FREE(&f->imports);
	VEC_FREE(&f->exports);
	VEC_FREE(&f->spaces);
	VEC_FREE(&f->params);
	VEC_FREE(&f->firmware);
	free(f->text);
}
