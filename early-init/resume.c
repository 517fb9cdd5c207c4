/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resume=: the kernel is told where the hibernation image is before anything
 * is mounted (Documentation/power/swsusp.rst, ABI/testing/sysfs-power). An
 * image that nobody asked for forbids writing to what it was made of.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include "root.h"
#include "textfile.h"

/* A resume device that is gone for good must not eat the time in which root is searched. */
#define TIMEOUT_SHARE 3
#define REPORT_NS (10 * NS_PER_S)
/* How long a swap partition that the table lists may take to appear before root is mounted without it. */
#define SWAP_WAIT_NS (2 * NS_PER_S)

const struct handler swap_handler = {"swap", NULL, HANDLER_SWAP, "a swap area", NULL};
const struct handler swsuspend_handler = {"swsuspend", NULL, HANDLER_SWAP, "a swap area with a hibernation image",
					  NULL};

const struct block_dev *resume_image(const struct boot *b)
{
	const struct block_dev *dev;

	if (b->opt.noresume)
		return NULL;
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->handler == &swsuspend_handler)
			return dev;
	return NULL;
}

static bool is_swap_partition(const struct probe_partition *p)
{
	/* Discoverable Partitions Specification; "Linux swap" of an MBR. */
	return p->type &&
	       (strcasecmp(p->type, "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f") == 0 || strcmp(p->type, "0x82") == 0);
}

static bool partition_read(const struct boot *b, const char *disk, unsigned partno)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->facts.disk && strcmp(dev->facts.disk, disk) == 0 && dev->facts.partno == partno)
			return dev->state != BLOCK_PENDING;
	return false;
}

/* Whether a partition of DISK is listed: then the kernel has read its table, whether we have or not. */
static bool has_partition(const struct boot *b, const struct block_dev *disk)
{
	const struct block_dev *dev;

	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->facts.disk && strcmp(dev->facts.disk, disk->facts.devname) == 0)
			return true;
	return false;
}

static bool swap_missing(const struct boot *b, const struct block_dev *dev)
{
	/* Its table, which may list one, is still being read. */
	if (!dev->facts.disk && dev->state == BLOCK_PENDING && has_partition(b, dev))
		return true;
	/* Read again after the kernel rejected its image. */
	if (dev->handler == &swsuspend_handler && dev->state == BLOCK_PENDING)
		return true;
	for (unsigned p = 0; p < dev->nparts; p++)
		if (is_swap_partition(&dev->parts[p]) && !partition_read(b, dev->facts.devname, dev->parts[p].partno))
			return true;
	return false;
}

bool resume_swap_known(struct boot *b)
{
	const struct block_dev *dev;
	bool known = true;

	/* Each disk has its own time: one that never shows its partition takes nothing from one that comes later. */
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++) {
		struct block_dev *disk = swap_missing(b, dev) ? block_find(b->blocks, dev->facts.devname) : NULL;

		if (disk && disk->swap_deadline_ns == 0)
			disk->swap_deadline_ns = clock_ns() + SWAP_WAIT_NS;
		known = known && (!disk || clock_ns() >= disk->swap_deadline_ns);
	}
	return known;
}

/* The first time that it is known of: root may be mounted already, writable, and then the image is lost anyway. */
static bool protects(struct boot *b)
{
	struct root_search *rs = b->root;

	if (!rs || !resume_image(b))
		return false;
	rs->protects = rs->protects || rs->state == ROOT_SEARCH;
	return rs->protects;
}

void resume_protect(struct boot *b)
{
	bool on = protects(b);
	const int read_only = 1;
	struct block_dev *dev;
	char node[512];

	for (unsigned i = 0; on && i < b->blocks->count; i++) {
		dev = b->blocks->devs[i];
		/* Once: whoever lifts it has his reasons. Partitions, too: kernels before 5.12 have flags of their own
		 * there. */
		if (dev->write_protected || dev->state == BLOCK_NO_MEDIUM)
			continue;
		block_node(b, dev, node, sizeof(node));
		int CLEANUP(close_fd) fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		dev->write_protected = fd >= 0 && ioctl(fd, BLKROSET, &read_only) == 0;
		if (!dev->write_protected)
			log_warn("%s cannot be made read-only: %s", dev->facts.devname, strerror(errno));
	}
}

