/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One try to find and mount what a target names. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "overlay.h"
#include "root.h"

#define RETRY_FIRST_NS (20 * NS_PER_MS)
#define RETRY_LAST_NS (500 * NS_PER_MS)
/* Modules that one file system name may stand for. */
#define FS_MODULES_MAX 8

bool target_names(const struct boot *b, const struct root_spec *spec, const struct block_dev *dev)
{
	const struct block_dev *anchor;

	if (rootspec_matches(spec, &dev->facts))
		return true;
	for (unsigned i = 0; spec->partnroff && (anchor = block_dev_at(b, i)); i++)
		if (rootspec_matches_from(spec, &anchor->facts, &dev->facts))
			return true;
	return false;
}

/* Two devices may carry one UUID: copies made with dd, or the paths of a multipath disk. */
static void say_duplicate(const struct mount_target *t, const struct block_dev *first, const struct block_dev *second)
{
	bool parts_of_one = first->facts.fs_type && second->facts.fs_type &&
			    strcmp(first->facts.fs_type, second->facts.fs_type) == 0 &&
			    strcmp(first->facts.fs_type, "btrfs") == 0;

	if (t->tries == 0 && !parts_of_one)
		log_warn("%s and %s both are what %s names; taking %s", first->facts.devname, second->facts.devname,
			 t->what, first->facts.devname);
}

static errint find_named(struct boot *b, struct mount_target *t, const struct block_dev **out)
{
	const struct block_dev *dev, *found = NULL, *unread = NULL;

	block_identify(b, &t->spec);
	for (unsigned i = 0; (dev = block_dev_at(b, i)); i++) {
		if (!target_names(b, &t->spec, dev))
			continue;
		if (dev->state != BLOCK_READ)
			unread = dev;
		else if (!found)
			found = dev;
		else if (!t->devname[0])
			say_duplicate(t, found, dev);
	}
	if (found) {
		*out = found;
		return 0;
	}
	if (unread)
		snprintf(t->waits_for, sizeof(t->waits_for), "%s %s", unread->facts.devname,
			 unread->state == BLOCK_NO_MEDIUM ? "has no medium" : "cannot be read yet");
	else
		t->waits_for[0] = '\0';
	return -EAGAIN;
}

bool driver_settled(struct boot *b, struct mount_target *t, const char *name, const char *type)
{
	struct module_match m[FS_MODULES_MAX];
	errint n;

	if (!b->plan)
		return true;
	/* Harmless when it is wanted already; -ENOENT: built in, or not here and mount(2) will say so. */
	if (loader_want(b, name, t->what) < 0)
		return true;
	loader_kick(b);
	n = lookup_modules(&b->ix, &b->conf, name, LOOKUP_USABLE, m, FS_MODULES_MAX);
	for (errint i = 0; i < n && i < FS_MODULES_MAX; i++) {
		struct load_status s;
		if (m[i].module == MODULE_NONE)
			continue;
		planner_status(b->plan, m[i].module, &s);
		if (s.state == LOAD_WAITING || s.state == LOAD_READY || s.state == LOAD_LOADING) {
			snprintf(t->waits_for, sizeof(t->waits_for), "the driver of %s is being loaded", type);
			return false;
		}
	}
	return true;
}

bool fs_driver_settled(struct boot *b, struct mount_target *t, const char *type)
{
	char name[48];

	snprintf(name, sizeof(name), "fs-%s", type);
	return driver_settled(b, t, name, type);
}

/* Whether the drivers of what may be on DEV have come to an end. */
static bool drivers_settled(struct boot *b, struct mount_target *t, const struct block_dev *dev)
{
	char type[32];

	if (!dev->handler || (dev->handler->role != HANDLER_FILESYSTEM && !mirror_overridden(t, dev)))
		return true;
	for (unsigned i = 0; mount_type_at(t->types, dev->facts.fs_type, i, type, sizeof(type)); i++)
		if (!fs_driver_settled(b, t, type))
			return false;
	return true;
}

