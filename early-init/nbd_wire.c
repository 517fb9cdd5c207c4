/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd_wire.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x4e42444d41474943)   /* "NBDMAGIC" */
#define OPTION UINT64_C(0x49484156454f5054)  /* "IHAVEOPT" */
#define OLD_STYLE UINT64_C(0x00420281861253) /* before 2010 */
#define REPLY UINT64_C(0x0003e889045565a9)
#define FIXED_NEWSTYLE 1u
#define NO_ZEROES 2u
#define OPT_GO 7u
#define INFO_EXPORT 0u
#define INFO_BLOCK_SIZE 3u
#define REP_ACK 1u
#define REP_INFO 3u
#define REP_ERROR 0x80000000u
#define NAME_MAX_BYTES 4096
#define REPLY_MAX 8192
/* Replies before the last one: one for each kind of information, and what a server adds. */
#define REPLIES_MAX 64

struct option_head {
	uint64_t magic;
	uint32_t option, length;
} __attribute__((packed));
struct reply_head {
	uint64_t magic;
	uint32_t option, type, length;
} __attribute__((packed));

static errint read_all(int fd, void *out, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, (char *)out + done, size - done);
		if (n <= 0)
			return n == 0 ? -ECONNRESET : errno == EAGAIN ? -ETIMEDOUT : -errno;
		done += (size_t)n;
	}
	return 0;
}

static errint write_all(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	/* A few hundred bytes into an empty socket: all or nothing. */
	return n == (ssize_t)size ? 0 : n < 0 && errno != EAGAIN ? -errno : -ETIMEDOUT;
}

static errint greet(int fd, char *why, size_t size)
{
	struct {
		uint64_t magic, option;
		uint16_t flags;
	} __attribute__((packed)) hello;
	uint32_t answer;
	errint r = read_all(fd, &hello, sizeof(hello));

	if (r < 0)
		return r;
	if (be64toh(hello.magic) != MAGIC) {
		snprintf(why, size, "what listens there is no NBD server");
		return -EPROTO;
	}
	if (be64toh(hello.option) != OPTION || !(be16toh(hello.flags) & FIXED_NEWSTYLE)) {
		snprintf(why, size, "the server speaks %s of NBD, which is not known here",
			 be64toh(hello.option) == OLD_STYLE ? "the old style" : "an old version");
		return -EPROTO;
	}
	answer = htobe32(be16toh(hello.flags) & (FIXED_NEWSTYLE | NO_ZEROES));
	return write_all(fd, &answer, sizeof(answer));
}

static errint ask_for(int fd, const char *name)
{
	unsigned char message[sizeof(struct option_head) + 4 + NAME_MAX_BYTES + 4];
	uint32_t length = (uint32_t)strlen(name), be = htobe32(length);
	uint16_t wants[2] = {htobe16(1), htobe16(INFO_BLOCK_SIZE)};
	struct option_head head = {htobe64(OPTION), htobe32(OPT_GO), htobe32(length + 8)};
	size_t at = 0;

	if (length > NAME_MAX_BYTES)
		return -ENAMETOOLONG;
	memcpy(message, &head, sizeof(head));
	at += sizeof(head);
	memcpy(message + at, &be, 4);
	at += 4;
	memcpy(message + at, name, length);
	at += length;
	memcpy(message + at, wants, sizeof(wants));
	return write_all(fd, message, at + sizeof(wants));
}

static void take_info(const unsigned char *data, size_t len, struct nbd_export *out)
{
	uint16_t kind, flags;
	uint32_t block;

	if (len < 2)
		return;
	memcpy(&kind, data, 2);
	if (be16toh(kind) == INFO_EXPORT && len >= 12) {
		memcpy(&out->size, data + 2, 8);
		out->size = be64toh(out->size);
		memcpy(&flags, data + 10, 2);
		out->flags = be16toh(flags);
	}
	if (be16toh(kind) == INFO_BLOCK_SIZE && len >= 14) {
		memcpy(&block, data + 6, 4);
		out->block = be32toh(block);
	}
}

/* The server's refusal in words. */
static errint refused(unsigned type, const char *name, const unsigned char *data, size_t len, char *why, size_t size)
{
	static const struct {
		unsigned type;
		errint error;
		const char *words;
	} known[] = {{REP_ERROR | 1, -EPROTO, "the server is too old: it has no NBD_OPT_GO"},
		     {REP_ERROR | 2, -EACCES, "the server's policy forbids this export to this machine"},
		     {REP_ERROR | 5, -EACCES, "the server wants TLS, which is not supported here"},
		     {REP_ERROR | 6, -ENOENT, "the server has no such export"},
		     {REP_ERROR | 7, -EAGAIN, "the server is being shut down"},
		     {REP_ERROR | 8, -EPROTO, "the server insists on a block size"}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].type != type)
			continue;
		snprintf(why, size, "%s (\"%s\")%s%.*s", known[i].words, name, len ? ": " : "",
			 (int)(len > 120 ? 120 : len), (const char *)data);
		return known[i].error;
	}
	snprintf(why, size, "the server refuses the export \"%s\" (reply %#x)", name, type);
	return -EPROTO;
}

errint nbd_negotiate(int fd, const char *name, struct nbd_export *out, char *why, size_t size)
{
	unsigned char data[REPLY_MAX];
	struct reply_head head;
	errint r = greet(fd, why, size);

	*out = (struct nbd_export){0};
	if (r == 0)
		r = ask_for(fd, name);
	for (unsigned i = 0; r == 0 && i < REPLIES_MAX; i++) {
		uint32_t len;
		r = read_all(fd, &head, sizeof(head));
		len = be32toh(head.length);
		if (r == 0 && (be64toh(head.magic) != REPLY || len > sizeof(data)))
			r = -EPROTO;
		if (r == 0)
			r = read_all(fd, data, len);
		if (r < 0)
			break;
		if (be32toh(head.type) == REP_ACK)
			return out->size ? 0 : -ENODATA;
		if (be32toh(head.type) == REP_INFO)
			take_info(data, len, out);
		else if (be32toh(head.type) & REP_ERROR)
			return refused(be32toh(head.type), name, data, len, why, size);
	}
	return r < 0 ? r : -EPROTO;
}
