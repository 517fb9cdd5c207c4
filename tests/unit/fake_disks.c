/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../early-init/block.h"
#include "fake_disks.h"

int fake_setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/rootward-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->sys, sizeof(f->sys), "%s/sys", f->dir);
	snprintf(f->dev, sizeof(f->dev), "%s/dev", f->dir);
	assert_int_equal(mkdir(f->sys, 0755), 0);
	assert_int_equal(mkdir(f->dev, 0755), 0);
	assert_int_equal(block_table_new(f->sys, f->dev, &f->b.blocks), 0);
	*state = f;
	return 0;
}

int fake_setup_root(void **state)
{
	int r = fake_setup(state);
	struct fake *f = *state;

	f->b.opt.timeout_s = 30;
	return r;
}

int fake_teardown(void **state)
{
	struct fake *f = *state;

	block_table_free(f->b.blocks);
	free(f->b.root);
	(void)fake_run(f, "rm -rf \"${1%/dev}\"");
	free(f);
	return 0;
}

bool fake_run(const struct fake *f, const char *script)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("sh", "sh", "-c", script, "sh", f->dev, f->sys, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void fake_needs(const char *program)
{
	char command[128];

	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin command -v %s >/dev/null", program);
	if (system(command) != 0) {
		print_message("%s is not installed\n", program);
		skip();
	}
}

void fake_sysfs(const struct fake *f, const char *devpath, unsigned long sectors)
{
	char script[512];

	snprintf(script, sizeof(script), "mkdir -p \"$2%s\" && echo %lu >\"$2%s/size\"", devpath, sectors, devpath);
	assert_true(fake_run(f, script));
}

void fake_event(struct fake *f, enum uevent_action action, const char *devpath, const char *partn)
{
	static unsigned minor;
	struct uevent u = {.action = action,
			   .devpath = devpath,
			   .subsystem = "block",
			   .devname = strrchr(devpath, '/') + 1,
			   .devtype = partn ? "partition" : "disk",
			   .partn = partn,
			   .major = 254,
			   .minor = minor++,
			   .has_devno = true};

	block_uevent(&f->b, &u);
}

void fake_whole(struct fake *f, const char *name)
{
	char devpath[128], node[200];
	struct stat st;

	snprintf(node, sizeof(node), "%s/%s", f->dev, name);
	assert_int_equal(stat(node, &st), 0);
	snprintf(devpath, sizeof(devpath), "/devices/pci/block/%s", name);
	fake_sysfs(f, devpath, (unsigned long)st.st_size / 512);
	fake_event(f, UEVENT_ADD, devpath, NULL);
}

void fake_disk(struct fake *f, const char *name, unsigned size_mb, const char *table, unsigned partitions)
{
	char script[2048], devpath[128], partn[8];

	snprintf(
	    script, sizeof(script),
	    "PATH=$PATH:/sbin:/usr/sbin; truncate -s %uM \"$1/%s\" && printf '%s' | sfdisk -q \"$1/%s\" >/dev/null",
	    size_mb, name, table, name);
	assert_true(fake_run(f, script));
	fake_whole(f, name);
	for (unsigned i = 1; i <= partitions; i++) {
		snprintf(script, sizeof(script), "[ -e \"$1/%s%u\" ] || truncate -s 1M \"$1/%s%u\"", name, i, name, i);
		assert_true(fake_run(f, script));
		snprintf(devpath, sizeof(devpath), "/devices/pci/block/%s/%s%u", name, name, i);
		snprintf(partn, sizeof(partn), "%u", i);
		fake_sysfs(f, devpath, 2048);
		fake_event(f, UEVENT_ADD, devpath, partn);
	}
}

const struct block_facts *fake_facts(struct fake *f, const char *name)
{
	const struct block_dev *dev = block_dev_by_name(&f->b, name);

	return dev ? &dev->facts : NULL;
}
