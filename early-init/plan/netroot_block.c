/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots on a block device of the network: NBD, iSCSI, NVMe over TCP. */
#include <string.h>

#include "cmdline.h"
#include "netroot_internal.h"
#include "text.h"

#define PORT_MAX 65535

/* The digits of TEXT up to its end or ':' as a port; 0 when there are none. */
static errint port(const char *text, size_t len, unsigned *out)
{
	const char *rest;
	uint64_t n;

	if (len == 0)
		return 0;
	if (text_decimal(text, PORT_MAX, &n, &rest) < 0 || rest != text + len || n == 0)
		return -EINVAL;
	*out = (unsigned)n;
	return 0;
}

/* The field at *AT up to ':' or the end, *AT moved to the next one (or the end). */
static size_t field(const char **at, const char **start)
{
	size_t len = strcspn(*at, ":");

	*start = *at;
	*at += len;
	*at += **at == ':';
	return len;
}

/* ---- NBD ---- */

/* A number is a port, of whose export there is one only; anything else an export of the usual port. */
static errint nbd_export(const char *text, size_t len, struct netroot_spec *out)
{
	if (len && strspn(text, "0123456789") >= len)
		return port(text, len, &out->port);
	return netroot_copy(out->path, sizeof(out->path), text, len);
}

/* "port=N" among OPTIONS: an export of a name at another port than the usual. */
static errint port_option(struct netroot_spec *out)
{
	const char *at = strstr(out->options, "port=");

	if (!at || (at != out->options && at[-1] != ','))
		return 0;
	at += strlen("port=");
	return port(at, strcspn(at, ","), &out->port);
}

/* "SERVER:PORT|EXPORT[:FSTYPE[:FLAGS[:OPTIONS]]]" (dracut). */
errint netroot_parse_nbd(const char *text, struct netroot_spec *out)
{
	const char *at = text, *s;
	size_t len;
	errint r = netroot_server(&at, out);

	out->kind = NETROOT_NBD;
	if (r < 0 || *at != ':')
		return r < 0 ? r : -EINVAL;
	at++;
	len = field(&at, &s);
	r = nbd_export(s, len, out);
	if (r == 0 && (len = field(&at, &s)))
		r = netroot_copy(out->fstype, sizeof(out->fstype), s, len);
	if (r == 0 && (len = field(&at, &s)))
		r = netroot_copy(out->flags, sizeof(out->flags), s, len);
	if (r == 0)
		r = netroot_copy(out->options, sizeof(out->options), at, strlen(at));
	return r < 0 ? r : port_option(out);
}

/* "SERVER:PORT" or "SERVER,PORT|EXPORT[,DEVICE]" (Debian's nbd-client); the device is always the first free one. */
errint netroot_parse_nbdroot(const char *text, struct netroot_spec *out)
{
	const char *at = text;
	errint r = netroot_server(&at, out);

	out->kind = NETROOT_NBD;
	if (r < 0 || (*at != ':' && *at != ','))
		return r < 0 ? r : -EINVAL;
	at++;
	return nbd_export(at, strcspn(at, ","), out);
}

/* ---- iSCSI ---- */

/* Where the target's name begins: it holds colons itself (RFC 3720, 3.2.6). */
static const char *target_name(const char *text, const char *const *kinds, size_t count)
{
	for (const char *s = text; *s; s++) {
		if (s != text && s[-1] != ':')
			continue;
		for (size_t i = 0; i < count; i++)
			if (strncmp(s, kinds[i], strlen(kinds[i])) == 0)
				return s;
	}
	return NULL;
}

/* "USER:PASSWORD[:IN-USER:IN-PASSWORD]@" before the server. */
static errint credentials(const char *text, size_t len, struct netroot_iscsi *out)
{
	char *const fields[] = {out->user, out->password, out->in_user, out->in_password};
	const char *end = text + len;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t n = strcspn(text, ":@");
		errint r = netroot_copy(fields[i], sizeof(out->user), text, n);
		if (r < 0)
			return r;
		text += n;
		if (text >= end)
			return i == 1 || i == 3 ? 0 : -EINVAL;
		text++;
	}
	return -EINVAL;
}

/* Fields between server and target: protocol, port, [interface, network device,] LUN; each may be empty. */
static errint iscsi_fields(const char *at, const char *name, struct netroot_spec *out)
{
	const char *start[5];
	size_t len[5], n = 0;
	errint r;

	while (at < name) {
		if (n == ARRAY_SIZE(start))
			return -EINVAL;
		len[n] = field(&at, &start[n]);
		n++;
	}
	if (at != name || (n != 3 && n != 5))
		return -EINVAL;
	if (len[0] && !(len[0] == 1 && *start[0] == '6')) /* IPPROTO_TCP */
		return -EPROTONOSUPPORT;
	r = port(start[1], len[1], &out->port);
	return r < 0 ? r : netroot_copy(out->iscsi.lun, sizeof(out->iscsi.lun), start[n - 1], len[n - 1]);
}