/* Comes back only when there is nothing to resume. */
static errint ask_kernel(struct boot *b, const struct block_dev *dev)
{
	char number[32];
	errint err;

	if (b->opt.resume_offset) {
		snprintf(number, sizeof(number), "%" PRIu64, b->opt.resume_offset);
		err = text_write("/sys/power/resume_offset", number);
		if (err < 0)
			return err;
	}
	snprintf(number, sizeof(number), "%u:%u", dev->facts.major, dev->facts.minor);
	return text_write("/sys/power/resume", number);
}

static void try_resume(struct boot *b, const struct block_dev *dev)
{
	uint64_t start = clock_ns();
	char name[64];
	errint err;

	snprintf(name, sizeof(name), "%s", dev->facts.devname);
	if (dev->handler == &swap_handler && b->opt.resume_offset == 0) {
		log_debug("no hibernation image on %s", name);
		return;
	}
	if (dev->handler && dev->handler->role == HANDLER_NOT_HERE)
		log_warn("resume=%s holds %s, which no handler in this image can open", name, dev->handler->what);
	log_info("resuming from %s", name);
	err = ask_kernel(b, dev);
	timeline_step(STEP_RESUME, name, NULL, -1, err, start, clock_ns());
	if (err == -ENOENT || err == -EOPNOTSUPP)
		log_warn("this kernel cannot resume from hibernation");
	else if (err < 0 && err != -EINVAL && err != -ENODATA)
		log_warn("not resumed from %s: %s; the kernel log says why", name, strerror(-err));
	/* A kernel that read the image and rejected it has turned the area into plain swap. */
	block_read_again(b, name);
}

static const struct block_dev *find(struct boot *b)
{
	const struct block_dev *dev;

	block_identify(b, &b->root->resume.spec);
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++)
		if (dev->state == BLOCK_READ && rootspec_matches(&b->root->resume.spec, &dev->facts))
			return dev;
	return NULL;
}

static bool wanted(struct boot *b)
{
	struct resume_search *r = &b->root->resume;
	unsigned limit_s;

	if (b->opt.noresume || !b->opt.resume || !*b->opt.resume)
		return false;
	if (r->parsed)
		return true;
	r->parsed = true;
	if (rootspec_parse(b->opt.resume, &r->spec) < 0 || r->spec.kind == ROOT_AUTO || r->spec.kind == ROOT_NET ||
	    r->spec.kind == ROOT_UNSUPPORTED) {
		log_warn("resume=%s names no block device: not resumed", b->opt.resume);
		return false;
	}
	r->report_ns = clock_ns() + REPORT_NS;
	limit_s = b->opt.rootwait_s ? b->opt.rootwait_s : b->opt.timeout_s;
	r->wait_s = (limit_s + TIMEOUT_SHARE - 1) / TIMEOUT_SHARE;
	if (limit_s)
		r->deadline_ns = clock_ns() + limit_s * NS_PER_S / TIMEOUT_SHARE;
	return true;
}

static void report_wait(struct boot *b)
{
	struct resume_search *r = &b->root->resume;
	uint64_t now = clock_ns();

	if (now < r->report_ns)
		return;
	r->report_ns = now + REPORT_NS;
	log_warn(
	    "waiting for resume=%s before root is mounted: no such device yet; boot with noresume to go on without",
	    b->opt.resume);
}

/* The device has had its time: root is mounted when it is found, and resumed from only if this comes before that. */
static void stop_waiting(struct boot *b)
{
	struct resume_search *r = &b->root->resume;

	if (!r->late)
		log_warn("resume=%s did not appear within %u s: no longer waited for", b->opt.resume, r->wait_s);
	r->late = true;
}

errint resume_step(struct boot *b)
{
	struct resume_search *r = &b->root->resume;
	const struct block_dev *dev;

	if (r->done)
		return 0;
	if (wanted(b)) {
		dev = find(b);
		if (!dev && (r->deadline_ns == 0 || clock_ns() < r->deadline_ns)) {
			report_wait(b);
			return 1;
		}
		if (!dev) {
			stop_waiting(b);
			return 0;
		}
		try_resume(b, dev);
	}
	r->done = true;
	return 0;
}

void resume_too_late(struct boot *b)
{
	if (b->root)
		b->root->resume.done = true;
}