/* 0 may be mounted, -EAGAIN wait, -errno never. */
static errint may_mount(struct boot *b, struct mount_target *t, const struct block_dev *dev)
{
	const struct handler *h = dev->handler;
	errint err;

	if (h && h->role == HANDLER_NOT_HERE && !mirror_overridden(t, dev))
		return root_give_up(b->root, -EOPNOTSUPP,
				    "%s is %s, which holds %s (%s): no handler in this image can open it", t->what,
				    dev->facts.devname, h->what, dev->facts.fs_type);
	if (h && h->role == HANDLER_SWAP)
		return root_give_up(b->root, -EINVAL, "%s names %s, which is %s", t->what, dev->facts.devname, h->what);
	if (!h && !t->types)
		return root_give_up(b->root, -EINVAL,
				    dev->ambivalent
					? "%s is %s, which has contradicting signatures: see `wipefs -n`, or say "
					  "rootfstype="
					: "%s is %s, on which no file system is recognised: it is empty or damaged, or "
					  "say rootfstype=",
				    t->what, dev->facts.devname);
	err = mirror_check(b, t, dev);
	if (err < 0)
		return err;
	return h && h->ready ? h->ready(b, dev, t) : 0;
}

static errint options_for(struct boot *b, const struct mount_target *t, const struct block_dev *dev, const char *type,
			  struct mount_options *o)
{
	const struct block_dev *image = resume_image(b);
	bool write = t->read_write && !(t->spec.kind == ROOT_AUTO && gpt_partition_read_only(dev));
	const char *no_replay = image ? mount_no_replay_option(type) : NULL;
	errint err = mount_options_parse(t->flags, write ? 0 : MS_RDONLY, o);

	if (err < 0)
		return root_give_up(b->root, err, "the mount options of %s are too long", t->what);
	/* Also when the options say rw: what is written goes elsewhere. */
	if (overlay_wanted(b) && t != &b->root->overlay)
		o->flags |= MS_RDONLY;
	if (!image)
		return 0;
	if (t->tries == 0)
		log_err("%s holds a hibernation image that was not resumed: %s is mounted read-only, and no disk can "
			"be written to. To resume, boot with resume=/dev/%s; to give the image up, boot with noresume",
			image->facts.devname, t->what, image->facts.devname);
	o->flags |= MS_RDONLY;
	return no_replay ? mount_options_add(o, no_replay) : 0;
}

static void mounted(struct boot *b, struct mount_target *t, const struct block_dev *dev, bool read_only, bool wanted_ro,
		    uint64_t start)
{
	char detail[120];

	snprintf(t->fs_type, sizeof(t->fs_type), "%s", t->tried_type);
	snprintf(detail, sizeof(detail), "%s %s", dev->facts.devname, t->fs_type);
	timeline_step(STEP_MOUNT, t->what, detail, -1, 0, start, clock_ns());
	if (read_only && !wanted_ro)
		log_warn("%s is write-protected: %s is mounted read-only", dev->facts.devname, t->what);
	log_info("mounted %s (%s) on %s %s after %u tr%s", dev->facts.devname, t->fs_type, t->where,
		 read_only ? "read-only" : "read-write", t->tries, t->tries == 1 ? "y" : "ies");
	t->error = 0;
	break_at(b, STAGE_MOUNT);
}

/* What mount(2)'s error mostly means for a device whose file system was recognised. */
static const char *hint(int error)
{
	switch (error) {
	case -EINVAL:
	case -EUCLEAN:
		return ": an option is unknown to it, or the file system is damaged; the kernel log says more";
	case -ENOENT:
		return ": there is no such subvolume, or this image lacks a module that the file system asks for; the "
		       "kernel "
		       "log says more";
	case -ETIMEDOUT:
		return ": the device has stopped answering; the kernel log says more";
	case -EROFS:
		return ": it must be repaired or replayed, which needs writing, and the device is write-protected";
	default:
		return "";
	}
}

/* Whether the last error of T is one of those that file systems have for a log or journal device that is not there. */
static bool may_lack_device(const struct mount_target *t)
{
	return t->error == -ENOENT || t->error == -EINVAL;
}

/* The disk of the log may be slower than the file system's own. */
static bool log_awaited(struct boot *b, struct mount_target *t, const struct mount_options *o)
{
	char other[120];

	if (!may_lack_device(t) || !mount_names_device(o->data, other, sizeof(other)) || root_settled(b))
		return false;
	snprintf(t->waits_for, sizeof(t->waits_for), "%s cannot be mounted yet as %s with %s: %s", t->devname,
		 t->tried_type, other, strerror(-t->error));
	return true;
}

