// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <syslog.h>
#include <unistd.h>

#include "boot.h"

/* A longer record is refused by the kernel (kernel/printk/printk.c, PRINTKRB_RECORD_MAX less its prefix). */
#define LINE_MAX_BYTES 900
/*
 * The kernel drops lines beyond ten in five seconds of one open file unless
 * printk.devkmsg=on; a new open file has a new allowance.
 */
#define LINES_A_FILE 8
/* syslog(2): set the console's level. */
#define KLOG_CONSOLE_LEVEL 8

static int log_fd = -1;
static bool log_is_kmsg;
static unsigned log_lines;
static bool log_quiet, log_debugging;

void log_open(void)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	bool kmsg = fd >= 0;

	if (fd < 0 && log_fd < 0)
		fd = open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (log_fd >= 0)
		close(log_fd);
	log_fd = fd;
	log_is_kmsg = kmsg;
	log_lines = 0;
}

void log_setup(bool quiet, bool debug)
{
	log_quiet = quiet;
	log_debugging = debug;
	if (debug && !quiet)
		klogctl(KLOG_CONSOLE_LEVEL, NULL, LOG_DEBUG + 1);
}

static void log_line(int level, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
static void log_line(int level, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int head, len;

	/* The console itself, when there is no kmsg, has no levels of its own. */
	if (log_fd >= 0 && !log_is_kmsg && log_quiet && level > LOG_WARNING)
		return;
	if (log_fd < 0 || ++log_lines > LINES_A_FILE)
		log_open();
	head = log_is_kmsg ? snprintf(line, sizeof(line), "<%d>rootward: ", level)
			   : snprintf(line, sizeof(line), "rootward: ");
	len = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, args);
	if (len < 0)
		return;
	len += head;
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (write(log_fd >= 0 ? log_fd : STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nowhere left to say it */
}

#define LOG_AT(level) \
	do { \
		va_list args; \
		va_start(args, fmt); \
		log_line((level), fmt, args); \
		va_end(args); \
	} while (0)

void log_err(const char *fmt, ...)
{
	LOG_AT(LOG_ERR);
}

void log_warn(const char *fmt, ...)
{
	LOG_AT(LOG_WARNING);
}

void log_info(const char *fmt, ...)
{
	LOG_AT(LOG_INFO);
}

void log_debug(const char *fmt, ...)
{
	if (log_debugging)
		LOG_AT(LOG_DEBUG);
}
