/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of a failed boot: what was asked for, what is there, what nearly
 * fits, what has no driver and why, what failed. To the kernel log at a level
 * that reaches the console even with quiet, and to RUN_DIR/diagnosis.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "plan/netroot.h"
#include "root.h"
#include "textfile.h"

/* Lines of one kind; more are counted only. A console has some 25 to 50 lines. */
#define LINES_MAX 24
#define ABSENT_MAX 4
#define KMSG_RECORDS_MAX 20000

struct report {
	FILE *file; /* NULL: to the log only */
	bool log;
};

static void say(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct report *r, const char *fmt, ...)
{
	char line[800];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (r->log)
		log_err("%s", line);
	if (r->file)
		fprintf(r->file, "%s\n", line);
}

static void say_asked(struct report *r, const struct boot *b)
{
	char wanted[ROOT_WANTED_MAX], shown[NETROOT_MASKED_MAX];

	root_describe(b, &b->root->root, wanted, sizeof(wanted));
	if (b->root->why[0])
		say(r, "%s", b->root->why);
	say(r, "asked for: root=%s (%s)%s%s%s%s", netroot_masked(b->opt.root ? b->opt.root : "", shown, sizeof(shown)),
	    wanted, b->opt.rootfstype ? " rootfstype=" : "", b->opt.rootfstype ? b->opt.rootfstype : "",
	    b->opt.rootflags ? " rootflags=" : "", b->opt.rootflags ? b->opt.rootflags : "");
	if (b->opt.first_bad)
		say(r, "%u words of the command line make no sense; the first is \"%s\"", b->opt.bad_words,
		    b->opt.first_bad);
}

/* ---- block devices ---- */

static void size_text(uint64_t bytes, char *out, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned unit = 0;
	uint64_t tenths = bytes > UINT64_MAX / 10 ? UINT64_MAX : bytes * 10;

	while (tenths >= 10240 && unit + 1 < ARRAY_SIZE(units)) {
		tenths /= 1024;
		unit++;
	}
	snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
}

static const char *state_text(const struct block_dev *dev)
{
	switch (dev->state) {
	case BLOCK_NO_MEDIUM:
		return "no medium";
	case BLOCK_PENDING:
	case BLOCK_FAILED:
		return dev->error == -EAGAIN ? "does not answer"
		       : dev->error < 0	     ? strerror(-dev->error)
					     : "not read yet";
	case BLOCK_READ:
		break;
	}
	if (dev->ambivalent)
		return "contradicting signatures";
	if (dev->nparts)
		return "partition table";
	return dev->facts.fs_type ? dev->facts.fs_type : "no signature";
}

static void say_device(struct report *r, const struct block_dev *dev)
{
	const struct block_facts *f = &dev->facts;
	const struct {
		const char *name, *value;
	} tags[] = {
	    {"UUID", f->fs_uuid}, {"LABEL", f->fs_label}, {"PARTUUID", f->part_uuid}, {"PARTLABEL", f->part_label}};
	char line[700], size[32];
	size_t n;

	size_text(f->size, size, sizeof(size));
	n = (size_t)snprintf(line, sizeof(line), "  %s: %s, %s", f->devname, state_text(dev), size);
	for (size_t i = 0; i < ARRAY_SIZE(tags) && n < sizeof(line); i++)
		if (tags[i].value)
			n += (size_t)snprintf(line + n, sizeof(line) - n, ", %s=%s", tags[i].name, tags[i].value);
	say(r, "%s", line);
	if (dev->handler && dev->handler->role == HANDLER_NOT_HERE)
		say(r, "    holds %s: no handler in this image can open it", dev->handler->what);
}

static void say_devices(struct report *r, const struct boot *b)
{
	const struct block_dev *dev;
	unsigned i;

	if (!block_dev_at(b, 0)) {
		say(r, "block devices: none");
		return;
	}
	say(r, "block devices:");
	for (i = 0; (dev = block_dev_at(b, i)) && i < LINES_MAX; i++)
		say_device(r, dev);
	if (b->blocks->count > i)
		say(r, "  and %u more", b->blocks->count - i);
}

static void say_near_misses(struct report *r, const struct boot *b)
{
	const struct block_dev *dev;
	char why[300];
	unsigned said = 0;

	block_identify(b, &b->root->root.spec);
	for (unsigned i = 0; said < LINES_MAX && (dev = block_dev_at(b, i)); i++) {
		if (!rootspec_near_miss(&b->root->root.spec, &dev->facts, why, sizeof(why)))
			continue;
		said++;
		say(r, "near miss: %s", why);
	}
}

/* ---- hardware without a driver ---- */

/*
 * Buses where every device has a driver of its own; the rest (acpi, platform,
 * cpu, ...) is mostly meant to have none, or one that no boot waits for.
 */
static bool on_real_bus(const char *modalias)
{
	static const char *const buses[] = {
	    "pci:", "usb:", "virtio:", "scsi:", "vmbus:", "xen:", "mmc:", "sdio:", "hid:", "nvme:", "ssb:", "bcma:"};

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (strncmp(modalias, buses[i], strlen(buses[i])) == 0)
			return true;
	return false;
}

