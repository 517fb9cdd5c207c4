/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen and keys of whom is asked something. The font is loaded by the shell (emergency_shell.c). */
#include <fcntl.h>
#include <linux/kd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "boot.h"
#include "plan/keymap.h"
#include "textfile.h"

/* 0 or the first -errno; what one key misses does not keep the others back. */
static errint set_table(int tty, unsigned table, const unsigned char *keys)
{
	errint err = 0;

	for (unsigned key = 0; key < KEYMAP_KEYS; key++) {
		struct kbentry entry = {.kb_table = (unsigned char)table, .kb_index = (unsigned char)key};
		memcpy(&entry.kb_value, keys + key * sizeof(entry.kb_value), sizeof(entry.kb_value));
		if (ioctl(tty, KDSKBENT, &entry) < 0 && err == 0)
			err = -errno;
	}
	return err;
}

static errint set_all(int tty, const unsigned char *data)
{
	errint err = 0;

	for (unsigned table = 0; table < KEYMAP_TABLES; table++) {
		const unsigned char *keys = keymap_table(data, table);
		errint e = keys ? set_table(tty, table, keys) : 0;
		err = err ? err : e;
	}
	return err;
}

void console_load_keymap(void)
{
	char *CLEANUP(free_string) data = malloc(KEYMAP_SIZE_MAX + 1);
	errint size = data ? bytes_read(KEYMAP_PATH, data, KEYMAP_SIZE_MAX + 1) : -ENOMEM;
	int CLEANUP(close_fd) tty = -1;
	errint err;

	if (size == -ENOENT)
		return;
	if (size < 0 || !keymap_valid((const unsigned char *)data, (size_t)size)) {
		log_warn("keymap %s: %s: keys are those of the us keymap", KEYMAP_PATH,
			 size < 0 ? strerror(-size) : "not a keymap");
		return;
	}
	tty = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	/* A kernel without virtual terminals has no keymap either. */
	if (tty < 0)
		return;
	err = set_all(tty, (const unsigned char *)data);
	if (err < 0)
		log_warn("keymap %s: some keys are not set: %s", KEYMAP_PATH, strerror(-err));
}
