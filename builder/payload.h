/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is not a module: the base tree, early-init, busybox, and the programs
 * and files that features name, with everything that they need to run. All host files are
 * looked up below the sysroot, never on the host itself when there is one.
 */
#ifndef ROOTWARD_PAYLOAD_H
#define ROOTWARD_PAYLOAD_H

#include "elf_needed.h"
#include "manifest.h"

struct payload {
	struct manifest *manifest; /* borrowed */
	const char *sysroot;	   /* "" for / ; borrowed */
	struct ld_paths ld;	   /* ld.so.cache and ld.so.conf of the sysroot, read once */
};

struct err *payload_open(struct manifest *m, const char *sysroot, struct payload *out) MUST_CHECK NONNULL(1, 2, 3);
void payload_close(struct payload *p);

/* Who wants it, and why: manifest.h. BECAUSE is an image path or NULL. */
struct payload_cause {
	const char *owner, *reason, *because;
};

/*
 * Directories, the usr-merge symlinks, device nodes, /etc/passwd and group,
 * early-init as /init with its other names (modprobe, insmod, rmmod, lsmod, modinfo).
 * early-init is $ROOTWARD_EARLY_INIT, else early-init.bin beside the running
 * rootward, else that of the shipped data.
 */
struct err *payload_base(struct payload *p) MUST_CHECK NONNULL(1);

/* The program that asks for emergency-password; from beside early-init, else from the shipped data. */
struct err *payload_password(struct payload *p) MUST_CHECK NONNULL(1);

/* Host paths of the two (malloc), or NULL; of busybox the sysroot's comes first. */
char *payload_find_early_init(void) MUST_CHECK;
char *payload_find_busybox(const char *sysroot) MUST_CHECK NONNULL(1);

/* A static busybox of the sysroot, else of the host, with a symlink for each applet but kmod's five names. */
struct err *payload_busybox(struct payload *p) MUST_CHECK NONNULL(1);

/*
 * Program NAME (absolute, or a name looked up in the sysroot's usual
 * directories) with its symlinks, libraries, interpreters and recommended dlopen()ed libraries.
 */
struct err *payload_program(struct payload *p, const char *name, const struct payload_cause *cause)
    MUST_CHECK NONNULL(1, 2, 3);

/* A file or a whole directory of the sysroot at the same place in the image; ELF files get their libraries. */
struct err *payload_file(struct payload *p, const char *path, const struct payload_cause *cause)
    MUST_CHECK NONNULL(1, 2, 3);

#endif
