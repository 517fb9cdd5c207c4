/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCPv4: busybox's client as a child, run again with longer pauses until the
 * deadline. Its script is early-init under another name (udhcpc_script.c),
 * which leaves what it learned in a file; the client's end says that it is there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_internal.h"
#include "setup.h"
#include "textfile.h"
#include "udhcpc_script.h"

#define BUSYBOX "/usr/bin/busybox"
/*
 * Packets of each of the two exchanges of a run, and seconds between them: 1, 2, 3, 3, ... A run that fails begins with
 * the first exchange again, so a link that loses half of all packets (one exchange of four succeeds) wants many packets
 * a run, and short pauses so that several runs fit before the deadline.
 */
#define PACKETS "8"
#define PAUSE_MAX 3
/* A client that ends at once (a card that is not set up yet) is not started again in a busy loop. */
#define PAUSE_RUNS_MS 200

static void lease_path(const struct net_iface *i, char *out, size_t size)
{
	snprintf(out, size, NET_RUN_DIR "/dhcp.%s", i->known.ifname);
}

/* What the client said last, for the report of a failure: "no lease, failing" is the usual one. */
static void read_heard(struct net_iface *i)
{
	char path[80];

	snprintf(path, sizeof(path), NET_RUN_DIR "/dhcp.%s.message", i->known.ifname);
	if (text_read(path, i->heard, sizeof(i->heard)) < 0)
		i->heard[0] = '\0';
}

static bool take_lease(struct boot *b, struct net_iface *i)
{
	struct net_lease lease;
	char path[80], *text = NULL;
	errint r;

	lease_path(i, path, sizeof(path));
	r = read_text(path, NET_LEASE_FILE_MAX, &text);
	if (r == 0)
		r = netlease_parse(text, &lease);
	free(text);
	if (r < 0) {
		log_warn("%s: the DHCP client left no address in %s: %s", i->known.ifname, path, strerror(-r));
		return false;
	}
	net_iface_lease(b, i, &lease);
	return true;
}

static void ended(struct boot *b, pid_t pid, int status, void *arg)
{
	struct net_iface *i = arg;

	if (i->child != pid)
		return;
	i->child = 0;
	if (i->state != IFACE_ADDRESS)
		return;
	read_heard(i);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_STARTED)
		net_iface_fail(i, "no DHCP client: " BUSYBOX " is missing in this image or has no udhcpc");
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !take_lease(b, i))
		i->next_run_ns = clock_ns() + PAUSE_RUNS_MS * NS_PER_MS;
	net_step(b);
}

struct arguments {
	char *at[40];
	unsigned count;
	char pause[8], client[NET_ADDR_TEXT], hostname[NET_HOST_SIZE + 16];
};

static void add(struct arguments *a, const char *word)
{
	if (a->count + 1 < ARRAY_SIZE(a->at))
		a->at[a->count++] = (char *)(uintptr_t)word;
}

static void make_arguments(const struct net *n, const struct net_iface *i, struct arguments *a)
{
	static const char *const fixed[] = {
	    "udhcpc", "-f",	"-n", "-q",  "-s", UDHCPC_SCRIPT, "-t", PACKETS,	"-O", "rootpath",
	    "-O",     "ntpsrv", "-O", "mtu", "-O", "search",	  "-O", "staticroutes", "-O", "bootfile"};

	*a = (struct arguments){0};
	for (size_t k = 0; k < ARRAY_SIZE(fixed); k++)
		add(a, fixed[k]);
	snprintf(a->pause, sizeof(a->pause), "%u", i->runs < PAUSE_MAX ? i->runs + 1 : PAUSE_MAX);
	add(a, "-T");
	add(a, a->pause);
	add(a, "-i");
	add(a, i->known.ifname);
	if (i->ip->client.family == 4) {
		add(a, "-r");
		add(a, net_addr_text(&i->ip->client, false, a->client));
	}
	if (i->ip->hostname[0]) {
		snprintf(a->hostname, sizeof(a->hostname), "hostname:%s", i->ip->hostname);
		add(a, "-x");
		add(a, a->hostname);
	}
	if (n->spec.vendor_class[0]) {
		add(a, "-V");
		add(a, n->spec.vendor_class);
	}
}

static _Noreturn void client(struct arguments *a, bool debug)
{
	static char *const envp[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin", NULL};
	int out = open(debug ? "/dev/kmsg" : "/dev/null", O_WRONLY), null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
	loop_after_fork(-1, -1);
	if (chdir("/") == 0)
		execve(BUSYBOX, a->at, envp);
	_exit(EXIT_NOT_STARTED);
}

void net_dhcp_step(struct boot *b, struct net_iface *i)
{
	struct arguments a;
	char path[80];
	pid_t pid;

	if (i->child || clock_ns() < i->next_run_ns)
		return;
	i->next_run_ns = 0;
	make_arguments(b->net, i, &a);
	/* One of an earlier run, or of an interface that had this name before, must not be taken for a new one. */
	lease_path(i, path, sizeof(path));
	unlink(path);
	pid = fork();
	if (pid == 0)
		client(&a, b->opt.debug);
	if (pid < 0 || loop_watch_child(b, pid, ended, i) < 0) {
		net_iface_fail(i, "the DHCP client cannot be started: %s", strerror(errno));
		return;
	}
	i->child = pid;
	i->runs++;
	log_debug("%s: DHCP, run %u, %s s between packets", i->known.ifname, i->runs, a.pause);
}

void net_dhcp_stop(struct boot *b, struct net_iface *i)
{
	(void)b;
	if (i->child && i->state == IFACE_ADDRESS) {
		kill(i->child, SIGKILL);
		read_heard(i);
		i->child = 0; /* ended() knows it no more */
	}
}
