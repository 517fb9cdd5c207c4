/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "password.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TRIES 3
#define TYPED_MAX 512 /* CRYPT_MAX_PASSPHRASE_SIZE */

bool password_matches(const char *typed, const char *hash)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *got = data ? crypt_r(typed, hash, data) : NULL;
	unsigned char differ = 1;

	/* A "failure token" starts with '*' and never equals a usable hash. */
	if (got && got[0] != '*' && strlen(got) == strlen(hash)) {
		differ = 0;
		for (size_t i = 0; hash[i]; i++)
			differ |= (unsigned char)(got[i] ^ hash[i]);
	}
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return !differ;
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return; /* the read that follows tells */
}

/* One line without its end, NUL-terminated; what does not fit is read and dropped. Length or -errno. */
static errint read_line(int fd, char *out, size_t size)
{
	size_t len = 0;
	char c;

	for (;;) {
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		if (c == '\n' || c == '\r')
			break;
		if (len + 1 < size)
			out[len++] = c;
	}
	out[len] = '\0';
	return (errint)len;
}

static errint ask_silently(int fd, const char *hash)
{
	char typed[TYPED_MAX];
	errint err = -EACCES;

	for (unsigned i = 1; i <= TRIES && err == -EACCES; i++) {
		errint n;
		say(fd, "Password for the emergency shell: ");
		n = read_line(fd, typed, sizeof(typed));
		say(fd, "\r\n");
		if (n < 0)
			err = n;
		else if (password_matches(typed, hash))
			err = 0;
		else
			sleep(2 * i);
	}
	explicit_bzero(typed, sizeof(typed));
	return err;
}

errint password_ask(int fd, const char *hash)
{
	struct termios before, silent;
	bool is_tty = tcgetattr(fd, &before) == 0;
	errint err;

	if (is_tty) {
		silent = before;
		/* No key ends the program that asks: that would not be a wrong answer. */
		silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		silent.c_lflag |= ICANON;
		if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
			return -errno;
	}
	err = ask_silently(fd, hash);
	if (is_tty && tcsetattr(fd, TCSAFLUSH, &before) < 0 && err == 0)
		err = -errno;
	return err;
}
