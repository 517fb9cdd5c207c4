/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image was built from, by content: written into it by the build, so
 * that `rootward list` and `rootward diff` can say what changed since.
 *
 * INPUTS_PATH in the image, text, one input a line, sorted:
 *   KIND TAB VALUE TAB NAME
 * after a first line "rootward-inputs 1". Nothing in it depends on where the sysroot lies, nor on times.
 *
 *   rootward   VERSION  version                  the program
 *   kernel     RELEASE  release
 *   shipped    HASH     conf.d/NAME              configuration that came with Rootward
 *   config     HASH     /etc/rootward/conf.d/x   the administrator's (--config/NAME with --config)
 *   modprobe.d HASH     /etc/modprobe.d/x        also modules-load.d
 *   system     HASH     /etc/fstab               files that are consulted; "-" when missing
 *   system     HASH     /etc/rootward/hooks/x    directories of which all is taken; "-" when empty or missing
 *   table      HASH     modules.dep              below lib/modules/KVER
 *   module     HASH     kernel/fs/ext4/ext4.ko   below lib/modules/KVER, as stored
 *   program    HASH     early-init, busybox      wherever they are found
 *   file       HASH     /usr/lib/firmware/x      firmware, programs, libraries, files: below the sysroot
 *   files      HASH     /etc/foo.d/x*            the names that a pattern or a directory of a feature brings
 *   firmware   PATH     qla/ql2200_fw.bin        where the name that modules give is found (a glob: HASH of that); "-"
 *
 * HASH is content_hash_text(). Readers skip kinds that they do not know.
 */
#ifndef ROOTWARD_INPUTS_H
#define ROOTWARD_INPUTS_H

#include "config.h"
#include "image.h"
#include "manifest.h"

#define INPUTS_PATH "/usr/lib/rootward/inputs"
/* The value of a file that is not there. */
#define INPUT_ABSENT "-"

struct input {
	const char *kind, *value, *name;
};

/* Zero it; strings live in its arena. */
struct inputs {
	struct arena arena;
	VEC(struct input) all;
};

/* What is looked at whatever an image holds: rootward, kernel, shipped, config, modprobe.d, system, table. */
struct inputs_place {
	const char *sysroot, *release, *moddir;
	const struct config *config;
	const char *config_dir; /* --config, or NULL */
};
void inputs_add_surroundings(struct inputs *in, const struct inputs_place *place) NONNULL(1, 2);

/* The host files that entries of M are made of, and what the features of PLACE's configuration bring. Those of modules
 * were hashed while they were packed. */
void inputs_add_contents(struct inputs *in, const struct inputs_place *place, const struct manifest *m)
    NONNULL(1, 2, 3);
/* Hash of file PATH as text in A, or INPUT_ABSENT. */
const char *inputs_file_value(struct arena *a, const char *path) NONNULL(1, 2);

/*
 * The same for what an image takes of directory DIR below SYSROOT: the files' names and bytes, or (WHOLE false) only
 * the names of programs. INPUT_ABSENT: nothing. alphasort(3) in the locale C.
 */
const char *inputs_directory_value(struct arena *a, const char *sysroot, const char *dir, bool whole) NONNULL(1, 2, 3);
/*
 * The names, and nothing else, that WORD, a path or a pattern of a feature, brings from below SYSROOT: all in a
 * directory, and what links in it lead to. NULL: it is one file, which is an input of its own.
 */
const char *inputs_files_value(struct arena *a, const char *sysroot, const char *word) NONNULL(1, 2, 3);
/* Firmware NAME (a glob is allowed) that modules of the image ask for. */
void inputs_add_firmware(struct inputs *in, const struct inputs_place *place, const char *name) NONNULL(1, 2, 3);
/* Its value today. */
const char *inputs_firmware_value(struct arena *a, const struct inputs_place *place, const char *name) NONNULL(1, 2, 3);
/* HASH of LEN bytes in A. */
const char *inputs_text_value(struct arena *a, const char *text, size_t len) NONNULL(1, 2);

/* Sorts IN. */
void inputs_write(struct inputs *in, struct buf *out) NONNULL(1, 2);
/* *FOUND false: the image has none (another tool's, or Rootward before it wrote them). */
struct err *inputs_read(const struct image *img, struct inputs *out, bool *found) MUST_CHECK NONNULL(1, 2, 3);
/* The value of the first input of KIND, or NULL. */
const char *inputs_value(const struct inputs *in, const char *kind) NONNULL(1, 2);
void inputs_free(struct inputs *in);

/* One thing that differs between then and now; strings live in the arena of inputs_changed(). */
struct input_change {
	const char *kind, *name;
	const char *before, *after; /* values; INPUT_ABSENT: not there */
};
struct input_changes {
	struct arena arena;
	VEC(struct input_change) all;
};

/*
 * What changed below SYSROOT since THEN was recorded. Zero OUT; freed with
 * input_changes_free(). A configuration that cannot be read is a change too: its message is the name.
 */
void inputs_changed(const struct inputs *then, const char *sysroot, struct input_changes *out) NONNULL(1, 2, 3);
/* "/etc/fstab changed", "module kernel/x.ko is gone", "rootward is 2.0, was 1.0" (malloc). */
char *input_change_text(const struct input_change *c) MUST_CHECK NONNULL(1);
void input_changes_free(struct input_changes *c);

#endif
