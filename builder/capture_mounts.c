/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mounts a boot needs, and on what: proc_pid_mountinfo(5), fstab(5), and
 * resume= of the kernel command line.
 */
#include <string.h>

#include "../early-init/plan/cmdline.h"
#include "../early-init/plan/rootspec.h"
#include "../early-init/plan/text.h"
#include "capture.h"
#include "sysroot.h"

/* Largest table read: a machine with ten thousand mounts has some 2 MiB. */
#define TABLE_MAX (16u << 20)

static const char *const mounts[] = {"/", "/usr"};

/* Undo the octal escapes of both tables (\040 is a blank) in place. */
static char *unescape(char *word)
{
	char *to = word;

	for (const char *from = word; *from;) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return word;
}

/* Words of LINE, at most MAX, split in place at blanks. */
static size_t split(char *line, char **words, size_t max)
{
	size_t n = 0;
	char *rest = line, *word;

	while (n < max && (word = strsep(&rest, " \t")))
		if (*word)
			words[n++] = word;
	return n;
}

/* Stack for MOUNT, replacing what an earlier line said: the last mount on a directory is the one seen. */
static struct hw_stack *new_stack(struct hw_profile *p, const char *mount, const char *source, const char *fstype)
{
	struct hw_stack s = {.mount = arena_strdup(&p->arena, mount),
			     .source = arena_strdup(&p->arena, source),
			     .fstype = fstype ? arena_strdup(&p->arena, fstype) : NULL};

	for (size_t i = 0; i < p->stacks.count; i++) {
		if (strcmp(p->stacks.items[i].mount, mount) == 0) {
			VEC_FREE(&p->stacks.items[i].layers);
			p->stacks.items[i] = s;
			return &p->stacks.items[i];
		}
	}
	VEC_PUSH(&p->stacks, s);
	return &p->stacks.items[p->stacks.count - 1];
}

/* Devices for the log and the like that OPTIONS (taken apart in place; NULL: none) name are under S, too. */
static void add_named(const char *machine, struct hw_profile *p, struct hw_stack *s, char *options)
{
	char *word;

	while (options && (word = strsep(&options, ","))) {
		const char *source = rootspec_in_option(word);
		const char *syspath = source ? block_by_source(machine, source, p) : NULL;

		if (syspath)
			capture_layers(machine, syspath, p, s);
	}
}

/* A mount as one of the tables has it; NULL where it says nothing. OPTIONS is taken apart. */
struct mount_line {
	const char *mount, *source, *fstype, *devno;
	char *options;
};

static void add_stack(const char *machine, struct hw_profile *p, const struct mount_line *line)
{
	const char *devno = line->devno, *source = line->source;
	struct hw_stack *s = new_stack(p, line->mount, source, line->fstype);
	/* Major 0: btrfs and overlay have an anonymous number; only the source tells. */
	const char *syspath = devno && strncmp(devno, "0:", 2) != 0 ? block_by_number(machine, devno, p) : NULL;

	if (!syspath)
		syspath = block_by_source(machine, source, p);
	if (!syspath)
		return;
	if (s->fstype && strcmp(s->fstype, "btrfs") == 0)
		capture_btrfs(machine, syspath, p, s);
	else
		capture_layers(machine, syspath, p, s);
	add_named(machine, p, s, line->options);
}

/* MOUNT is cut to how the others write it: "/usr/" of an fstab is "/usr". */
static bool is_needed(char *mount)
{
	text_drop_slashes(mount);
	for (unsigned i = 0; i < ARRAY_SIZE(mounts); i++)
		if (strcmp(mounts[i], mount) == 0)
			return true;
	return false;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": optional fields end at "-". */
static void take_mountinfo(const char *machine, struct hw_profile *p, char *line)
{
	char *words[32];
	size_t n = split(line, words, ARRAY_SIZE(words)), dash = 6;

	while (dash < n && strcmp(words[dash], "-") != 0)
		dash++;
	if (dash + 2 >= n || !is_needed(unescape(words[4])))
		return;
	add_stack(machine, p,
		  &(struct mount_line){.mount = words[4],
				       .source = unescape(words[dash + 2]),
				       .fstype = words[dash + 1],
				       .devno = words[2],
				       .options = dash + 3 < n ? unescape(words[dash + 3]) : NULL});
}

/* TABLE's text, or NULL when it is not there. */
static struct err *read_table(const char *root, const char *table, char **text)
{
	AUTOFREE char *path = sysroot_path(root, table);
	size_t len;

	*text = NULL;
	return path_exists(path) ? file_read(path, TABLE_MAX, text, &len) : NULL;
}

struct err *capture_mounted(const char *machine, struct hw_profile *p)
{
	AUTOFREE char *text = NULL;
	char *rest, *line;

	TRY(read_table(machine, "proc/self/mountinfo", &text));
	rest = text;
	while (rest && (line = strsep(&rest, "\n")))
		take_mountinfo(machine, p, line);
	return NULL;
}

/* One line of fstab that is no comment and has at least device, mount point and type. OPTIONS may be NULL. */
typedef void fstab_fn(void *arg, char *source, char *mount, char *fstype, char *options);

static struct err *each_fstab_line(const char *root, fstab_fn *take, void *arg)
{
	AUTOFREE char *text = NULL;
	char *rest, *line, *words[4];
	size_t n;

	TRY(read_table(root, "etc/fstab", &text));
	rest = text;
	while (rest && (line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		n = split(line, words, 4);
		if (n >= 3 && words[0][0] != '#')
			take(arg, unescape(words[0]), unescape(words[1]), words[2], n > 3 ? unescape(words[3]) : NULL);
	}
	return NULL;
}

struct fstab_want {
	const char *machine;
	struct hw_profile *p;
};

static void take_needed(void *arg, char *source, char *mount, char *fstype, char *options)
{
	struct fstab_want *w = arg;

	if (is_needed(mount))
		add_stack(w->machine, w->p,
			  &(struct mount_line){.mount = mount,
					       .source = source,
					       .fstype = strcmp(fstype, "auto") != 0 ? fstype : NULL,
					       .options = options});
}

struct err *capture_fstab(const char *machine, const char *sysroot, struct hw_profile *p)
{
	struct fstab_want w = {machine, p};

	return each_fstab_line(sysroot, take_needed, &w);
}

static void take_swap(void *arg, char *source, char *mount, char *fstype, char *options)
{
	struct fstab_want *w = arg;

	(void)mount;
	(void)options;
	if (strcmp(fstype, "swap") == 0 && !profile_stack(w->p, "swap"))
		add_stack(w->machine, w->p, &(struct mount_line){.mount = "swap", .source = source, .fstype = "swap"});
}

struct err *capture_resume(const char *machine, const char *fstab_root, struct hw_profile *p)
{
	struct fstab_want w = {machine, p};
	struct boot_options opt = {0};
	AUTOFREE char *line = NULL;

	TRY(read_table(machine, "proc/cmdline", &line));
	if (line) {
		line[strcspn(line, "\n")] = '\0';
		cmdline_parse(line, &opt);
	}
	if (opt.noresume)
		return NULL;
	if (opt.resume) {
		add_stack(machine, p, &(struct mount_line){.mount = "resume", .source = opt.resume, .fstype = "swap"});
		return NULL;
	}
	/* Nobody has to hibernate there, but where somebody did, the image must see it. */
	return each_fstab_line(fstab_root, take_swap, &w);
}
