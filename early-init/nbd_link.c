/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NBD's generic netlink: linux/nbd-netlink.h, Documentation/userspace-api/netlink/intro.rst. */
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nbd_wire.h"

#define MESSAGE_MAX 8192
/* Netlink's own macros are of type int. */
#define ATTR_HEAD sizeof(struct nlattr)
#define ATTR_ALIGN(n) (((n) + 3) & ~(size_t)3)

struct message {
	_Alignas(8) unsigned char bytes[MESSAGE_MAX];
	size_t used;
};

static void begin(struct message *m, unsigned family, unsigned command, unsigned version)
{
	struct nlmsghdr *h = (struct nlmsghdr *)m->bytes;
	struct genlmsghdr *g = NLMSG_DATA(h);

	memset(m, 0, sizeof(*m));
	m->used = NLMSG_LENGTH(GENL_HDRLEN);
	h->nlmsg_type = (uint16_t)family;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	g->cmd = (uint8_t)command;
	g->version = (uint8_t)version;
}

/* The messages here are far smaller than MESSAGE_MAX. */
static size_t put(struct message *m, unsigned type, const void *data, size_t len)
{
	struct nlattr a = {(uint16_t)(ATTR_HEAD + len), (uint16_t)type};
	size_t at = m->used;

	memcpy(m->bytes + at, &a, sizeof(a));
	if (len)
		memcpy(m->bytes + at + ATTR_HEAD, data, len);
	m->used += ATTR_ALIGN(ATTR_HEAD + len);
	return at;
}

static void close_nest(struct message *m, size_t at)
{
	uint16_t len = (uint16_t)(m->used - at);

	memcpy(m->bytes + at, &len, sizeof(len));
}

/* Attribute TYPE among LEN bytes at DATA: its value and *SIZE, or NULL. */
static const unsigned char *find(const unsigned char *data, size_t len, unsigned type, size_t *size)
{
	struct nlattr a;

	for (size_t at = 0; at + ATTR_HEAD <= len; at += ATTR_ALIGN(a.nla_len)) {
		memcpy(&a, data + at, sizeof(a));
		if (a.nla_len < ATTR_HEAD || at + a.nla_len > len)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*size = a.nla_len - ATTR_HEAD;
			return data + at + ATTR_HEAD;
		}
	}
	return NULL;
}

static bool find_number(const unsigned char *data, size_t len, unsigned type, unsigned *out)
{
	size_t size = 0;
	const unsigned char *value = find(data, len, type, &size);
	uint16_t small;

	if (!value || (size != 2 && size != 4))
		return false;
	if (size == 2)
		memcpy(&small, value, 2);
	else
		memcpy(out, value, 4);
	if (size == 2)
		*out = small;
	return true;
}

/* Attributes of the generic netlink message in M's bytes, LEN of them. */
static const unsigned char *attributes(const struct message *m, size_t *len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)m->bytes;
	size_t head = NLMSG_LENGTH(GENL_HDRLEN);

	*len = h->nlmsg_len > head && h->nlmsg_len <= m->used ? h->nlmsg_len - head : 0;
	return m->bytes + head;
}

/* Send M and read until the kernel's verdict; what it answers before is in ANSWER. */
static errint talk(int fd, struct message *m, struct message *answer)
{
	struct message got;

	((struct nlmsghdr *)m->bytes)->nlmsg_len = (uint32_t)m->used;
	answer->used = 0;
	if (send(fd, m->bytes, m->used, 0) != (ssize_t)m->used)
		return -errno;
	for (;;) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)got.bytes;
		ssize_t n = recv(fd, got.bytes, sizeof(got.bytes), 0);
		if (n < 0)
			return -errno;
		got.used = (size_t)n;
		if (got.used < sizeof(*h))
			return -EBADMSG;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		*answer = got;
	}
}

