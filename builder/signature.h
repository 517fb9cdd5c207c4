/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature appended to a module: who made it and how, as far as a person
 * needs to find the key. The kernel alone decides whether it is good
 * (kernel/module_signature.c, scripts/sign-file.c for the format).
 */
#ifndef ROOTWARD_SIGNATURE_H
#define ROOTWARD_SIGNATURE_H

#include "util.h"

struct module_signature {
	bool present;
	size_t module_size; /* bytes before the signature; the whole size without one */
	const char *id;	    /* "PKCS#7"; NULL unknown */
	const char *hash;   /* "sha256"; NULL unknown */
	char *signer;	    /* the issuer's common name; NULL unknown. In the arena. */
	char *key;	    /* serial number or key id, "AA:BB:..". In the arena; NULL unknown */
};

/* What follows the module at the end of DATA. Damaged signatures are present, with unknown parts. */
void signature_read(const void *data, size_t size, struct arena *arena, struct module_signature *out) NONNULL(1, 3, 4);

#endif
