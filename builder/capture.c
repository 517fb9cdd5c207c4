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

void profile_unknown(const struct hw_profile *p, struct buf *out)
{
	const struct hw_stack *root = profile_stack(p, "/");

	if (p->devices.count == 0)
		buf_puts(out, "no device was found in /sys\n");
	if (!root)
		buf_puts(out, "what is mounted on / is not known\n");
	for (size_t i = 0; i < p->stacks.count; i++) {
		const struct hw_stack *s = &p->stacks.items[i];

		if (s->layers.count == 0)
			buf_printf(out, "no block device was found under %s (%s, %s)\n", s->mount,
				   s->source ? s->source : "source unknown", s->fstype ? s->fstype : "type unknown");
	}
}
