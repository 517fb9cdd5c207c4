// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's uevents: one netlink socket, open before coldplug so that nothing falls between the two. */
#include <linux/netlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uevents.h"

/* lib/kobject_uevent.c sends to this group; udev repeats to another. */
#define KERNEL_GROUP 1
/* Only used memory is charged: room for some ten thousand events. */
#define RECEIVE_BUFFER (64 << 20)
#define BATCH 16
/* Batches a turn of the loop: a device that floods us must not keep timers and children from their turn. */
#define BATCHES_A_TURN 256

/* What one recvmmsg call fills. */
struct batch {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_nl from[BATCH];
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control[BATCH];
	char text[BATCH][UEVENT_MAX];
};

static struct batch batch;

/* A message of the kernel: no port, its group, credentials of pid 0. */
static bool from_kernel(const struct batch *in, unsigned i)
{
	const struct msghdr *h = &in->msgs[i].msg_hdr;
	struct msghdr copy = *h; /* CMSG_FIRSTHDR wants it writable */
	const struct cmsghdr *c = CMSG_FIRSTHDR(&copy);
	struct ucred cred;

	if (in->from[i].nl_pid != 0 || in->from[i].nl_groups != KERNEL_GROUP)
		return false;
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
	    c->cmsg_len < CMSG_LEN(sizeof(cred)))
		return false;
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	return cred.pid == 0 && cred.uid == 0;
}

static void handle(struct boot *b, const char *text, size_t len)
{
	struct uevent u;

	if (uevent_parse(text, len, &u) < 0)
		return;
	if (u.modalias && u.action != UEVENT_REMOVE && u.action != UEVENT_UNBIND)
		device_seen(b, u.devpath, u.modalias);
	if (u.subsystem && strcmp(u.subsystem, "block") == 0)
		block_uevent(b, &u);
}

/* Up to BATCH messages without waiting: their number, or -errno. */
static errint receive(int fd)
{
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		batch.iov[i] = (struct iovec){.iov_base = batch.text[i], .iov_len = sizeof(batch.text[i])};
		batch.msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &batch.from[i],
		    .msg_namelen = sizeof(batch.from[i]),
		    .msg_iov = &batch.iov[i],
		    .msg_iovlen = 1,
		    .msg_control = &batch.control[i],
		    .msg_controllen = sizeof(batch.control[i]),
		};
	}
	n = recvmmsg(fd, batch.msgs, BATCH, MSG_DONTWAIT, NULL);
	return n < 0 ? -errno : n;
}

static void uevents_ready(struct boot *b, int fd, uint32_t events, void *arg)
{
	bool lost = false;
	errint n;

	(void)events;
	(void)arg;
	for (unsigned turn = 0; turn < BATCHES_A_TURN && (n = receive(fd)) != 0; turn++) {
		if (n == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0)
			break;
		for (errint i = 0; i < n; i++) {
			if (batch.msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
				lost = true;
			else if (from_kernel(&batch, (unsigned)i))
				handle(b, batch.text[i], batch.msgs[i].msg_len);
		}
	}
	if (lost) {
		log_warn("the kernel dropped uevents; looking at all devices again");
		if (coldplug(b) < 0)
			log_err("devices that appeared while uevents were dropped may be missing");
	}
}

errint uevents_open(struct boot *b)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	int size = RECEIVE_BUFFER, on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	errint r;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		log_debug("uevent buffer stays small: %s", strerror(errno)); /* then a rescan is likelier, no more */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		r = -errno;
	else
		r = loop_add_fd(b, fd, EPOLLIN, uevents_ready, NULL);
	if (r < 0)
		close(fd);
	return r;
}
