/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root on a network block device. The kernel keeps the connection by itself; a
 * child stays only to make a new one when it breaks (nbd-client's -persist). It
 * holds no file, and its name begins with '@', by which systemd spares it until
 * the root is gone (https://systemd.io/ROOT_STORAGE_DAEMONS).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nbd_wire.h"
#include "netroot.h"
#include "plan/text.h"
#include "textfile.h"

#define PORT 10809
#define TRY_S 15
#define CONNECT_S 10
/* A request without an answer for so long breaks the connection; requests wait so long for the next one. */
#define REQUEST_S 30
#define DEAD_S 3600
#define AGAIN_S 2

static unsigned port_of(const struct netroot *n)
{
	return n->spec.port ? n->spec.port : PORT;
}

static errint open_export(struct boot *b, const struct netroot *n, struct nbd_export *e, char *why, size_t size)
{
	int fd = netroot_connect(b, n, port_of(n), CONNECT_S, why, size);
	errint r;

	if (fd < 0)
		return fd;
	r = nbd_negotiate(fd, n->spec.path, e, why, size);
	if (r == 0)
		return fd;
	close(fd);
	if (!why[0] && r == -ENODATA)
		snprintf(why, size, "the export \"%s\" of %s is empty", n->spec.path, n->address);
	else if (!why[0])
		snprintf(why, size, "%s port %u: the NBD negotiation ended early: %s", n->address, port_of(n),
			 strerror(-r));
	return r;
}

static _Noreturn void keep_connected(struct boot *b, const struct netroot *n, struct nbd_link *l, unsigned index)
{
	int null = open("/dev/null", O_RDWR);
	char why[JOB_TEXT_MAX];
	struct nbd_export e;

	setsid();
	for (int i = 0; null >= 0 && i <= 2; i++)
		dup2(null, i);
	b->argv[0][0] = '@';
	while (nbd_wait_dead(l, index) == 0) {
		int fd;
		while ((fd = open_export(b, n, &e, why, sizeof(why))) < 0)
			sleep(AGAIN_S);
		if (nbd_reattach(l, index, fd) < 0)
			sleep(AGAIN_S);
		close(fd);
	}
	_exit(0);
}

static unsigned timeout_of(const struct netroot *n)
{
	const char *at = strstr(n->spec.options, "timeout=");
	const char *rest;
	uint64_t seconds;

	return at && text_decimal(at + strlen("timeout="), 86400, &seconds, &rest) == 0 ? (unsigned)seconds : REQUEST_S;
}

static errint attach(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	struct nbd_link link;
	struct nbd_export e;
	errint r = nbd_link_open(&link);
	int fd;

	if (r < 0) {
		snprintf(why, size,
			 "the kernel has no NBD driver, and this image no module nbd: build it with --feature "
			 "network");
		return -ENODEV;
	}
	fd = open_export(b, n, &e, why, size);
	if (fd < 0)
		return fd;
	r = nbd_attach(&link, fd, &e, timeout_of(n), DEAD_S);
	if (r < 0) {
		snprintf(why, size, "the kernel does not take the connection as a block device: %s", strerror(-r));
		return r;
	}
	if (fork() == 0) {
		close(fd);
		keep_connected(b, n, &link, (unsigned)r);
	}
	snprintf(why, size, "nbd%d", r);
	return 0;
}

const struct netroot_type netroot_nbd = {
    .kind = NETROOT_NBD,
    .try_s = TRY_S,
    .attach = attach,
    .device = true,
    .passes = netroot_error_passes,
};
