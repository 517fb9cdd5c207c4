/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Updates for processors, in the image's first segment, where the kernel looks
 * before it unpacks anything: kernel/x86/microcode/GenuineIntel.bin and
 * AuthenticAMD.bin, uncompressed, the files of the packages one after the other
 * (Documentation/arch/x86/microcode.rst).
 */
#ifndef ROOTWARD_MICROCODE_H
#define ROOTWARD_MICROCODE_H

#include "manifest.h"
#include "profile.h"

/* One make of processor; family and model as CPUID and the kernel's modalias have them. */
struct processor {
	unsigned vendor; /* of "cpu:type:x86,venVVVV": 0 Intel, 2 AMD */
	unsigned family, model;
};

/* From the modalias "cpu:type:x86,venVVVVfamFFFFmodMMMM:feature:...": false for what is none. */
bool processor_parse(const char *modalias, struct processor *out) MUST_CHECK NONNULL(1, 2);

/*
 * Updates of an Intel file (a sequence of them) that are for CPU (NULL: all)
 * appended to OUT. Errors name NAME: a header, size or checksum that is wrong.
 */
struct err *microcode_intel(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			    struct buf *out) MUST_CHECK NONNULL(1, 2, 5);
/* The same for a container file of AMD, which is taken whole when its equivalence table names CPU. */
struct err *microcode_amd(const char *name, const unsigned char *data, size_t size, const struct processor *cpu,
			  struct buf *out) MUST_CHECK NONNULL(1, 2, 5);

/* The I-th directory of updates, below a sysroot; NULL past the last. */
const char *microcode_directory(unsigned i);

/*
 * Add what SYSROOT's /lib/firmware has to M. PROFILE: take only what the
 * machine's processor needs; NULL: all. A damaged file is left out with a warning.
 */
struct err *microcode_add(struct manifest *m, const char *sysroot, const struct hw_profile *profile)
    MUST_CHECK NONNULL(1, 2);

#endif
