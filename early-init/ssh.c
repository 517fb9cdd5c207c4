/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ssh.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "textfile.h"

#define DROPBEAR "/usr/sbin/dropbear"
#define KEYS "/etc/rootward/ssh"
#define SHELL_PID RUN_DIR "/shell.pid"
#define PORT_DEFAULT "22"
#define KEYS_MAX 65536

static pid_t server; /* 0 none */

static void server_ended(struct boot *b, pid_t pid, int status, void *arg)
{
	(void)b;
	(void)arg;
	if (pid != server)
		return;
	log_warn("ssh: dropbear has ended (status %d): nobody can log in", status);
	server = 0;
}

/* dropbear looks below the home of root, and refuses what others might write. */
static errint place_authorized_keys(void)
{
	char *CLEANUP(free_string) text = malloc(KEYS_MAX);
	errint n = text ? bytes_read(KEYS "/authorized_keys", text, KEYS_MAX) : -ENOMEM;

	if (n < 0)
		return n;
	if ((mkdir("/root", 0700) < 0 && errno != EEXIST) || (mkdir("/root/.ssh", 0700) < 0 && errno != EEXIST))
		return -errno;
	int CLEANUP(close_fd) fd =
	    open("/root/.ssh/authorized_keys", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	return write(fd, text, (size_t)n) == n ? 0 : -EIO;
}

static void write_shell_pid(pid_t shell)
{
	FILE *file = fopen(SHELL_PID, "we");

	if (!file)
		return;
	fprintf(file, "%d\n", (int)shell);
	fclose(file);
}

static _Noreturn void run_server(const char *port)
{
	static const char *const kinds[] = {"ed25519", "ecdsa", "rsa"};
	const char *argv[20] = {DROPBEAR, "-F", "-E", "-s", "-j", "-k", "-m", "-p", port};
	char paths[ARRAY_SIZE(kinds)][80];
	unsigned argc = 9;
	bool own_key = false;

	setsid();
	loop_after_fork(-1, -1);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(paths[i], sizeof(paths[i]), KEYS "/dropbear_%s_host_key", kinds[i]);
		if (access(paths[i], R_OK) < 0)
			continue;
		own_key = true;
		argv[argc++] = "-r";
		argv[argc++] = paths[i];
	}
	if (!own_key)
		argv[argc++] = "-R";
	argv[argc] = NULL;
	execv(DROPBEAR, (char *const *)(uintptr_t)argv);
	_exit(127);
}

void ssh_start(struct boot *b, pid_t shell)
{
	const char *port = b->ix.base ? index_setting(&b->ix, "ssh-port") : NULL;
	errint r;

	if (!b->loop || server || access(DROPBEAR, X_OK) < 0)
		return;
	r = place_authorized_keys();
	if (r < 0) {
		log_warn("ssh: nobody can log in: " KEYS "/authorized_keys: %s", strerror(-r));
		return;
	}
	if ((mkdir("/etc/dropbear", 0700) < 0 && errno != EEXIST) || (mkdir("/dev/pts", 0755) < 0 && errno != EEXIST) ||
	    (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666") < 0 &&
	     errno != EBUSY))
		log_warn("ssh: no terminals for who logs in: %s", strerror(errno));
	r = net_need(b, "ssh");
	if (r < 0) {
		log_warn("ssh: nobody can log in: no network: %s", strerror(-r));
		return;
	}
	write_shell_pid(shell);
	port = port && *port ? port : PORT_DEFAULT;
	server = fork();
	if (server == 0)
		run_server(port);
	if (server < 0 || loop_watch_child(b, server, server_ended, NULL) < 0)
		log_warn("ssh: dropbear cannot be started");
	else
		log_warn(
		    "ssh: who has a key may log in at port %s as root; to try again, from there: kill -9 $(cat %s)",
		    port, SHELL_PID);
	if (server < 0)
		server = 0;
}

/* Sessions are in sessions of their own; their parent is the server. */
static void end_sessions(pid_t parent)
{
	char path[80], children[512];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	if (text_read(path, children, sizeof(children)) <= 0)
		return;
	for (char *at = children, *rest; *at; at = rest) {
		long pid = strtol(at, &rest, 10);
		if (rest == at)
			return;
		end_sessions((pid_t)pid);
		kill((pid_t)pid, SIGKILL);
	}
}

void ssh_stop(struct boot *b)
{
	pid_t pid = server;

	(void)b;
	if (!pid)
		return;
	server = 0;
	end_sessions(pid);
	kill(pid, SIGKILL);
}
