/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emergency_shell.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "ssh.h"
#include "textfile.h"

#define DRAIN_LIMIT_S 3
#define PASSWORD_HASH_MAX 384 /* CRYPT_OUTPUT_SIZE of crypt(3) */
#define SHELL_RC RUN_DIR "/shell.rc"
#define PASSWORD_PROGRAM "/usr/lib/rootward/early-init-password"
#define CONSOLE_FONT "/usr/lib/rootward/console.psf"

/*
 * busybox built to prefer its applets runs its own modprobe whatever PATH
 * says; a shell function comes before an applet, and a name with a slash is
 * always a file.
 */
static const char shell_rc[] = "modprobe() { /sbin/modprobe \"$@\"; }\n"
			       "insmod() { /sbin/insmod \"$@\"; }\n"
			       "rmmod() { /sbin/rmmod \"$@\"; }\n"
			       "lsmod() { /sbin/lsmod \"$@\"; }\n"
			       "modinfo() { /sbin/modinfo \"$@\"; }\n"
			       /* Fails where the console is no screen. */
			       "[ ! -e " CONSOLE_FONT " ] || loadfont <" CONSOLE_FONT " 2>/dev/null\n";

static const char *setting(const struct boot *b, const char *key)
{
	return b->ix.base ? index_setting(&b->ix, key) : NULL;
}

bool emergency_shell_locked_out(const struct boot *b)
{
	const char *value = setting(b, "emergency-shell");

	return value && parse_bool(value) == 0;
}

/* The terminal behind /dev/console: job control needs the real one. The last active console is the preferred one. */
static int open_terminal(void)
{
	char active[256], path[300];
	const char *last;
	int fd = -1;

	if (text_read("/sys/class/tty/console/active", active, sizeof(active)) > 0) {
		last = strrchr(active, ' ');
		last = last ? last + 1 : active;
		if (strcmp(last, "tty0") == 0)
			last = "tty1"; /* tty0 is whichever is in front, and is nobody's controlling terminal */
		if (path_format(path, sizeof(path), "/dev/%s", last) == 0)
			fd = open(path, O_RDWR | O_NOCTTY);
	}
	return fd >= 0 ? fd : open("/dev/console", O_RDWR | O_NOCTTY);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Ask on fd 0, by a program of its own: crypt(3) is a tenth of early-init and
 * wanted by few. 0, or -EACCES, also when it is not in the image.
 */
static errint ask_password(const char *hash)
{
	static char *const argv[] = {(char *)PASSWORD_PROGRAM, NULL};
	char variable[sizeof("HASH=") + PASSWORD_HASH_MAX];
	char *const envp[] = {variable, NULL};
	int status = -1;
	pid_t pid;

	if (snprintf(variable, sizeof(variable), "HASH=%s", hash) >= (int)sizeof(variable))
		return -EACCES;
	pid = fork();
	if (pid == 0) {
		execve(PASSWORD_PROGRAM, argv, envp);
		log_err("%s: %s: nobody can be asked for the password of the emergency shell", PASSWORD_PROGRAM,
			strerror(errno));
		_exit(1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0 ? 0 : -EACCES;
}

/*
 * The session's leader: waits for shell PID and for the terminal to have
 * printed all that was said. A terminal is hung up when its leader ends, and
 * drops what is still in its buffer.
 */
static _Noreturn void lead_session(pid_t pid)
{
	/* What the keyboard sends is for the shell; TTOU, so that waiting for the terminal is not stopped. */
	static const int for_shell[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU};
	int status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(for_shell); i++)
		signal(for_shell[i], SIG_IGN);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* A terminal that takes nothing more is not waited for. */
	alarm(DRAIN_LIMIT_S);
	tcdrain(STDOUT_FILENO);
	_exit(status != 0);
}

/* FAILED is closed by a shell that starts, else it gets the -errno: an exit status could be the shell's own. */
static _Noreturn void shell_child(const char *hash, int failed)
{
	static char *const argv[] = {(char *)"sh", (char *)"-i", NULL};
	static char *const envp[] = {(char *)"PATH=/sbin:/usr/sbin:/bin:/usr/bin",
				     (char *)"HOME=/",
				     (char *)"TERM=linux",
				     (char *)"ENV=" SHELL_RC,
				     (char *)"PS1=rootward# ",
				     NULL};
	errint err = 0;
	pid_t pid = 0;
	int fd;

	reset_signals();
	setsid();
	fd = open_terminal();
	if (fd >= 0) {
		ioctl(fd, TIOCSCTTY, 1);
		for (int i = 0; i <= 2; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	if (hash && ask_password(hash) < 0)
		err = -EACCES;
	else if ((pid = fork()) < 0)
		err = -errno;
	else if (pid == 0 && (chdir("/") < 0 || execve(SHELL_PROGRAM, argv, envp) < 0))
		err = -errno;
	if (pid > 0) {
		close(failed);
		lead_session(pid);
	}
	_exit(write(failed, &err, sizeof(err)) != (ssize_t)sizeof(err));
}

static void write_shell_rc(void)
{
	int CLEANUP(close_fd) fd = open(SHELL_RC, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0 || write(fd, shell_rc, sizeof(shell_rc) - 1) != (ssize_t)sizeof(shell_rc) - 1)
		log_warn("cannot write %s: the shell's modprobe is busybox's", SHELL_RC);
}

static void shell_ended(struct boot *b, pid_t pid, int status, void *arg)
{
	bool *done = arg;

	(void)b;
	(void)pid;
	(void)status;
	*done = true;
}

/* Until the shell ends; devices that appear meanwhile are handled. */
static void wait_for_shell(struct boot *b, pid_t pid)
{
	bool done = false;

	if (!b->loop || loop_watch_child(b, pid, shell_ended, &done) < 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return;
	}
	while (!done) {
		loader_kick(b);
		if (loop_run_once(b) < 0)
			usleep(100000);
	}
}

errint emergency_shell(struct boot *b)
{
	const char *hash = setting(b, "emergency-password");
	int ends[2];
	errint err;
	pid_t pid;

	if (access(SHELL_PROGRAM, X_OK) < 0)
		return -ENOENT;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	coldplug_finish(b);
	write_shell_rc();
	b->asking = true;
	console_load_keymap();
	if (b->loader) {
		loader_release(b, MODULE_KEYBOARD);
		loader_kick(b);
	}
	pid = fork();
	if (pid == 0)
		shell_child(hash && *hash ? hash : NULL, ends[1]);
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (pid > 0) {
		ssh_start(b, pid);
		wait_for_shell(b, pid);
		ssh_stop(b);
		if (read(ends[0], &err, sizeof(err)) != (ssize_t)sizeof(err))
			err = 0;
	}
	close(ends[0]);
	b->asking = false;
	return err;
}
