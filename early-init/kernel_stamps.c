// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the kernel unpacked the image, by its own log: early-init was not there
 * yet. Record format: "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT",
 * Documentation/ABI/testing/dev-kmsg.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"

/* The log's ring holds fewer. */
#define RECORDS_MAX 8192
#define RECORD_BYTES 2048

static bool says(const char *text, const char *words)
{
	return strncmp(text, words, strlen(words)) == 0;
}

static void take_record(const char *record, struct kernel_stamps *out)
{
	const char *text = strchr(record, ';'), *time = strchr(record, ',');
	uint64_t ns;

	time = time ? strchr(time + 1, ',') : NULL;
	if (!text || !time)
		return;
	text++;
	ns = strtoull(time + 1, NULL, 10) * 1000;
	if (says(text, "Trying to unpack rootfs image"))
		out->unpack_start_ns = ns;
	else if (says(text, "Freeing initrd memory"))
		out->unpack_end_ns = ns;
	else if (says(text, "Run /init as init process"))
		out->run_init_ns = ns;
}

void kernel_stamps(int kmsg, struct kernel_stamps *out)
{
	char record[RECORD_BYTES];

	*out = (struct kernel_stamps){0};
	for (unsigned i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(kmsg, record, sizeof(record) - 1);

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* overwritten meanwhile: go on with the oldest there is */
		if (n <= 0)
			return;
		record[n] = '\0';
		take_record(record, out);
	}
}
