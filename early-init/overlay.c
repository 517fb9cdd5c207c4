/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlay.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "root.h"
#include "textfile.h"

#define BASE RUN_DIR "/overlay"
#define LOWER BASE "/lower"	  /* the root as it was mounted */
#define WRITABLE BASE "/writable" /* tmpfs or device: upper directories; the whole root with systemd.volatile=yes */
/* systemd finds the block device of the root by this link (systemd-volatile-root). */
#define VOLATILE_LINK "/run/systemd/volatile-root"

static bool in_overlay(const struct boot *b)
{
	return b->opt.overlay || b->opt.volatile_mode == VOLATILE_OVERLAY;
}

static bool usr_only(const struct boot *b)
{
	return !in_overlay(b) && b->opt.volatile_mode == VOLATILE_YES;
}

bool overlay_wanted(const struct boot *b)
{
	return in_overlay(b) || usr_only(b);
}

void overlay_default(struct boot *b)
{
	if (!b->opt.no_overlay && !b->opt.overlay && b->opt.volatile_mode == VOLATILE_NO)
		b->opt.overlay = "";
}

static errint make_dirs(void)
{
	static const char *const dirs[] = {BASE, LOWER, WRITABLE};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

errint overlay_target(struct boot *b)
{
	struct mount_target *t = &b->root->overlay;
	const char *device = b->opt.overlay;
	errint err = make_dirs();

	*t = (struct mount_target){.what = "the overlay's device"};
	if (err < 0)
		return root_give_up(b->root, err, "cannot make %s: %s", BASE, strerror(-err));
	if (usr_only(b) || !device || !*device)
		return 0;
	err = rootspec_parse(device, &t->spec);
	if (err < 0 || t->spec.kind == ROOT_AUTO || t->spec.kind == ROOT_NET || t->spec.kind == ROOT_UNSUPPORTED)
		return root_give_up(b->root, -EINVAL,
				    "rd.overlay=%s names no device: write UUID=, LABEL=, PARTUUID=, PARTLABEL= or "
				    "/dev/NAME, or rd.overlay=1 for one in memory",
				    device);
	t->where = WRITABLE;
	t->read_write = true;
	return 1;
}

/* ---- parts ---- */

/* NAME below WRITABLE, with mode and owner of LIKE when it is new: the upper directory's are seen in the merged root.
 */
static errint make_like(const char *name, const char *like)
{
	char path[PATH_MAX];
	struct stat st;
	errint err = path_format(path, sizeof(path), WRITABLE "/%s", name);

	if (err < 0)
		return err;
	if (stat(like, &st) < 0)
		return -errno;
	if (mkdir(path, st.st_mode & 07777) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chown(path, st.st_uid, st.st_gid) < 0 || chmod(path, st.st_mode & 07777) < 0 ? -errno : 0;
}

static bool is_mount_point_of(const char *dir, const char *parent)
{
	struct stat here, above;

	return stat(dir, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

/* The tree at LOWER_DIR, writable at WHERE; what is written goes to UPPER and WORK of the writable file system. */
static errint mount_overlay(const char *lower_dir, const char *where, const char *upper, const char *work)
{
	struct mount_options o = {0};
	bool read_only;
	errint err = make_like(upper, lower_dir);

	if (err == 0)
		err = make_like(work, lower_dir);
	if (err == 0)
		err =
		    path_format(o.data, sizeof(o.data), "lowerdir=%s,upperdir=" WRITABLE "/%s,workdir=" WRITABLE "/%s",
				lower_dir, upper, work);
	return err < 0 ? err : mount_device("overlay", where, "overlay", &o, &read_only);
}

static errint cover_all(void)
{
	errint err = mount_overlay(LOWER, NEWROOT, "upper", "work");

	/* An overlay does not reach into what is mounted inside its lower directory. */
	if (err == 0 && is_mount_point_of(LOWER "/usr", LOWER)) {
		err = mount_overlay(LOWER "/usr", NEWROOT "/usr", "upper-usr", "work-usr");
		if (err < 0)
			umount2(NEWROOT, MNT_DETACH);
	}
	return err;
}

/* ---- systemd.volatile=yes ---- */

/* "bin" -> "usr/bin" and the like, without which no program of /usr is found. */
static errint copy_links(int from, int to)
{
	int listed = fcntl(from, F_DUPFD_CLOEXEC, 0);
	DIR *dir = listed < 0 ? NULL : fdopendir(listed);
	struct dirent *e;
	errint err = 0;

	if (!dir)
		return -errno;
	while (err == 0 && (e = readdir(dir))) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(from, e->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strncmp(target + (target[0] == '/'), "usr/", 4) == 0 && symlinkat(target, to, e->d_name) < 0 &&
		    errno != EEXIST)
			err = -errno;
	}
	closedir(dir);
	return err;
}

/* What systemd makes itself in an empty root (base_filesystem_create) other inits expect to find. */
static errint make_base(int to)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = {{"etc", 0755}, {"var", 0755}, {"root", 0700}, {"tmp", 01777}, {"home", 0755}, {"mnt", 0755}};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if ((mkdirat(to, dirs[i].name, dirs[i].mode) < 0 && errno != EEXIST) ||
		    fchmodat(to, dirs[i].name, dirs[i].mode, 0) < 0)
			return -errno;
	return 0;
}

static errint keep_usr(void)
{
	int CLEANUP(close_fd) from = open(LOWER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int CLEANUP(close_fd) to = open(WRITABLE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errint err;

	if (from < 0 || to < 0)
		return -errno;
	if (faccessat(from, "usr/bin", F_OK, 0) < 0)
		return -ENOENT;
	err = copy_links(from, to);
	if (err == 0)
		err = make_base(to);
	if (err < 0)
		return err;
	if (mkdirat(to, "usr", 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mount(LOWER "/usr", WRITABLE "/usr", NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, WRITABLE "/usr", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0 ||
	    mount(WRITABLE, NEWROOT, NULL, MS_MOVE, NULL) < 0)
		return -errno;
	return 0;
}

/* ---- together ---- */

static void link_block_device(void)
{
	char target[64];
	struct stat st;

	if (stat(LOWER, &st) < 0 || major(st.st_dev) == 0)
		return;
	snprintf(target, sizeof(target), "/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	if ((mkdir("/run/systemd", 0755) < 0 && errno != EEXIST) ||
	    (symlink(target, VOLATILE_LINK) < 0 && errno != EEXIST))
		log_warn("cannot make %s: %s: systemd will not know the root's device", VOLATILE_LINK, strerror(errno));
}

static errint mount_tmpfs(const char *where)
{
	return mount("tmpfs", where, "tmpfs", MS_STRICTATIME, "mode=0755") < 0 ? -errno : 0;
}

/* Why, in words, for what mount(2) says here. */
static const char *hint(const struct boot *b, errint err)
{
	if (err == -ENODEV)
		return ": this image has no driver of overlays: build it with --feature overlay";
	if (err == -ENOENT && usr_only(b))
		return ": systemd.volatile=yes needs a root whose programs lie in /usr";
	if (err == -EROFS)
		return ": the file system that should take the writes cannot be written";
	if (err == -EINVAL)
		return ": the file system that should take the writes cannot do it (ext4, xfs, btrfs or tmpfs can); "
		       "the "
		       "kernel log says more";
	return "";
}

static errint failed(struct boot *b, errint err)
{
	umount2(WRITABLE "/usr", MNT_DETACH);
	umount2(WRITABLE, MNT_DETACH);
	if (is_mount_point_of(LOWER, BASE) && mount(LOWER, NEWROOT, NULL, MS_MOVE, NULL) < 0)
		log_warn("cannot move the root back from %s: %s", LOWER, strerror(errno));
	return root_give_up(b->root, err, "the overlay of the root cannot be made: %s%s", strerror(-err), hint(b, err));
}

static errint make_state(struct boot *b)
{
	errint err = b->opt.volatile_mode == VOLATILE_STATE ? mount_tmpfs(NEWROOT "/var") : 0;

	if (err < 0)
		return root_give_up(b->root, err, "systemd.volatile=state: cannot mount a tmpfs on /var: %s",
				    strerror(-err));
	return 0;
}

errint overlay_apply(struct boot *b)
{
	const struct mount_target *t = &b->root->overlay;
	uint64_t start = clock_ns();
	errint err = 0;

	if (!overlay_wanted(b))
		return make_state(b);
	if (!t->where)
		err = mount_tmpfs(WRITABLE);
	if (err == 0 && mount(NEWROOT, LOWER, NULL, MS_MOVE, NULL) < 0)
		err = -errno;
	if (err == 0)
		err = usr_only(b) ? keep_usr() : cover_all();
	timeline_step(STEP_MOUNT, "overlay", t->where ? t->devname : "memory", -1, err, start, clock_ns());
	if (err < 0)
		return failed(b, err);
	link_block_device();
	log_info("%s; the root itself is read-only, at %s",
		 usr_only(b) ? "the root is in memory, with /usr of the disk" : "the root has an overlay", LOWER);
	if (!usr_only(b))
		log_info("what is written goes to %s", t->where ? t->devname : "memory");
	return make_state(b);
}
