/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root on iSCSI: open-iscsi's iscsistart logs in and ends; the kernel keeps the
 * session, and iscsid of the real root takes it over. The feature iscsi packs
 * the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netroot.h"
#include "textfile.h"

#define ISCSISTART "/usr/sbin/iscsistart"
#define INITIATOR_FILE "/etc/iscsi/initiatorname.iscsi"
#define PORT 3260
#define TRY_S 40
#define WORDS_MAX 24

/* RFC 3720, 3.2.6.3.1: unique by the address of the card. */
static void initiator_name(const struct boot *b, const struct netroot *n, char *out, size_t size)
{
	const struct net_learned *l = net_learned_at(b, 0);
	char text[2048], mac[NET_MAC_TEXT] = "00:00:00:00:00:00", *name, *to = mac;

	if (n->spec.iscsi.initiator[0]) {
		snprintf(out, size, "%s", n->spec.iscsi.initiator);
		return;
	}
	if (text_read(INITIATOR_FILE, text, sizeof(text)) > 0 && (name = strstr(text, "InitiatorName="))) {
		name += strlen("InitiatorName=");
		snprintf(out, size, "%.*s", (int)strcspn(name, " \t\n#"), name);
		return;
	}
	if (l)
		net_mac_text(&l->mac, mac);
	for (const char *s = mac; *s; s++)
		if (*s != ':')
			*to++ = *s;
	*to = '\0';
	snprintf(out, size, "iqn.2026-01.org.rootward:%s", mac);
}

struct words {
	const char *argv[WORDS_MAX];
	unsigned count;
};

/* OPTION and VALUE, when there is one. WORDS_MAX is enough for all that attach() has. */
static void add(struct words *w, const char *option, const char *value)
{
	if (!value[0] || w->count + 3 > WORDS_MAX)
		return;
	w->argv[w->count++] = option;
	w->argv[w->count++] = value;
	w->argv[w->count] = NULL;
}

/* iscsistart says "initiator reported error (24 - ...)": include/iscsi_err.h of open-iscsi. */
static errint meaning(const struct netroot *n, errint status, char *why, size_t size)
{
	static const struct {
		unsigned number;
		errint error;
		const char *words;
	} known[] = {
	    {4, -ECONNREFUSED, "the connection is refused or broken"},
	    {5, -EACCES, "the target refuses the login"},
	    {8, -ETIMEDOUT, "no answer"},
	    {15, -EEXIST, "the session is there already"},
	    {19, -ENOENT, "the server has no such target, or not for this initiator"},
	    {24, -EACCES, "the target refuses the CHAP user or password"},
	};
	char said[JOB_TEXT_MAX];
	const char *at;
	unsigned number;

	snprintf(said, sizeof(said), "%s", why);
	at = strstr(said, "reported error (");
	number = at ? (unsigned)strtoul(at + strlen("reported error ("), NULL, 10) : (unsigned)status;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].number != number)
			continue;
		snprintf(why, size, "iSCSI server %s: %s", n->address, known[i].words);
		return known[i].error == -EEXIST ? 0 : known[i].error;
	}
	snprintf(why, size, "iSCSI server %s: iscsistart: %.150s", n->address, said[0] ? said : "no word why");
	return -EIO;
}

static errint attach(struct boot *b, void *arg, char *why, size_t size)
{
	const struct netroot *n = arg;
	const struct netroot_iscsi *i = &n->spec.iscsi;
	struct net_addr server;
	struct words w = {.argv = {ISCSISTART}, .count = 1};
	char name[300], address[NET_ADDR_TEXT], port[16];
	errint r;

	if (access(ISCSISTART, X_OK) < 0) {
		snprintf(why, size, "this image has no iscsistart: build it with --feature iscsi");
		return -ENODEV;
	}
	if (i->firmware) {
		w.argv[w.count++] = "-b";
	} else {
		r = netroot_resolve(b, n, &server, 1, why, size);
		if (r < 0)
			return r;
		initiator_name(b, n, name, sizeof(name));
		snprintf(port, sizeof(port), "%u", n->spec.port ? n->spec.port : PORT);
		add(&w, "-i", name);
		add(&w, "-t", n->spec.path);
		add(&w, "-g", i->group[0] ? i->group : "1");
		add(&w, "-a", net_addr_text(&server, false, address));
		add(&w, "-p", port);
		add(&w, "-u", i->user);
		add(&w, "-w", i->password);
		add(&w, "-U", i->in_user);
		add(&w, "-W", i->in_password);
	}
	r = job_run_program((char *const *)(uintptr_t)w.argv, "reported error (", why, size);
	if (r > 0)
		r = meaning(n, r, why, size);
	if (r == 0)
		why[0] = '\0'; /* the disks are the ones that come now */
	return r;
}

const struct netroot_type netroot_iscsi = {
    .kind = NETROOT_ISCSI,
    .try_s = TRY_S,
    .attach = attach,
    .device = true,
    .passes = netroot_error_passes,
};