/* Modules of this kernel that would drive MODALIAS and are not here. STORAGE: only those, else only the others. */
static unsigned say_absent(struct report *r, struct boot *b, const char *syspath, const char *modalias, bool storage)
{
	struct module_match m[ABSENT_MAX];
	struct index_module module;
	errint n = lookup_modules(&b->ix, &b->conf, modalias, LOOKUP_ABSENT, m, ABSENT_MAX);
	unsigned said = 0;

	for (errint i = 0; i < n && i < ABSENT_MAX; i++) {
		if (m[i].module == MODULE_NONE || index_module(&b->ix, m[i].module, &module) < 0 ||
		    !(module.flags & MODULE_STORAGE) == storage)
			continue;
		said++;
		say(r, "  %s (%.100s): driven by module %s, which is not in this image: %s", syspath, modalias,
		    module.name, module.absent_reason ? module.absent_reason : "reason unknown");
	}
	return said;
}

static bool has_absent_storage(struct boot *b, const char *modalias)
{
	struct report silent = {NULL, false};

	return say_absent(&silent, b, "", modalias, true) > 0;
}

static void say_line(void *arg, const char *line)
{
	say(arg, "%s", line);
}

/* What may hold the root comes first: a console shows only the last lines of much. */
static void say_hardware(struct report *r, struct boot *b)
{
	const char *syspath, *modalias;
	unsigned lines = 0, more = 0;

	if (unmatched_device(0, &syspath, &modalias))
		say(r, "hardware without a driver in this image:");
	for (unsigned i = 0; unmatched_device(i, &syspath, &modalias) && lines < LINES_MAX; i++)
		lines += say_absent(r, b, syspath, modalias, true);
	for (unsigned i = 0; unmatched_device(i, &syspath, &modalias); i++) {
		unsigned said = 0;
		if (has_absent_storage(b, modalias) || net_is_card(b, modalias))
			continue;
		if (on_real_bus(modalias) && lines < LINES_MAX) {
			said = say_absent(r, b, syspath, modalias, false);
			if (said == 0)
				say(r, "  %s (%.100s): no module of this kernel matches", syspath, modalias);
			said += said == 0;
		}
		lines += said;
		more += said == 0;
	}
	if (more)
		say(r, "  and %u more devices on which no boot depends", more);
}

/* ---- modules ---- */

static void say_modules(struct report *r, struct boot *b)
{
	unsigned said = 0;
	char line[600];

	for (uint32_t id = 0; b->plan && id < index_module_count(&b->ix) && said < LINES_MAX; id++) {
		struct index_module m;
		struct load_status s;
		planner_status(b->plan, id, &s);
		if (s.state == LOAD_FAILED || s.state == LOAD_DEP_FAILED || s.state == LOAD_BLACKLISTED) {
			loader_explain(b, id, line, sizeof(line));
			say(r, "%s", line);
			said++;
		} else if (s.state == LOAD_LOADING && index_module(&b->ix, id, &m) == 0) {
			say(r, "module %s is still initialising", m.name);
			said++;
		}
	}
}

/* ---- firmware: only the kernel log knows ---- */

static const char *missing_firmware(const char *record)
{
	static const char *const words[] = {"Direct firmware load for ", "firmware: failed to load "};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strstr(record, words[i]);
		if (at)
			return at + strlen(words[i]);
	}
	return NULL;
}

static void say_firmware(struct report *r)
{
	int CLEANUP(close_fd) fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[2048], last[200] = "";
	unsigned said = 0;

	for (unsigned i = 0; fd >= 0 && i < KMSG_RECORDS_MAX && said < LINES_MAX; i++) {
		ssize_t n = read(fd, record, sizeof(record) - 1);
		const char *name;
		/* EPIPE: older records were overwritten meanwhile; the next read goes on. */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		name = missing_firmware(record);
		/* Our own lines must not be quoted again in the next report. */
		if (!name || strstr(record, "rootward: "))
			continue;
		record[(size_t)(name - record) + strcspn(name, " \n")] = '\0';
		if (strcmp(name, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", name);
		say(r,
		    "firmware %s is missing in this image: install the package that has it and build the image again",
		    name);
		said++;
	}
}

static void report(struct report *r, struct boot *b)
{
	if (b->root)
		say_asked(r, b);
	say_devices(r, b);
	if (b->root)
		say_near_misses(r, b);
	net_diagnose(b, say_line, r);
	if (b->ix.base) {
		say_hardware(r, b);
		say_modules(r, b);
	}
	say_firmware(r);
}

void diagnose_to(struct boot *b, FILE *out)
{
	struct report r = {out, false};

	report(&r, b);
}

void diagnose(struct boot *b)
{
	struct report r = {fopen(RUN_DIR "/diagnosis", "we"), true};

	report(&r, b);
	if (r.file)
		fclose(r.file);
}
