/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root on NVMe over TCP, without nvme-cli: one line of text to
 * /dev/nvme-fabrics makes a controller (drivers/nvme/host/fabrics.c), and the
 * discovery controller's log names the subsystems (NVMe over Fabrics 1.1, 5.3).
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "netroot.h"
#include "textfile.h"
#include "workers.h"

#define FABRICS "/dev/nvme-fabrics"
#define PORT 4420
#define DISCOVERY_PORT 8009
#define DISCOVERY_NQN "nqn.2014-08.org.nvmexpress.discovery"
#define TRY_S 30
#define CONNECT_S 5
#define ENTRIES_MAX 16
#define LOG_DISCOVERY 0x70
#define GET_LOG_PAGE 0x02
#define TRANSPORT_TCP 3
#define SUBSYSTEM_NVM 2

/* One entry of the discovery log, 1024 bytes; only what is read here has a name. */
struct discovered {
	uint8_t transport, family, kind, rest[29];
	char service[32];
	uint8_t reserved[192];
	char nqn[256], address[256];
	uint8_t specific[256];
};
struct discovery_log {
	uint64_t generation, count;
	uint8_t reserved[1008];
	struct discovered entries[ENTRIES_MAX];
};

#define UUID_NQN "nqn.2014-08.org.nvmexpress:uuid:"
#define UUID_LENGTH 36

/* For a NQN that says none: a UUID of its own (RFC 9562, version 8), the same at every boot. */
static void make_host_id(const char *nqn, char *out, size_t size)
{
	uint64_t half[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};

	/* FNV-1a, twice. */
	for (unsigned h = 0; h < 2; h++)
		for (const char *c = nqn; *c; c++)
			half[h] = (half[h] ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	snprintf(out, size, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(half[0] >> 32),
		 (unsigned)(half[0] >> 16 & 0xffff), (unsigned)(half[0] & 0xfff),
		 (unsigned)(half[1] >> 48 & 0x3fff) | 0x8000, (unsigned long long)(half[1] & UINT64_C(0xffffffffffff)));
}

/*
 * This machine's name, said or made of its UUID as nvme-cli does, with an ID: beside a name the kernel would take the
 * ID of its own host, and since 6.5 it refuses one ID with two names (drivers/nvme/host/fabrics.c, nvmf_host_add).
 */
static void host_words(const struct netroot *n, char *out, size_t size)
{
	char uuid[64], nqn[300] = "", id[64];
	const char *in_nqn;

	snprintf(id, sizeof(id), "%s", n->spec.host_id);
	if (text_read("/sys/class/dmi/id/product_uuid", uuid, sizeof(uuid)) <= 0)
		uuid[0] = '\0';
	if (n->spec.host_nqn[0])
		snprintf(nqn, sizeof(nqn), "%s", n->spec.host_nqn);
	else if (id[0] || uuid[0])
		snprintf(nqn, sizeof(nqn), UUID_NQN "%s", id[0] ? id : uuid);
	in_nqn = strstr(nqn, ":uuid:");
	if (!id[0] && in_nqn && strlen(in_nqn + strlen(":uuid:")) == UUID_LENGTH)
		snprintf(id, sizeof(id), "%s", in_nqn + strlen(":uuid:"));
	else if (!id[0] && nqn[0])
		make_host_id(nqn, id, sizeof(id));
	out[0] = '\0';
	if (nqn[0])
		snprintf(out, size, ",hostnqn=%s,hostid=%s", nqn, id);
}

/* A controller for NQN: its number ("nvme2"), or -errno. */
static errint make_controller(const struct netroot *n, const char *address, const char *service, const char *nqn)
{
	int CLEANUP(close_fd) fd = open(FABRICS, O_RDWR | O_CLOEXEC);
	char line[1200], host[400], answer[128] = "", *at;
	int len;

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	host_words(n, host, sizeof(host));
	len = snprintf(line, sizeof(line), "transport=tcp,traddr=%s,trsvcid=%s,nqn=%s%s", address, service, nqn, host);
	if (len < 0 || (size_t)len >= sizeof(line))
		return -ENAMETOOLONG;
	if (write(fd, line, (size_t)len) != len || read(fd, answer, sizeof(answer) - 1) <= 0)
		return -errno;
	at = strstr(answer, "instance=");
	return at ? (errint)strtoul(at + strlen("instance="), NULL, 10) : -EBADMSG;
}

static void remove_controller(int number)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/class/nvme/nvme%d/delete_controller", number);
	if (text_write(path, "1") < 0)
		log_debug("nvme%d stays", number);
}

