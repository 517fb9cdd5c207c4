/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of verify.h; nobody else includes it. */
#ifndef ROOTWARD_VERIFY_INTERNAL_H
#define ROOTWARD_VERIFY_INTERNAL_H

#include <pthread.h>

#include "verify.h"
#include "vmlinux.h"

/* What is known of one module. All strings point into text. */
struct module_facts {
	char *text;	     /* owned */
	const char *damage;  /* why its bytes could not be read; then nothing else is set */
	const char *machine; /* e_machine as a number */
	const char *vermagic;
	const char *license;		  /* NULL: it says none */
	const char *sig_key, *sig_signer; /* NULL where unknown */
	bool is_signed;
	bool has_versions; /* some import has a CRC */
	VEC(struct symbol_ref) imports;
	VEC(struct symbol_ref) exports;
	VEC(const char *) spaces; /* namespaces that it imports */
	VEC(const char *) params;
	VEC(const char *) firmware;
};

/* TEXT as verify_extract wrote it (taken). What does not parse is damage, never an error. */
void module_facts_parse(char *text, size_t size, struct module_facts *out) NONNULL(1, 3);
void module_facts_free(struct module_facts *f);

struct verified {
	const char *name;
	struct module_facts facts;
	struct verified **deps; /* modules of its closure that are here; in the arena */
	size_t dep_count;
	unsigned visit; /* of the search for cycles */
};

/* One module that exports a symbol; several may export the same one. */
struct exporter {
	const struct symbol_ref *symbol;
	struct verified *module;
	struct exporter *next;
};

struct module_options {
	const char *module, *options, *source;
};

struct verify {
	struct verify_setup setup;
	struct arena arena;   /* strings of findings; guarded by lock until verify_finish */
	pthread_mutex_t lock; /* of everything that grows while modules come in */
	VEC(struct verified *) modules;
	VEC(struct module_options) options;
	struct verify_report report;

	pthread_t reader; /* fills kernel and kernel_error */
	bool reading;
	struct vmlinux kernel;
	struct err *kernel_error;
	bool kernel_known; /* after verify_finish has joined the reader */

	struct strmap by_name;	 /* name -> struct verified * */
	struct strmap exporters; /* symbol -> struct exporter * */
};

/* A finding with formatted texts, in the arena. Not locked: for verify_finish only. */
void find_error(struct verify *v, const char *kind, const struct verified *m, const char *remedy, const char *cause,
		...) PRINTF_LIKE(5, 6) NONNULL(1, 2, 4, 5);
void find_warning(struct verify *v, const char *kind, const struct verified *m, const char *remedy, const char *cause,
		  ...) PRINTF_LIKE(5, 6) NONNULL(1, 2, 4, 5);

/* verify_symbols.c: closure, symbols and CRCs, cycles. by_name is filled. */
void verify_symbols(struct verify *v) NONNULL(1);
/* verify_rules.c: machine, vermagic, signature. */
void verify_rules(struct verify *v) NONNULL(1);
/* verify_extras.c: options, firmware. */
void verify_extras(struct verify *v) NONNULL(1);

/*
 * Why the kernel will take signed modules only ("Secure Boot is on"), or NULL:
 * by its config, and by what SYSROOT/sys says of the machine when that is the host.
 */
const char *signature_demand(const struct verify *v) NONNULL(1);

/* The same by the command line that SYSROOT configures for its next boots (kernel-install's, GRUB's), or NULL. */
const char *configured_signature_demand(struct verify *v) NONNULL(1);

/* CONFIG_NAME is "y"; false where there is no kernel or no config. */
bool config_is_set(const struct verify *v, const char *name) NONNULL(1, 2);

/* Release that remedies name; never NULL. */
const char *verify_release(const struct verify *v) NONNULL(1) __attribute__((returns_nonnull));

#endif
