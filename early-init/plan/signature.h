/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature appended to a module: who made it and how, as far as a person
 * needs to find the key. The kernel alone decides whether it is good
 * (kernel/module_signature.c, scripts/sign-file.c for the format). Pure;
 * every access is bounded by the size given.
 */
#ifndef ROOTWARD_PLAN_SIGNATURE_H
#define ROOTWARD_PLAN_SIGNATURE_H

#include "base.h"

/* MODULE_SIG_STRING of include/linux/module_signature.h; the last bytes of a signed module. */
#define SIGNATURE_MARK "~Module signature appended~\n"
#define SIGNATURE_MARK_LEN (sizeof(SIGNATURE_MARK) - 1)

/* Inside the module's bytes; NULL where unknown. */
struct signature_part {
	const unsigned char *at;
	size_t len;
};

struct module_signature {
	bool present;
	size_t module_size;	       /* bytes before the signature; the whole size without one */
	const char *id;		       /* "PKCS#7"; NULL unknown */
	const char *hash;	       /* "sha256"; NULL unknown */
	struct signature_part signer;  /* the issuer's common name, as text */
	struct signature_part key;     /* serial number, or key id */
	struct signature_part encoded; /* the signature itself */
};

/* What follows the module at the end of DATA (borrowed). Damaged signatures are present, with unknown parts. */
void signature_read(const void *data, size_t size, struct module_signature *out) NONNULL(1, 3);

/* Room for the text of LEN bytes, with its NUL. */
#define SIGNATURE_HEX_SIZE(len) ((len) ? (len)*3 : 1)

/* PART as "AA:BB:CC" into OUT of SIGNATURE_HEX_SIZE(PART->len) bytes. */
void signature_hex(const struct signature_part *part, char *out) NONNULL(1, 2);

#endif
