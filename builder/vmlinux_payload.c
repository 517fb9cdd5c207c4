/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmlinux_payload.h"

#include <elf.h>
#include <string.h>

/* More than any unpacked kernel image: distribution kernels have 50 to 130 MB. */
#define VMLINUX_MAX ((size_t)512 << 20)

/* The setup header of Documentation/arch/x86/boot.rst. */
enum {
	BOOT_SETUP_SECTS = 0x1f1,
	BOOT_MAGIC = 0x202,	     /* "HdrS" */
	BOOT_VERSION = 0x206,	     /* payload fields since 2.08 */
	BOOT_PAYLOAD_OFFSET = 0x248, /* from the end of the setup sectors */
	BOOT_PAYLOAD_LENGTH = 0x24c,
	BOOT_HEADER_END = 0x250,
	BOOT_SECTOR = 512
};

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_elf(const unsigned char *p, size_t size)
{
	return size >= SELFMAG && memcmp(p, ELFMAG, SELFMAG) == 0;
}

/* Where the compressed vmlinux of a bzImage lies. */
static struct err *find_payload(const unsigned char *d, size_t size, const unsigned char **payload, size_t *len)
{
	if (size < BOOT_HEADER_END || memcmp(d + BOOT_MAGIC, "HdrS", 4) != 0)
		return err_new(EXIT_VERIFY, "neither a bzImage nor an ELF file");
	if ((d[BOOT_VERSION] | d[BOOT_VERSION + 1] << 8) < 0x208)
		return err_new(EXIT_VERIFY, "boot protocol older than 2.08 does not tell where its payload is");
	uint64_t setup = d[BOOT_SETUP_SECTS] ? d[BOOT_SETUP_SECTS] : 4;
	uint64_t start = (setup + 1) * BOOT_SECTOR + le32(d + BOOT_PAYLOAD_OFFSET);
	uint64_t n = le32(d + BOOT_PAYLOAD_LENGTH);
	if (n < 8 || start > size || n > size - start)
		return err_new(EXIT_VERIFY, "truncated: its payload reaches past the end of the file");
	*payload = d + start;
	*len = (size_t)n;
	return NULL;
}

struct err *vmlinux_payload(const void *data, size_t size, struct vmlinux_payload *out)
{
	const unsigned char *p = data;
	size_t n = size;
	if (!is_elf(p, n) && (n < 8 || codec_detect(p, n) == CODEC_NONE)) {
		TRY(find_payload(data, size, &p, &n));
		/* The kernel's build adds the unpacked size, 4 bytes, to all but gzip, which ends in it anyway. */
		if (!is_elf(p, n) && codec_detect(p, n) != CODEC_GZIP)
			n -= 4;
	}
	*out = (struct vmlinux_payload){p, n, is_elf(p, n) ? CODEC_NONE : codec_detect(p, n)};
	if (out->codec == CODEC_NONE && !is_elf(p, n))
		return err_new(EXIT_VERIFY, "unknown compression (it begins %02x %02x %02x %02x)", p[0], p[1], p[2],
			       p[3]);
	return NULL;
}

struct err *vmlinux_unpack(const struct vmlinux_payload *p, const unsigned char **elf, size_t *elf_size,
			   unsigned char **owned)
{
	*owned = NULL;
	*elf = p->data;
	*elf_size = p->size;
	if (p->codec == CODEC_NONE)
		return NULL;
	TRY(err_wrap(decompress(p->codec, p->data, p->size, VMLINUX_MAX, owned, elf_size), "%s payload",
		     codec_name(p->codec)));
	*elf = *owned;
	return NULL;
}