errint netroot_parse_iscsi(const char *text, struct netroot_spec *out)
{
	static const char *const kinds[] = {"iqn.", "eui.", "naa."};
	const char *name = target_name(text, kinds, ARRAY_SIZE(kinds)), *sign, *at = text;
	errint r = 0;

	out->kind = NETROOT_ISCSI;
	if (!name)
		return -EINVAL;
	sign = memchr(text, '@', (size_t)(name - text));
	if (sign) {
		r = credentials(text, (size_t)(sign - text), &out->iscsi);
		at = sign + 1;
	}
	if (r == 0)
		r = netroot_server(&at, out);
	if (r == 0 && *at != ':')
		r = -EINVAL;
	if (r == 0)
		r = iscsi_fields(at + 1, name, out);
	return r < 0 ? r : netroot_copy(out->path, sizeof(out->path), name, strlen(name));
}

/* ---- NVMe over TCP ---- */

/* "SERVER[:PORT][:NQN]" */
errint netroot_parse_nvme(const char *text, struct netroot_spec *out)
{
	static const char *const kinds[] = {"nqn."};
	const char *name = target_name(text, kinds, 1), *at = text;
	size_t len;
	errint r = netroot_server(&at, out);

	out->kind = NETROOT_NVME;
	if (r < 0 || !out->server[0])
		return r < 0 ? r : -EINVAL;
	if (*at && *at++ != ':')
		return -EINVAL;
	/* A server that looks like a name of a subsystem is none. */
	if (name && name < at)
		return -EINVAL;
	len = name ? (size_t)(name - at) : strlen(at);
	if (name && len && at[--len] != ':')
		return -EINVAL;
	r = port(at, len, &out->port);
	return r < 0 || !name ? r : netroot_copy(out->path, sizeof(out->path), name, strlen(name));
}

/* "tcp,ADDRESS[,HOST-ADDRESS][,PORT]" (dracut). */
static errint discover(const char *value, struct netroot_spec *out)
{
	const char *at = netroot_after(value, "tcp,"), *last;
	size_t len = at ? strcspn(at, ",") : 0;
	errint r;

	if (!len)
		return at ? -EINVAL : -EPROTONOSUPPORT;
	out->kind = NETROOT_NVME;
	r = netroot_copy(out->server, sizeof(out->server), at, len);
	last = strrchr(at, ',');
	/* A host address is no number: it holds dots or colons. */
	if (r == 0 && last && last[1] && last[1 + strspn(last + 1, "0123456789")] == '\0')
		r = port(last + 1, strlen(last + 1), &out->port);
	return r;
}

/* ---- words ---- */

errint netroot_block_word(struct netroot_spec *out, const char *key, const char *value)
{
	const struct {
		const char *key;
		char *field;
		size_t size;
	} texts[] = {
	    {"rd.iscsi.initiator", out->iscsi.initiator, sizeof(out->iscsi.initiator)},
	    {"rd.iscsi.target.name", out->path, sizeof(out->path)},
	    {"rd.iscsi.target.ip", out->server, sizeof(out->server)},
	    {"rd.iscsi.target.group", out->iscsi.group, sizeof(out->iscsi.group)},
	    {"rd.iscsi.username", out->iscsi.user, sizeof(out->iscsi.user)},
	    {"rd.iscsi.password", out->iscsi.password, sizeof(out->iscsi.password)},
	    {"rd.iscsi.in.username", out->iscsi.in_user, sizeof(out->iscsi.in_user)},
	    {"rd.iscsi.in.password", out->iscsi.in_password, sizeof(out->iscsi.in_password)},
	    {"rd.nvmf.hostnqn", out->host_nqn, sizeof(out->host_nqn)},
	    {"rd.nvmf.hostid", out->host_id, sizeof(out->host_id)},
	};
	errint flag;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].key, key) != 0)
			continue;
		if (!value || !*value)
			return -EINVAL;
		if (strncmp(key, "rd.iscsi.target.", 16) == 0)
			out->kind = NETROOT_ISCSI;
		return netroot_copy(texts[i].field, texts[i].size, value, strlen(value));
	}
	if (strcmp(key, "rd.iscsi.target.port") == 0)
		return value ? port(value, strlen(value), &out->port) : -EINVAL;
	if (strcmp(key, "rd.nvmf.discover") == 0)
		return value ? discover(value, out) : -EINVAL;
	if (strcmp(key, "rd.iscsi.firmware") != 0 && strcmp(key, "rd.iscsi.ibft") != 0)
		return 0;
	flag = parse_bool(value);
	out->iscsi.firmware = flag == 1;
	return flag < 0 ? flag : 0;
}
