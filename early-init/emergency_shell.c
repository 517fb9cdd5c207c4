/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emergency_shell.h"
#include "loader.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

/* What the keyboard sends is for the shell, not for who leads its session, nor for who asks for the password. */
static void leave_keys_to_shell(void)
{
	/* TTOU, so that waiting for the terminal is not stopped. */
	static const int for_shell[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU};

	for (size_t i = 0; i < ARRAY_SIZE(for_shell); i++)
		signal(for_shell[i], SIG_IGN);
}

/*
 * The session's leader: waits for shell PID and for the terminal to have
 * printed all that was said. A terminal is hung up when its leader ends, and
 * drops what is still in its buffer.
 */
static _Noreturn void lead_session(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* A terminal that takes nothing more is not waited for. */
	alarm(DRAIN_LIMIT_S);
	tcdrain(STDOUT_FILENO);
	_exit(status != 0);
}

/* An exit status could be the shell's own. */
static void tell(int report, errint what)
{
	if (write(report, &what, sizeof(what)) != (ssize_t)sizeof(what))
		_exit(EXIT_FAILURE);
}

static _Noreturn void be_shell(int report)
{
	static char *const argv[] = {(char *)"sh", (char *)"-i", NULL};
	static char *const envp[] = {(char *)"PATH=/sbin:/usr/sbin:/bin:/usr/bin",
				     (char *)"HOME=/",
				     (char *)"TERM=linux",
				     (char *)"ENV=" SHELL_RC,
				     (char *)"PS1=rootward# ",
				     NULL};

	reset_signals();
	if (chdir("/") == 0)
		execve(SHELL_PROGRAM, argv, envp);
	tell(report, -errno);
	_exit(EXIT_FAILURE);
}

/* REPORT gets 0 when somebody may have a shell, and the -errno when there is none all the same. */
static _Noreturn void shell_child(const char *hash, int report)
{
	pid_t pid = -1;
	int fd;

	reset_signals();
	leave_keys_to_shell();
	setsid();
	fd = open_terminal();
	if (fd >= 0) {
		ioctl(fd, TIOCSCTTY, 1);
		for (int i = 0; i <= 2; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	if (hash && ask_password(hash) < 0) {
		tell(report, -EACCES);
		_exit(EXIT_FAILURE);
	}
	tell(report, 0);
	pid = fork();
	if (pid == 0)
		be_shell(report);
	if (pid < 0)
		tell(report, -errno);
	close(report);
	lead_session(pid);
}

/*
 * What was told last. Nothing at all is not that the shell was left where a password is asked for (LOCKED): nobody has
 * given it. But SIGKILL comes from no keyboard: who has logged in by ssh leaves the shell so.
 */
static errint what_was_told(int report, bool locked, int status)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	errint err = locked && !killed ? -EACCES : 0, told;

	while (read(report, &told, sizeof(told)) == (ssize_t)sizeof(told))
		err = told;
	return err;
}

static void write_shell_rc(void)
{
	int CLEANUP(close_fd) fd = open(SHELL_RC, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0 || write(fd, shell_rc, sizeof(shell_rc) - 1) != (ssize_t)sizeof(shell_rc) - 1)
		log_warn("cannot write %s: the shell's modprobe is busybox's", SHELL_RC);
}

struct shell_end {
	bool done;
	int status; /* as waitpid(2) */
};

static void shell_ended(struct boot *b, pid_t pid, int status, void *arg)
{
	struct shell_end *end = arg;

	(void)b;
	(void)pid;
	*end = (struct shell_end){true, status};
}

/* Until the shell ends; devices that appear meanwhile are handled. Its status, as waitpid(2). */
static int wait_for_shell(struct boot *b, pid_t pid)
{
	struct shell_end end = {0};

	if (!b->loop || loop_watch_child(b, pid, shell_ended, &end) < 0) {
		while (waitpid(pid, &end.status, 0) < 0 && errno == EINTR)
			;
		return end.status;
	}
	while (!end.done) {
		loader_kick(b);
		if (loop_run_once(b) < 0)
			usleep(100000);
	}
	return end.status;
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
		if (!b->looked) {
			/* Before any driver meets its device here, too. */
			loader_load_first(b);
			coldplug_keyboards(b);
		}
		loader_kick(b);
	}
	hash = hash && *hash ? hash : NULL;
	pid = fork();
	if (pid == 0)
		shell_child(hash, ends[1]);
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (pid > 0) {
		int status;

		ssh_start(b, pid);
		status = wait_for_shell(b, pid);
		ssh_stop(b);
		err = what_was_told(ends[0], hash, status);
	}
	close(ends[0]);
	b->asking = false;
	return err;
}