void nbd_link_close(struct nbd_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* The number of NBD's only multicast group. */
static void find_group(struct nbd_link *l, const unsigned char *attrs, size_t len)
{
	size_t groups_len = 0, group_len = 0;
	const unsigned char *groups = find(attrs, len, CTRL_ATTR_MCAST_GROUPS, &groups_len);
	const unsigned char *group = groups ? find(groups, groups_len, 1, &group_len) : NULL;

	if (!group || !find_number(group, group_len, CTRL_ATTR_MCAST_GRP_ID, &l->group))
		l->group = 0;
}

errint nbd_link_open(struct nbd_link *out)
{
	struct sockaddr_nl here = {.nl_family = AF_NETLINK};
	struct timeval limit = {.tv_sec = 10};
	const unsigned char *attrs;
	struct message m, answer;
	size_t len;
	errint r;

	*out = (struct nbd_link){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)};
	if (out->fd < 0 || bind(out->fd, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    setsockopt(out->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	put(&m, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
	r = talk(out->fd, &m, &answer);
	attrs = attributes(&answer, &len);
	if (r == 0 && !find_number(attrs, len, CTRL_ATTR_FAMILY_ID, &out->family))
		r = -ENOENT;
	if (r == 0)
		find_group(out, attrs, len);
	if (r < 0)
		nbd_link_close(out);
	return r;
}

static void put_socket(struct message *m, int socket)
{
	size_t sockets = put(m, NBD_ATTR_SOCKETS | NLA_F_NESTED, NULL, 0);
	size_t item = put(m, NBD_SOCK_ITEM | NLA_F_NESTED, NULL, 0);

	put(m, NBD_SOCK_FD, &socket, sizeof(socket));
	close_nest(m, item);
	close_nest(m, sockets);
}

errint nbd_attach(struct nbd_link *l, int socket, const struct nbd_export *e, unsigned timeout_s, unsigned dead_s)
{
	uint64_t flags = e->flags, timeout = timeout_s, dead = dead_s;
	const unsigned char *attrs;
	struct message m, answer;
	unsigned index;
	size_t len;
	errint r;

	begin(&m, l->family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
	put(&m, NBD_ATTR_SIZE_BYTES, &e->size, 8);
	if (e->block >= 512 && e->block <= 4096 && (e->block & (e->block - 1)) == 0)
		put(&m, NBD_ATTR_BLOCK_SIZE_BYTES, &e->block, 8);
	put(&m, NBD_ATTR_SERVER_FLAGS, &flags, 8);
	if (timeout)
		put(&m, NBD_ATTR_TIMEOUT, &timeout, 8);
	put(&m, NBD_ATTR_DEAD_CONN_TIMEOUT, &dead, 8);
	put_socket(&m, socket);
	r = talk(l->fd, &m, &answer);
	if (r < 0)
		return r;
	attrs = attributes(&answer, &len);
	return find_number(attrs, len, NBD_ATTR_INDEX, &index) ? (errint)index : -EBADMSG;
}

errint nbd_reattach(struct nbd_link *l, unsigned index, int socket)
{
	struct message m, answer;

	begin(&m, l->family, NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
	put(&m, NBD_ATTR_INDEX, &index, sizeof(index));
	put_socket(&m, socket);
	return talk(l->fd, &m, &answer);
}

errint nbd_wait_dead(struct nbd_link *l, unsigned index)
{
	struct timeval no_limit = {0};
	struct message got;

	if (setsockopt(l->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &l->group, sizeof(l->group)) < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &no_limit, sizeof(no_limit)) < 0)
		return -errno;
	for (;;) {
		const struct genlmsghdr *g = (const struct genlmsghdr *)(got.bytes + NLMSG_HDRLEN);
		ssize_t n = recv(l->fd, got.bytes, sizeof(got.bytes), 0);
		unsigned which;
		size_t len;
		if (n < 0 && errno != EINTR && errno != ENOBUFS)
			return -errno;
		if (n < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) || g->cmd != NBD_CMD_LINK_DEAD)
			continue;
		got.used = (size_t)n;
		const unsigned char *attrs = attributes(&got, &len);
		if (find_number(attrs, len, NBD_ATTR_INDEX, &which) && which == index)
			return 0;
	}
}