static errint read_log(int number, struct discovery_log *out)
{
	struct nvme_admin_cmd command = {.opcode = GET_LOG_PAGE,
					 .addr = (uint64_t)(uintptr_t)out,
					 .data_len = sizeof(*out),
					 .cdw10 = LOG_DISCOVERY | (uint32_t)(sizeof(*out) / 4 - 1) << 16};
	char path[32];

	snprintf(path, sizeof(path), "/dev/nvme%d", number);
	int CLEANUP(close_fd) fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command) == 0 ? 0 : -EIO;
}

/* Fields of the log are padded with blanks. */
static void unpad(char *field, size_t size)
{
	size_t len = strnlen(field, size - 1);

	while (len && field[len - 1] == ' ')
		len--;
	field[len] = '\0';
}

/* Connect to every subsystem that the discovery controller names. */
static errint discover(const struct netroot *n, const char *address, const char *service, char *why, size_t size)
{
	static struct discovery_log found;
	errint number = make_controller(n, address, service, DISCOVERY_NQN), r, last = -ENOENT;
	unsigned good = 0;

	if (number < 0)
		return number;
	r = read_log(number, &found);
	remove_controller(number);
	if (r < 0)
		return r;
	for (uint64_t i = 0; i < le64toh(found.count) && i < ENTRIES_MAX; i++) {
		struct discovered *d = &found.entries[i];
		if (d->transport != TRANSPORT_TCP || d->kind != SUBSYSTEM_NVM)
			continue;
		unpad(d->service, sizeof(d->service));
		unpad(d->nqn, sizeof(d->nqn));
		unpad(d->address, sizeof(d->address));
		last = make_controller(n, d->address, d->service, d->nqn);
		good += last >= 0 || last == -EALREADY;
	}
	if (!good && last == -ENOENT)
		snprintf(why, size, "the discovery service of %s names no subsystem for this machine", n->address);
	return good ? 0 : last;
}

/*
 * Why the server refused: the kernel says EIO to the program for all of it, and
 * the rest to its log (nvmf_log_connect_error), which KMSG reads. -EACCES, or
 * -EIO for a connection that broke, as those to a server that starts do.
 */
static errint explain_refusal(const struct netroot *n, int kmsg, char *why, size_t size)
{
	char said[400] = "";
	const char *host;

	if (kmsg < 0 || !kmsg_find(kmsg, ": Connect ", said, sizeof(said))) {
		snprintf(why, size, "NVMe/TCP server %s breaks off; its log and the kernel's may tell why", n->address);
		return -EIO;
	}
	if (strstr(said, "Invalid Data Parameter, subsysnqn"))
		snprintf(why, size, "%s has no subsystem of this name: correct the NQN, or export it there",
			 n->address);
	else if ((host = strstr(said, "is not allowed, hostnqn: ")))
		snprintf(why, size,
			 "%s does not allow this machine: allow host %s there, or say rd.nvmf.hostnqn=", n->address,
			 host + strlen("is not allowed, hostnqn: "));
	else
		snprintf(why, size, "%s refuses: %s", n->address, said);
	return -EACCES;
}

/* R in words, and the error that it stands for. */
static errint explain(const struct netroot *n, unsigned port, errint r, int kmsg, char *why, size_t size)
{
	if (why[0])
		return r;
	if (r == -ENODEV)
		snprintf(why, size,
			 "the kernel has no NVMe/TCP driver, and this image no module nvme_tcp: build it with "
			 "--feature network");
	else if (r == -EIO)
		return explain_refusal(n, kmsg, why, size);
	else if (r == -EINVAL)
		snprintf(why, size,
			 "the kernel takes the NQN, the address, rd.nvmf.hostnqn= or rd.nvmf.hostid= for malformed; "
			 "its log says which");
	else
		snprintf(why, size, "NVMe/TCP server %s port %u: %s", n->address, port, strerror(-r));
	return r;
}

static errint attach(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	unsigned port = n->spec.port ? n->spec.port : n->spec.path[0] ? PORT : DISCOVERY_PORT;
	char address[NET_ADDR_TEXT], service[16];
	struct net_addr server;
	errint r = netroot_resolve(b, n, &server, 1, why, size);
	int CLEANUP(close_fd) kmsg = kmsg_mark();
	int fd;

	if (r < 0)
		return r;
	/* The driver's own connect has no short deadline, and its errors do not tell "away" from "refused". */
	fd = netroot_connect(b, n, port, CONNECT_S, why, size);
	if (fd < 0)
		return fd;
	close(fd);
	net_addr_text(&server, false, address);
	snprintf(service, sizeof(service), "%u", port);
	r = n->spec.path[0] ? make_controller(n, address, service, n->spec.path)
			    : discover(n, address, service, why, size);
	if (r >= 0 || r == -EALREADY)
		return 0;
	return explain(n, port, r, kmsg, why, size);
}

const struct netroot_type netroot_nvme = {
    .kind = NETROOT_NVME,
    .try_s = TRY_S,
    .attach = attach,
    .device = true,
    .passes = netroot_error_passes,
};
