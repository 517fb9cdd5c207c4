// SPDX-License-Identifier: GPL-2.0-or-later
#include "setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define INDEX_PATH "/lib/rootward/index"

void setup_fds(void)
{
	int ends[2], fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			fd = open("/", O_RDONLY | O_DIRECTORY);
		if (fd < 0 && pipe(ends) == 0)
			fd = ends[1];
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static errint mount_one(const char *type, const char *dir, unsigned long flags, const char *data)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mount(type, dir, type, flags, data) < 0 && errno != EBUSY)
		return -errno;
	return 0;
}

/* Standard streams on the console: what the kernel opened for us may be missing in the image. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

errint setup_mounts(void)
{
	static const struct {
		const char *type, *dir;
		unsigned long flags;
		const char *data;
	} mounts[] = {
	    {"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
	    {"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	    {"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
	};
	errint first = 0;

	umask(0);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		errint r = mount_one(mounts[i].type, mounts[i].dir, mounts[i].flags, mounts[i].data);

		if (i == 0) {
			open_console();
			log_open();
		}
		if (r < 0) {
			log_err("cannot mount %s on %s: %s", mounts[i].type, mounts[i].dir, strerror(-r));
			first = first ? first : r;
		}
	}
	umask(022);
	if (mkdir(RUN_DIR, 0755) < 0 && errno != EEXIST)
		log_warn("cannot make %s: %s", RUN_DIR, strerror(errno));
	return first;
}

errint read_text(const char *path, size_t max, char **out)
{
	size_t used = 0;
	ssize_t n = 0;
	errint r = 0;
	char *text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	text = malloc(max + 1);
	if (!text) {
		close(fd);
		return -ENOMEM;
	}
	while (used < max && (n = read(fd, text + used, max - used)) > 0)
		used += (size_t)n;
	if (n < 0)
		r = -errno;
	close(fd);
	if (r < 0) {
		free(text);
		return r;
	}
	text[used] = '\0';
	*out = text;
	return 0;
}

errint setup_cmdline(struct boot *b)
{
	errint r = read_text("/proc/cmdline", CMDLINE_MAX, &b->cmdline);

	if (r < 0) {
		log_err("cannot read the kernel command line: %s; going on with defaults", strerror(-r));
		b->cmdline = strdup("");
	}
	if (!b->cmdline)
		return -ENOMEM;
	b->cmdline[strcspn(b->cmdline, "\n")] = '\0';
	b->cmdline_words = strdup(b->cmdline);
	if (!b->cmdline_words)
		return -ENOMEM;
	cmdline_parse(b->cmdline_words, &b->opt);
	log_setup(b->opt.quiet, b->opt.debug);
	if (b->opt.bad_words)
		log_warn("kernel command line: %s makes no sense here and is ignored (%u such)", b->opt.first_bad,
			 b->opt.bad_words);
	return modconf_from_cmdline(b->cmdline, &b->conf);
}

errint map_index(const char *path, struct boot_index *ix)
{
	struct stat st;
	void *data;
	errint r = 0;
	int fd = open(path ? path : INDEX_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (st.st_size <= 0)
		r = -EMSGSIZE;
	data = r == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) : NULL;
	if (data == MAP_FAILED)
		r = -errno;
	close(fd);
	if (r < 0)
		return r;
	r = index_open(ix, data, (size_t)st.st_size);
	if (r < 0)
		munmap(data, (size_t)st.st_size);
	return r;
}

/* A name that the kernel gave is good only while drivers meet their devices in the same order at every boot. */
static bool needs_order(const char *device)
{
	struct root_spec spec;

	return device && rootspec_parse(device, &spec) == 0 && rootspec_needs_order(&spec);
}

static errint setup_plan(struct boot *b)
{
	errint r = planner_new(&b->ix, &b->conf, &b->plan);
	char *cpu = NULL;

	/* Kept as long as the planner. There is none where the kernel describes no features. */
	if (r == 0 && read_text("/sys/devices/system/cpu/modalias", ALIAS_READ_MAX, &cpu) == 0) {
		cpu[strcspn(cpu, "\n")] = '\0';
		planner_cpu(b->plan, cpu);
	}

	if (r == 0 && (needs_order(b->opt.root) || needs_order(b->opt.mount_usr) ||
		       (!b->opt.noresume && needs_order(b->opt.resume))))
		planner_keep_order(b->plan);
	return r;
}

errint setup_index(struct boot *b)
{
	struct utsname u;
	errint r = map_index(NULL, &b->ix);

	if (r < 0) {
		log_err("this image's index %s cannot be used: %s: rebuild the image with rootward build", INDEX_PATH,
			r == -EPROTONOSUPPORT ? "it has another version than this early-init" : strerror(-r));
		return r;
	}
	if (uname(&u) < 0)
		return -errno;
	if (strcmp(u.release, index_kernel_release(&b->ix)) != 0) {
		log_err("this image was built for kernel %s but kernel %s is running: boot that kernel, or run "
			"rootward build -k %s",
			index_kernel_release(&b->ix), u.release, u.release);
		return -EINVAL;
	}
	cmdline_default_timeout(&b->opt, index_setting(&b->ix, "timeout"));
	return setup_plan(b);
}