/* Nothing will change by waiting: say what was tried and what contradicts it. */
static errint mount_failed(struct boot *b, const struct mount_target *t, const struct block_dev *dev,
			   const struct mount_options *o)
{
	const char *signature = dev->facts.fs_type;
	const char *name = dev->facts.devname;
	char other[120];

	if (t->types && signature && !strstr(t->types, signature) && !strstr(t->types, "auto"))
		return root_give_up(b->root, t->error, "%s (%s) holds %s, but rootfstype= (or fstab) says %s: %s",
				    t->what, name, signature, t->types, strerror(-t->error));
	if (t->error == -ENODEV)
		return root_give_up(b->root, t->error,
				    "%s (%s) holds %s: the kernel has no driver for it, and this image no module fs-%s",
				    t->what, name, t->tried_type, t->tried_type);
	if (may_lack_device(t) && mount_names_device(o->data, other, sizeof(other)))
		return root_give_up(
		    b->root, t->error,
		    "mounting %s (%s) as %s with %s failed: %s: that device has not come, or is known by "
		    "another name here (only the kernel's own are); the kernel log says more",
		    t->what, name, t->tried_type, other, strerror(-t->error));
	return root_give_up(b->root, t->error, "mounting %s (%s) as %s%s%s failed: %s%s", t->what, name, t->tried_type,
			    o->data[0] ? " with options " : "", o->data, strerror(-t->error), hint(t->error));
}

/* Every type in its turn. 1 mounted, 0 wait, -errno no hope. */
static errint try_mount(struct boot *b, struct mount_target *t, const struct block_dev *dev)
{
	struct mount_options o = {0};
	uint64_t start = clock_ns();
	char node[512];

	block_node(b, dev, node, sizeof(node));
	for (unsigned i = 0; mount_type_at(t->types, dev->facts.fs_type, i, t->tried_type, sizeof(t->tried_type));
	     i++) {
		bool read_only;
		errint err = options_for(b, t, dev, t->tried_type, &o);
		if (err < 0)
			return err;
		t->tries++;
		resume_protect(b);
		resume_too_late(b);
		t->error = mount_device(node, t->where, t->tried_type, &o, &read_only);
		if (t->error == 0) {
			mounted(b, t, dev, read_only, o.flags & MS_RDONLY, start);
			return 1;
		}
		log_debug("mounting %s as %s: %s", node, t->tried_type, strerror(-t->error));
		if (mount_error_passes(t->error))
			break;
	}
	if (mount_error_passes(t->error))
		snprintf(t->waits_for, sizeof(t->waits_for), "%s cannot be mounted yet as %s: %s", dev->facts.devname,
			 t->tried_type, strerror(-t->error));
	else if (!log_awaited(b, t, &o))
		return mount_failed(b, t, dev, &o);
	t->next_try_ns = clock_ns() + (t->tries < 10 ? RETRY_FIRST_NS : RETRY_LAST_NS);
	return 0;
}

/* True when a person or a hook had the machine meanwhile, so that DEV may be gone. */
static bool note_found(struct boot *b, struct mount_target *t, const struct block_dev *dev)
{
	uint64_t now = clock_ns();
	char detail[120];

	if (strcmp(t->devname, dev->facts.devname) == 0)
		return false;
	snprintf(t->devname, sizeof(t->devname), "%s", dev->facts.devname);
	snprintf(detail, sizeof(detail), "%s %s", t->devname, dev->facts.fs_type ? dev->facts.fs_type : "");
	timeline_step(STEP_ROOT_FOUND, t->what, detail, -1, 0, now, now);
	log_info("%s is %s%s%s", t->what, t->devname, dev->facts.fs_type ? ", " : "",
		 dev->facts.fs_type ? dev->facts.fs_type : "");
	return root_pre_mount(b);
}

errint target_step(struct boot *b, struct mount_target *t)
{
	const struct block_dev *dev = NULL;
	errint err;

	if (clock_ns() < t->next_try_ns)
		return 0;
	if (t->spec.kind == ROOT_AUTO)
		err = gpt_auto_find(b, t == &b->root->usr ? GPT_USR : GPT_ROOT, t, &dev);
	else
		err = find_named(b, t, &dev);
	if (err == -EAGAIN)
		t->devname[0] = '\0';
	if (err < 0)
		return err == -EAGAIN ? 0 : err;
	if (!drivers_settled(b, t, dev) || note_found(b, t, dev))
		return 0;
	err = may_mount(b, t, dev);
	if (err < 0)
		return err == -EAGAIN ? 0 : err;
	return try_mount(b, t, dev);
}
