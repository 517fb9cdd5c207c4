/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's hardware profile, taken from its /sys, /proc and /etc. */
#include "capture.h"

#include <string.h>

struct err *profile_capture(const char *machine, const char *sysroot, struct hw_profile *out)
{
	bool other_system = *sysroot && strcmp(sysroot, "/") != 0;

	*out = (struct hw_profile){0};
	out->kernel = machine_text(machine, "/proc/sys/kernel/osrelease", out);
	TRY(err_wrap(capture_devices(machine, out), "reading the hardware of this machine"));
	if (other_system) {
		TRY(capture_fstab(machine, sysroot, out));
		return capture_resume(machine, sysroot, out);
	}
	TRY(capture_mounted(machine, out));
	return capture_resume(machine, machine, out);
}

/* Nothing is missing where no block device can be: what is reached otherwise, and swap in a file. */
static bool has_no_device(const struct hw_stack *s)
{
	static const char *const types[] = {"nfs", "nfs4", "9p", "virtiofs", "cifs", "smb3", "ceph"};

	for (unsigned i = 0; s->fstype && i < ARRAY_SIZE(types); i++)
		if (strcmp(s->fstype, types[i]) == 0)
			return true;
	return strcmp(s->mount, "swap") == 0 && s->source && s->source[0] == '/' &&
	       strncmp(s->source, "/dev/", strlen("/dev/")) != 0;
}

void profile_unknown(const struct hw_profile *p, struct buf *out)
{
	const struct hw_stack *root = profile_stack(p, "/");

	if (p->devices.count == 0)
		buf_puts(out, "no device was found in /sys\n");
	if (!root)
		buf_puts(out, "what is mounted on / is not known\n");
	for (size_t i = 0; i < p->stacks.count; i++) {
		const struct hw_stack *s = &p->stacks.items[i];

		if (s->layers.count == 0 && !has_no_device(s))
			buf_printf(out, "no block device was found under %s (%s, %s)\n", s->mount,
				   s->source ? s->source : "source unknown", s->fstype ? s->fstype : "type unknown");
	}
}

void profile_warn_unknown(const struct hw_profile *p)
{
	CLEANUP(buf_free) struct buf unknown = {0};
	char *rest, *line;

	profile_unknown(p, &unknown);
	rest = unknown.data;
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			warn("%s", line);
}
