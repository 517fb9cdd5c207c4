/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware files for the modules of an image, looked for where and in the order in which the kernel looks
 * (drivers/base/firmware_loader/main.c): _request_firmware() goes through all directories of fw_path[] for NAME, then
 * through all of them for NAME.zst, then for NAME.xz. The directories: updates/KVER, updates, KVER, and /lib/firmware
 * itself. fw_path_para, a parameter of the running kernel, is of no image.
 */
#ifndef ROOTWARD_FIRMWARE_H
#define ROOTWARD_FIRMWARE_H

#include "kernel.h"
#include "manifest.h"

struct missing_firmware {
	const char *name;   /* as the module gives it, may hold wildcards */
	const char *module; /* first module that asks for it */
	bool present_here;  /* this machine (or the profile) has a device that this module drives */
};

struct firmware_report {
	struct arena arena;
	VEC(struct missing_firmware) missing;
	VEC(const char *) found; /* names as modules give them, each once */
	struct strmap found_names;
	unsigned files; /* put into the image */
	bool ranked;	/* present_here is known: there is a hardware profile */
};

/*
 * Firmware NAME (a glob is allowed) of module MODULE, whose entry in the image
 * is BECAUSE, into M. Stored as the target kernel reads it: .zst and .xz are
 * undone where K's config lacks FW_LOADER_COMPRESS_*. Not found: added to R, no error.
 */
struct err *firmware_add(struct manifest *m, const struct kernel *k, const char *name, const char *module,
			 const char *because, struct firmware_report *r) MUST_CHECK NONNULL(1, 2, 3, 4, 5, 6);
/* The I-th directory (malloc) of FIRMWARE_DIRS, below the sysroot; NULL past the last. */
#define FIRMWARE_DIRS 4
char *firmware_dir(unsigned i, const char *release) MUST_CHECK NONNULL(2);
/*
 * Whether the kernel finds NAME (a glob: something that matches) below SYSROOT. K (may be NULL, as may its
 * configuration be unknown) tells which compressed files it reads; all when unknown.
 */
bool firmware_is_installed(const char *sysroot, const char *release, const struct kernel *k, const char *name)
    MUST_CHECK NONNULL(1, 2, 4);
/*
 * Where it finds NAME, with all links followed (malloc): a path below SYSROOT, or for a glob a text of all the places
 * and what they lead to; NULL: nowhere. As if it read every compression, so that it depends on the files alone.
 */
char *firmware_places(const char *sysroot, const char *release, const char *name) MUST_CHECK NONNULL(1, 2, 3);
/* Into R: NAME was found; or nowhere, and MODULE asked for it. */
void firmware_note_found(struct firmware_report *r, const char *name) NONNULL(1, 2);
void firmware_note_missing(struct firmware_report *r, const char *name, const char *module) NONNULL(1, 2, 3);
/* What is missing: one line, or all of it when verbose; hardware present here first (sorts R). */
void firmware_print(struct firmware_report *r) NONNULL(1);
void firmware_free(struct firmware_report *r);

#endif
