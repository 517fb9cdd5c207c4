/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int held_signals[] = {SIGINT, SIGTERM, SIGHUP};

static struct {
	volatile sig_atomic_t noted;
	int fd; /* while held */
	bool held;
	struct sigaction before[ARRAY_SIZE(held_signals)];
} state;

static void note(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	state.noted = sig;
	/* Its counter is full only when nobody reads it: then it is readable, too. */
	if (write(state.fd, &one, sizeof(one)) < 0)
		errno = saved;
}

struct err *interrupt_hold(void)
{
	const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};

	state.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state.fd < 0)
		return err_sys(errno, "eventfd for signals");
	state.held = true;
	for (size_t i = 0; i < ARRAY_SIZE(held_signals); i++) {
		(void)sigaction(held_signals[i], NULL, &state.before[i]);
		/* nohup's SIG_IGN stays. */
		if (state.before[i].sa_handler != SIG_IGN)
			(void)sigaction(held_signals[i], &action, NULL);
	}
	return NULL;
}

void interrupt_release(void)
{
	if (!state.held)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(held_signals); i++)
		(void)sigaction(held_signals[i], &state.before[i], NULL);
	state.held = false;
	close(state.fd);
}

int interrupt_signal(void)
{
	return state.noted;
}

int interrupt_fd(void)
{
	return state.held ? state.fd : -1;
}

struct err *interrupt_error(void)
{
	return state.noted ? err_new(EXIT_FAILED, "ended by a signal: %s", strsignal(state.noted)) : NULL;
}
