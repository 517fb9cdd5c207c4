/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /usr on a device of its own must be there before the real init starts (systemd's programs lie in it). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "newroot.h"
#include "plan/text.h"
#include "root.h"
#include "textfile.h"

#define FSTAB_MAX (256 * 1024)

/* fstab(5): blanks and tabs inside a field are written \040 and \011. */
static void undo_octal(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

bool fstab_find(char *fstab, const char *mount_point, struct fstab_line *out)
{
	static char none[] = "";
	char *lines = NULL;

	for (char *line = strtok_r(fstab, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *rest = NULL, *source = strtok_r(line, " \t", &rest), *where = strtok_r(NULL, " \t", &rest);
		char *type = strtok_r(NULL, " \t", &rest), *options = strtok_r(NULL, " \t", &rest);
		if (!source || source[0] == '#' || !where || !type)
			continue;
		undo_octal(where);
		/* As mount(8) takes it. */
		text_drop_slashes(where);
		if (strcmp(where, mount_point) != 0)
			continue;
		*out = (struct fstab_line){source, type, options ? options : none};
		undo_octal(source);
		undo_octal(out->options);
		return true;
	}
	return false;
}

static bool is_given(const char *value)
{
	return value && *value;
}

static errint from_command_line(struct boot *b, struct mount_target *t)
{
	errint err = rootspec_parse(b->opt.mount_usr, &t->spec);

	if (err < 0)
		return root_give_up(b->root, err, "mount.usr=%s is malformed", b->opt.mount_usr);
	t->types = b->opt.mount_usrfstype;
	t->flags = b->opt.mount_usrflags;
	return 1;
}

/*
 * Only how /usr is to be mounted was said: it is on the root's device (systemd-fstab-generator(8)), another subvolume
 * of it mostly. What was not said is as it is for the root.
 */
static errint from_root_device(struct boot *b, struct mount_target *t)
{
	const struct boot_options *opt = &b->opt;
	const struct mount_target *root = &b->root->root;

	if (!root->devname[0]) {
		log_warn("mount.usrflags= and mount.usrfstype= are ignored: the root is on no device of its own, and "
			 "there is "
			 "no mount.usr=");
		return 0;
	}
	t->spec = (struct root_spec){.kind = ROOT_DEVNAME};
	snprintf(t->spec.value, sizeof(t->spec.value), "%s", root->devname);
	t->types = is_given(opt->mount_usrfstype) ? opt->mount_usrfstype : root->types;
	t->flags = is_given(opt->mount_usrflags) ? opt->mount_usrflags : root->flags;
	return 1;
}

static errint from_fstab(struct boot *b, struct mount_target *t)
{
	struct root_search *rs = b->root;
	char *CLEANUP(free_string) text = calloc(1, FSTAB_MAX);
	struct fstab_line line;
	int CLEANUP(close_fd) fd = newroot_open(NEWROOT, "/etc/fstab", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (!text)
		return root_give_up(rs, -ENOMEM, "no memory to read fstab");
	n = fd < 0 ? 0 : read(fd, text, FSTAB_MAX - 1);
	if (n <= 0 || !fstab_find(text, "/usr", &line) || mount_has_word(line.options, "noauto"))
		return 0;
	if (mount_has_word(line.options, "bind") || rootspec_parse(line.source, &t->spec) < 0 ||
	    t->spec.kind == ROOT_AUTO || t->spec.kind == ROOT_NET || t->spec.kind == ROOT_UNSUPPORTED) {
		log_warn("/usr is on \"%s\" (%s): left to the real init", line.source, line.type);
		return 0;
	}
	snprintf(rs->usr_types, sizeof(rs->usr_types), "%s", line.type);
	if ((size_t)snprintf(rs->usr_flags, sizeof(rs->usr_flags), "%s", line.options) >= sizeof(rs->usr_flags))
		return root_give_up(rs, -ENAMETOOLONG, "the mount options of /usr in fstab are too long");
	t->types = rs->usr_types;
	t->flags = rs->usr_flags;
	return 1;
}

errint usr_wanted(struct boot *b)
{
	struct root_search *rs = b->root;
	errint err;

	rs->usr.read_write = b->opt.read_write;
	if (is_given(b->opt.mount_usr))
		return from_command_line(b, &rs->usr);
	err = is_given(b->opt.mount_usrflags) || is_given(b->opt.mount_usrfstype) ? from_root_device(b, &rs->usr) : 0;
	if (err == 0)
		err = from_fstab(b, &rs->usr);
	if (err != 0)
		return err;
	return rs->root.spec.kind == ROOT_AUTO ? gpt_auto_has_usr(b) : 0;
}
