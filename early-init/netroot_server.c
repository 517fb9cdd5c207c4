/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the name of a server to a connection. All of it in a child, so it may block. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "netroot.h"
#include "plan/dns.h"
#include "textfile.h"

#define DNS_PORT 53
#define ASK_MS 1500
#define ROUNDS 3
#define IFACES_MAX 8

static socklen_t fill_address(const struct net_addr *a, unsigned port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, a->bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	memcpy(&v6->sin6_addr, a->bytes, 16);
	return sizeof(*v6);
}

/* IFINDEX: the interface that told of it, on which a link-local one is; 0 none. */
struct name_server {
	struct net_addr address;
	unsigned ifindex;
};

static bool connect_to(int fd, const struct name_server *server)
{
	struct sockaddr_storage to;
	socklen_t size = fill_address(&server->address, DNS_PORT, &to);

	if (net_addr_is_link_local(&server->address))
		((struct sockaddr_in6 *)&to)->sin6_scope_id = server->ifindex;
	return connect(fd, (struct sockaddr *)&to, size) == 0;
}

/*
 * One question to one name server: as dns_answer(), -ETIMEDOUT without an answer, -EHOSTUNREACH when this one cannot be
 * asked.
 */
static errint ask(const struct name_server *server, const char *name, unsigned type, struct net_addr *out, unsigned max)
{
	uint8_t question[DNS_MESSAGE_MAX], answer[DNS_MESSAGE_MAX];
	int CLEANUP(close_fd) fd =
	    socket(server->address.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint16_t id = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	errint n, r = -EAGAIN;

	/* A guessed answer must hit the number and the port, which the kernel chooses. */
	if (fd < 0 || getrandom(&id, sizeof(id), GRND_NONBLOCK) < 0)
		id = (uint16_t)clock_ns();
	n = dns_question(name, type, id, question);
	if (n < 0)
		return n;
	if (fd < 0 || !connect_to(fd, server) || send(fd, question, (size_t)n, 0) != n)
		return -EHOSTUNREACH;
	while (r == -EAGAIN && poll(&p, 1, ASK_MS) > 0) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		if (got < 0)
			return -errno;
		r = dns_answer(answer, (size_t)got, type, id, out, max);
	}
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

/* Name servers: of nameserver=, then of each interface. */
static unsigned name_servers(const struct boot *b, struct name_server *out, unsigned max)
{
	const struct netspec *spec = net_spec(b);
	const struct net_learned *l;
	unsigned count = 0;

	for (unsigned i = 0; spec && i < spec->dns_count && count < max; i++)
		out[count++] = (struct name_server){spec->dns[i], 0};
	for (unsigned k = 0; k < IFACES_MAX && (l = net_learned_at(b, k)); k++)
		for (unsigned i = 0; i < l->dns_count && count < max; i++)
			out[count++] = (struct name_server){l->dns[i], l->ifindex};
	return count;
}

/* Whether an address of TYPE can be reached from an interface that is up. */
static bool has_family(const struct boot *b, unsigned type)
{
	const struct net_learned *l;

	for (unsigned k = 0; k < IFACES_MAX && (l = net_learned_at(b, k)); k++)
		if (type == DNS_TYPE_A ? l->address.family == 4 : l->address6.family == 6 || l->address.family == 6)
			return true;
	return false;
}

/* Domains in which a name without a dot is looked for, blanks between; "" none. */
static const char *search_list(const struct boot *b, const char *name)
{
	const struct net_learned *l;

	for (unsigned k = 0; !strchr(name, '.') && k < IFACES_MAX && (l = net_learned_at(b, k)); k++)
		if (l->domain[0])
			return l->domain;
	return "";
}

static errint ask_servers(const struct boot *b, const char *full, struct net_addr *out, unsigned max)
{
	static const unsigned wanted[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	struct name_server servers[8];
	unsigned count = name_servers(b, servers, ARRAY_SIZE(servers));
	errint r = count ? -ETIMEDOUT : -ENETUNREACH;

	for (unsigned i = 0; i < ROUNDS * count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(wanted); k++) {
			/* The other family's is of no use, unless nothing is known of ours. */
			if (!has_family(b, wanted[k]) && has_family(b, wanted[!k]))
				continue;
			r = ask(&servers[i % count], full, wanted[k], out, max);
			if (r > 0 || r == -ENOENT || r == -EINVAL)
				return r;
		}
	return r == 0 ? -ENOENT : r;
}

/* NAME in each domain of the search list when it has no dot, then as it is. */
static errint ask_all(const struct boot *b, const char *name, struct net_addr *out, unsigned max)
{
	const char *domain = search_list(b, name);
	char full[520];
	errint r;

	do {
		size_t len = strcspn(domain, " ");

		snprintf(full, sizeof(full), "%s%s%.*s", name, len ? "." : "", (int)len, domain);
		r = ask_servers(b, full, out, max);
		if (!len)
			break;
		domain += len;
		domain += strspn(domain, " ");
	} while (r == -ENOENT || r == -EINVAL);
	return r;
}

errint netroot_resolve(struct boot *b, const struct netroot *n, struct net_addr *out, unsigned max, char *why,
		       size_t size)
{
	errint r;

	if (net_addr_parse(n->address, out) == 0)
		return 1;
	r = ask_all(b, n->address, out, max);
	if (r == -ENOENT || r == -EINVAL)
		snprintf(why, size, "the name servers know no address of %s", n->address);
	else if (r == -ENETUNREACH)
		snprintf(why, size, "%s is a name, and there is no name server to ask: say nameserver=, or an address",
			 n->address);
	else if (r < 0)
		snprintf(why, size, "the name servers do not answer what the address of %s is: %s", n->address,
			 strerror(-r));
	return r;
}

static errint connect_one(const struct net_addr *a, unsigned port, unsigned seconds)
{
	struct timeval limit = {.tv_sec = (time_t)seconds};
	struct sockaddr_storage to;
	socklen_t size = fill_address(a, port, &to);
	int one = 1, fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	errint r;

	if (fd < 0)
		return -errno;
	/* The send timeout bounds connect(2), too (socket(7)). */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0 &&
	    connect(fd, (struct sockaddr *)&to, size) == 0)
		return fd;
	r = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	close(fd);
	return r;
}

errint netroot_connect(struct boot *b, const struct netroot *n, unsigned port, unsigned seconds, char *why, size_t size)
{
	struct net_addr addresses[4];
	errint count = netroot_resolve(b, n, addresses, ARRAY_SIZE(addresses), why, size), r = -EHOSTUNREACH;

	if (count < 0)
		return count;
	for (errint i = 0; i < count; i++) {
		r = connect_one(&addresses[i], port, seconds);
		if (r >= 0)
			return r;
	}
	snprintf(why, size, "%s port %u: %s", n->address, port,
		 r == -ETIMEDOUT      ? "no answer"
		 : r == -ECONNREFUSED ? "nobody listens there"
				      : strerror(-r));
	return r;
}
