/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel exports to modules, with CRCs, read from the kernel image
 * itself: unpacked, its __ksymtab*, __kcrctab* and __ksymtab_strings hold what
 * the vmlinux lines of Module.symvers say. Boot protocol of the image:
 * Documentation/arch/x86/boot.rst (payload_offset, payload_length).
 */
#ifndef ROOTWARD_VMLINUX_H
#define ROOTWARD_VMLINUX_H

#include "cache.h"
#include "module_elf.h"
#include "util.h"

struct vmlinux {
	struct arena arena;
	VEC(struct symbol_ref) exports; /* never weak */
	struct strmap by_name;		/* name -> struct symbol_ref * in exports */
	const char *vermagic;		/* the kernel's own, or NULL where it was not found */
	uint16_t machine;		/* e_machine; 0 unknown (Module.symvers does not say) */
	const char *source;		/* file it was read from */
	struct buf cached;		/* what the cache was given: it reads it when it is committed */
};

/* Exports of the image DATA: bzImage, a compressed or plain vmlinux. RELEASE (may be NULL) finds the vermagic. */
struct err *vmlinux_parse(const void *data, size_t size, const char *release, struct vmlinux *out)
    MUST_CHECK NONNULL(1, 4);

/* The vmlinux lines of Module.symvers: CRC TAB NAME TAB FILE TAB TYPE [TAB NAMESPACE]. TEXT is copied from. */
struct err *symvers_parse(const char *text, size_t size, struct vmlinux *out) MUST_CHECK NONNULL(1, 3);

/*
 * Kernel RELEASE of SYSROOT ("" is the host) with its modules in MODDIR: from
 * the first of boot/vmlinuz-RELEASE, MODDIR/vmlinuz, boot/vmlinux-RELEASE, then
 * from boot/symvers-RELEASE.*, MODDIR/symvers.*, MODDIR/build/Module.symvers.
 * CACHE (may be NULL; OUT must live until its commit) keeps what an image exports by the image's content.
 * The error, when there is none of them or none can be read, names the places and reasons.
 */
struct err *vmlinux_find(const char *sysroot, const char *moddir, const char *release, struct cache *cache,
			 struct vmlinux *out) MUST_CHECK NONNULL(1, 2, 3, 5);
void vmlinux_free(struct vmlinux *v);

#endif
