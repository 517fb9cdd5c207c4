// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the kernel log. Record format: Documentation/ABI/testing/dev-kmsg. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "workers.h"

/* Records looked at after one failed load: other modules talk at the same time. */
#define RECORDS_MAX 4096
#define RECORD_BYTES 2048

errint kmsg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0) {
		errint r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

/* Text of a record: after its ';', to the end of the line. NULL when it is none. */
static char *record_text(char *record)
{
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/*
 * "DRIVER DEVICE: Direct firmware load for FILE failed with error -2": other drivers miss theirs at the same time. A
 * module that declares firmware is told by the file, one that declares none by its driver's name.
 */
static bool misses_firmware(const char *text, const struct kmsg_subject *subject)
{
	struct modinfo info = subject->info;
	struct modinfo_entry e;
	bool declares = false;

	if (!strstr(text, "Direct firmware load for ") && !strstr(text, "firmware: failed to load "))
		return false;
	while (modinfo_next(&info, &e)) {
		if (e.key_len != strlen("firmware") || memcmp(e.key, "firmware", e.key_len) != 0)
			continue;
		if (strstr(text, e.value))
			return true;
		declares = true;
	}
	return !declares && strncmp(text, subject->name, strlen(subject->name)) == 0;
}

/* Said about it, or about whatever is being loaded: signature and lockdown messages name no module. */
static bool concerns(const char *text, const struct kmsg_subject *subject)
{
	const char *name = subject->name;
	static const char *const nameless[] = {"Loading of ",	   "Lockdown: load:", "Lockdown: modprobe",
					       "Lockdown: insmod", "Invalid ELF",     "module: "};
	size_t len = strlen(name);

	if (strncmp(text, name, len) == 0 && text[len] == ':')
		return true;
	if (misses_firmware(text, subject))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++) {
		if (strncmp(text, nameless[i], strlen(nameless[i])) == 0)
			return true;
	}
	return false;
}

/* Text of the next record, in RECORD; NULL at the end of the log or after LEFT records. */
static char *next_text(int fd, char record[RECORD_BYTES], unsigned *left)
{
	for (; *left > 0; --*left) {
		ssize_t n = read(fd, record, RECORD_BYTES - 1);
		char *text;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* overwritten meanwhile: go on with the oldest there is */
		if (n <= 0)
			return NULL;
		record[n] = '\0';
		text = record_text(record);
		if (text)
			return text;
	}
	return NULL;
}

void kmsg_about(int fd, const struct kmsg_subject *subject, char *out, size_t size)
{
	char record[RECORD_BYTES];
	unsigned left = RECORDS_MAX;
	const char *text;
	size_t used = 0;

	out[0] = '\0';
	while (used + 2 < size && (text = next_text(fd, record, &left))) {
		int len;

		if (!concerns(text, subject))
			continue;
		len = snprintf(out + used, size - used, "%s%s", used ? "; " : "", text);
		if (len < 0 || (size_t)len >= size - used)
			return;
		used += (size_t)len;
	}
}

bool kmsg_find(int fd, const char *words, char *out, size_t size)
{
	char record[RECORD_BYTES];
	unsigned left = RECORDS_MAX;
	const char *text;

	while ((text = next_text(fd, record, &left))) {
		if (!strstr(text, words))
			continue;
		snprintf(out, size, "%s", text);
		return true;
	}
	return false;
}
