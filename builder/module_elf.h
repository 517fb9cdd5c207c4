/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module file says of itself: .modinfo, undefined symbols, __versions, exports, signature. */
#ifndef ROOTWARD_MODULE_ELF_H
#define ROOTWARD_MODULE_ELF_H

#include "util.h"

struct symbol_ref {
	const char *name;
	uint32_t crc;
	bool has_crc, weak;
	/* Of an export: */
	bool gpl_only;
	const char *space; /* namespace; NULL none */
};

/* Strings point into the bytes it was read from (or its arena); lives as long as both. */
struct module_elf {
	struct arena arena;
	uint16_t machine;	     /* e_machine */
	const char *name, *vermagic; /* .modinfo; NULL where absent */
	const char *license;
	VEC(const char *) import_spaces; /* namespaces whose symbols it may use */
	VEC(const char *) firmware;
	VEC(const char *) params;   /* names of parmtype: every parameter that the kernel can set has one */
	VEC(const char *) softdeps; /* as written */
	VEC(const char *) aliases;
	VEC(const char *) depends;
	VEC(struct symbol_ref)
	imports; /* undefined symbols with the CRC of __versions where there is one, and module_layout */
	VEC(struct symbol_ref) exports;		 /* __ksymtab* names with __kcrctab* values */
	bool has_signature;			 /* "~Module signature appended~" */
	const char *sig_id, *sig_hash, *sig_key; /* "PKCS#7", hash name, hex serial/key id; NULL unknown */
	const char *sig_signer;			 /* common name of the key's certificate issuer; NULL unknown */
};

/* DATA: the plain ELF module (uncompressed). Errors: not ELF, truncated section, not relocatable; OUT is then empty. */
struct err *module_elf_read(const void *data, size_t size, struct module_elf *out) MUST_CHECK NONNULL(1, 3);
void module_elf_free(struct module_elf *m);

/* All modinfo "key=value" pairs, in order. */
typedef void modinfo_fn(void *arg, const char *key, const char *value);
struct err *module_elf_modinfo(const void *data, size_t size, modinfo_fn *fn, void *arg) MUST_CHECK NONNULL(1, 3);

#endif
