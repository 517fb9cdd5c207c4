/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets: a request and its answer, a dump, what the kernel reports by
 * itself. Requests are made in netlink_request.c, reports read in netlink_parse.c.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink_internal.h"

#define RECEIVE_SIZE 32768
/* Datagrams of one dump or one turn; a machine has not got so many interfaces. */
#define DATAGRAMS_MAX 512
#define EVENT_BUFFER (1 << 20)

static errint open_socket(uint32_t groups)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -errno;
}

errint netlink_open(struct netlink *nl)
{
	int size = EVENT_BUFFER, user_options = RTNLGRP_ND_USEROPT;

	nl->seq = 0;
	nl->events =
	    open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_IFINFO);
	if (nl->events < 0)
		return nl->events;
	/* Both only make it better: a lost report means a dump, a router's name servers may be said by hand. */
	(void)setsockopt(nl->events, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(nl->events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &user_options, sizeof(user_options));
	nl->requests = open_socket(0);
	if (nl->requests < 0) {
		close(nl->events);
		return nl->requests;
	}
	return 0;
}

void netlink_close(struct netlink *nl)
{
	close(nl->events);
	close(nl->requests);
}

/* One datagram of the kernel: its length, 0 of somebody else or cut off, -errno. */
static ssize_t receive(int fd, void *buf)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {buf, RECEIVE_SIZE};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	return from.nl_pid != 0 || m.msg_flags & MSG_TRUNC ? 0 : n;
}

errint netlink_receive(struct netlink *nl, nl_event_fn *fn, void *arg)
{
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	bool lost = false;

	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->events, buf);

		if (n == -ENOBUFS)
			lost = true;
		else if (n < 0)
			break;
		else
			nl_parse_all(buf, (size_t)n, fn, arg);
	}
	return lost ? -ENOBUFS : 0;
}

/* The kernel has handled a request, and queued its answer, when sendto() returns. */
errint nl_call(struct netlink *nl, struct nl_request *r)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];

	r->h.nlmsg_flags |= NLM_F_ACK;
	r->h.nlmsg_seq = ++nl->seq;
	if (sendto(nl->requests, r, r->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->requests, buf);
		const struct nlmsghdr *h;
		size_t at = 0;

		if (n < 0)
			return (errint)n;
		while ((h = nl_message(buf, (size_t)n, &at)))
			if (h->nlmsg_seq == nl->seq && h->nlmsg_type == NLMSG_ERROR &&
			    h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
				return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
	}
	return -EPROTO;
}

/* Parts of a dump are made while it is read. */
static errint dump(struct netlink *nl, unsigned short type, unsigned char family, nl_event_fn *fn, void *arg)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	struct nl_request r;
	unsigned char *header = nl_begin(&r, type, NLM_F_DUMP, sizeof(struct ifinfomsg));

	header[0] = family;
	r.h.nlmsg_seq = ++nl->seq;
	if (sendto(nl->requests, &r, r.h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = receive(nl->requests, buf);
		const struct nlmsghdr *h;
		size_t at = 0;

		if (n < 0)
			return (errint)n;
		nl_parse_all(buf, (size_t)n, fn, arg);
		while ((h = nl_message(buf, (size_t)n, &at)))
			if (h->nlmsg_seq == nl->seq && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR))
				return h->nlmsg_type == NLMSG_DONE ? 0 : -EIO;
	}
	return -EPROTO;
}

errint netlink_dump(struct netlink *nl, nl_event_fn *fn, void *arg)
{
	errint r = dump(nl, RTM_GETLINK, AF_UNSPEC, fn, arg);

	if (r == 0)
		r = dump(nl, RTM_GETADDR, AF_UNSPEC, fn, arg);
	/* A kernel without IPv6 answers with its IPv4 routes or not at all. */
	if (r == 0 && dump(nl, RTM_GETROUTE, AF_INET6, fn, arg) < 0)
		return 0;
	return r;
}
