/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv6: asked and answered in the loop, over the link's own address. busybox of most distributions has no client. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_internal.h"

/* Milliseconds between packets, at first and at most; a server that was asked and is silent is given up after some. */
#define PAUSE_MS 1000u
#define PAUSE_MAX_MS 4000u
#define REQUESTS_MAX 5
#define DATAGRAMS_A_TURN 16

static void send_message(struct net_iface *i)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = htons(DHCP6_SERVER_PORT),
				  .sin6_scope_id = i->known.ifindex,
				  /* All_DHCP_Relay_Agents_and_Servers */
				  .sin6_addr.s6_addr = {0xff, 2, [13] = 1, [15] = 2}};
	uint8_t message[DHCP6_MESSAGE_MAX];
	size_t len = dhcp6_build(&i->dhcp6.exchange, message);
	unsigned pause = PAUSE_MS << (i->runs < 2 ? i->runs : 2);

	/* The link's address is still being checked: try again soon, it was no packet. */
	if (sendto(i->dhcp6.fd, message, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		pause = PAUSE_MS / 4;
	else
		i->runs++;
	i->next_run_ns = clock_ns() + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS) * NS_PER_MS;
}

/* Begin with looking for a server. */
static void solicit(struct net_iface *i)
{
	i->dhcp6.exchange = (struct dhcp6_exchange){.mac = i->known.mac};
	if (getrandom(i->dhcp6.exchange.xid, sizeof(i->dhcp6.exchange.xid), GRND_NONBLOCK) < 0)
		memcpy(i->dhcp6.exchange.xid, i->known.mac.bytes + 3, sizeof(i->dhcp6.exchange.xid));
	i->dhcp6.requests = 0;
}

static void on_answer(struct boot *b, int fd, uint32_t events, void *arg)
{
	struct net_iface *i = arg;
	uint8_t data[2048];
	struct net_lease lease;

	(void)events;
	for (unsigned n = 0; n < DATAGRAMS_A_TURN; n++) {
		ssize_t len = recv(fd, data, sizeof(data), MSG_DONTWAIT);
		errint r;

		if (len < 0)
			break;
		r = dhcp6_read(&i->dhcp6.exchange, data, (size_t)len, &lease, i->heard, sizeof(i->heard));
		if (r == DHCP6_ADVERTISE) {
			send_message(i);
		} else if (r == DHCP6_REPLY) {
			net_dhcp6_stop(b, i);
			net_iface_lease6(b, i, &lease);
			break;
		}
	}
	net_step(b);
}

static errint open_socket(const struct net_iface *i)
{
	struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_port = htons(DHCP6_CLIENT_PORT)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	errint r;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, i->known.ifname, (socklen_t)strlen(i->known.ifname)) == 0 &&
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0)
		return fd;
	r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

void net_dhcp6_step(struct boot *b, struct net_iface *i)
{
	errint r;

	if (i->dhcp6.done || clock_ns() < i->next_run_ns)
		return;
	if (!i->dhcp6.open) {
		r = open_socket(i);
		if (r >= 0) {
			i->dhcp6.fd = r;
			r = loop_add_fd(b, i->dhcp6.fd, EPOLLIN, on_answer, i);
			if (r < 0)
				close(i->dhcp6.fd);
		}
		if (r < 0) {
			net_iface_fail(i, "DHCPv6 cannot be spoken: %s", strerror(-r));
			return;
		}
		i->dhcp6.open = true;
		solicit(i);
	}
	if (i->dhcp6.exchange.server_len && i->dhcp6.requests++ >= REQUESTS_MAX)
		solicit(i);
	send_message(i);
}

void net_dhcp6_stop(struct boot *b, struct net_iface *i)
{
	if (!i->dhcp6.open)
		return;
	loop_remove_fd(b, i->dhcp6.fd);
	close(i->dhcp6.fd);
	i->dhcp6.open = false;
}
