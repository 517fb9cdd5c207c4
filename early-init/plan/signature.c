/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature.h"

#include <string.h>

/* struct module_signature of the kernel: algo, hash, id_type, signer_len, key_id_len, 3 zero bytes, be32 sig_len. */
#define TRAILER_LEN 12
#define ID_PKCS7 2

/* ASN.1 tags met in a PKCS#7 SignedData (RFC 2315); all lengths definite (DER). */
enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_1 = 0xa1
};
/* Subject key id instead of issuer and serial: SignerInfo version 3 (RFC 5652). */
#define DER_KEY_ID 0x80

struct der {
	const unsigned char *p, *end;
};

/* Next element of *IN into TAG and BODY; false at the end or where it does not fit. */
static bool der_next(struct der *in, unsigned *tag, struct der *body)
{
	if (in->end - in->p < 2)
		return false;
	*tag = in->p[0];
	size_t len = in->p[1];
	const unsigned char *p = in->p + 2;
	if (len & 0x80) {
		size_t n = len & 0x7f;
		if (n == 0 || n > 4 || (size_t)(in->end - p) < n)
			return false;
		for (len = 0; n; n--)
			len = len << 8 | *p++;
	}
	if ((size_t)(in->end - p) < len)
		return false;
	*body = (struct der){p, p + len};
	in->p = p + len;
	return true;
}

/* The next element when it has TAG; *IN stays where it was otherwise. */
static bool der_take(struct der *in, unsigned want, struct der *body)
{
	struct der at = *in;
	unsigned tag;
	if (!der_next(&at, &tag, body) || tag != want)
		return false;
	*in = at;
	return true;
}

static struct signature_part part_of(struct der bytes)
{
	size_t len = (size_t)(bytes.end - bytes.p);

	return len ? (struct signature_part){bytes.p, len} : (struct signature_part){NULL, 0};
}

/* A number without the zero byte that keeps it positive. */
static struct signature_part number_of(struct der bytes)
{
	while (bytes.end - bytes.p > 1 && *bytes.p == 0)
		bytes.p++;
	return part_of(bytes);
}

static bool oid_is(struct der oid, const char *bytes, size_t n)
{
	return (size_t)(oid.end - oid.p) == n && memcmp(oid.p, bytes, n) == 0;
}

/* Common name (2.5.4.3) of an X.501 NAME: SEQUENCE OF SET OF SEQUENCE { OID, string }. */
static struct signature_part common_name(struct der name)
{
	struct der set, attribute, oid, text;
	unsigned tag;
	while (der_take(&name, DER_SET, &set))
		while (der_take(&set, DER_SEQUENCE, &attribute))
			if (der_take(&attribute, DER_OID, &oid) && oid_is(oid, "\x55\x04\x03", 3) &&
			    der_next(&attribute, &tag, &text))
				return part_of(text);
	return (struct signature_part){NULL, 0};
}

static const char *hash_name(struct der algorithm)
{
	static const struct {
		const char *oid;
		size_t len;
		const char *name;
	} hashes[] = {
	    {"\x2b\x0e\x03\x02\x1a", 5, "sha1"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, "sha256"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, "sha384"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, "sha512"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9, "sha224"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x08", 9, "sha3-256"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x09", 9, "sha3-384"},
	    {"\x60\x86\x48\x01\x65\x03\x04\x02\x0a", 9, "sha3-512"},
	};
	struct der oid;
	if (!der_take(&algorithm, DER_OID, &oid))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (oid_is(oid, hashes[i].oid, hashes[i].len))
			return hashes[i].name;
	return NULL;
}

/*
 * SignerInfo ::= SEQUENCE { version, issuerAndSerialNumber | [0] key id, digestAlgorithm, [0] attributes OPTIONAL,
 * encryption algorithm, OCTET STRING, ... }
 */
static void read_signer(struct der info, struct module_signature *out)
{
	struct der skip, id, name, serial, algorithm, encoded;
	if (!der_take(&info, DER_INTEGER, &skip))
		return;
	if (der_take(&info, DER_SEQUENCE, &id)) {
		if (!der_take(&id, DER_SEQUENCE, &name) || !der_take(&id, DER_INTEGER, &serial))
			return;
		out->signer = common_name(name);
		out->key = number_of(serial);
	} else if (der_take(&info, DER_KEY_ID, &id)) {
		out->key = part_of(id);
	}
	if (!der_take(&info, DER_SEQUENCE, &algorithm))
		return;
	out->hash = hash_name(algorithm);
	while (der_take(&info, DER_CONTEXT_0, &skip))
		continue;
	if (der_take(&info, DER_SEQUENCE, &algorithm) && der_take(&info, DER_OCTETS, &encoded))
		out->encoded = part_of(encoded);
}

/* ContentInfo ::= SEQUENCE { OID, [0] SignedData }; the first signer counts, as the kernel makes only one. */
static void read_pkcs7(struct der in, struct module_signature *out)
{
	struct der content, skip, signed_data, signers, info;
	if (!der_take(&in, DER_SEQUENCE, &content) || !der_take(&content, DER_OID, &skip) ||
	    !der_take(&content, DER_CONTEXT_0, &in) || !der_take(&in, DER_SEQUENCE, &signed_data))
		return;
	if (!der_take(&signed_data, DER_INTEGER, &skip) || !der_take(&signed_data, DER_SET, &skip) ||
	    !der_take(&signed_data, DER_SEQUENCE, &skip))
		return;
	while (der_take(&signed_data, DER_CONTEXT_0, &skip) || der_take(&signed_data, DER_CONTEXT_1, &skip))
		continue;
	if (der_take(&signed_data, DER_SET, &signers) && der_take(&signers, DER_SEQUENCE, &info))
		read_signer(info, out);
}

void signature_read(const void *data, size_t size, struct module_signature *out)
{
	const unsigned char *d = data;
	*out = (struct module_signature){.module_size = size};
	if (size < SIGNATURE_MARK_LEN + TRAILER_LEN ||
	    memcmp(d + size - SIGNATURE_MARK_LEN, SIGNATURE_MARK, SIGNATURE_MARK_LEN) != 0)
		return;
	out->present = true;
	const unsigned char *trailer = d + size - SIGNATURE_MARK_LEN - TRAILER_LEN;
	size_t len = get_be32(trailer + 8);
	size_t before = (size_t)(trailer - d);
	out->module_size = before;
	if (len > before)
		return;
	out->module_size = before - len;
	if (trailer[2] != ID_PKCS7)
		return;
	out->id = "PKCS#7";
	read_pkcs7((struct der){trailer - len, trailer}, out);
}

void signature_hex(const struct signature_part *part, char *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < part->len; i++) {
		*out++ = digits[part->at[i] >> 4];
		*out++ = digits[part->at[i] & 0xf];
		*out++ = ':';
	}
	out[part->len ? -1 : 0] = '\0';
}
