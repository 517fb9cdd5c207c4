/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hardware that an image is for, or is built on, and whether the image can boot there. */
#include "build.h"
#include "confined.h"
#include "stack.h"

/* Whether what is mounted on / is a disk image: behind a loop device, or served by qemu-nbd. */
static bool is_disk_image(const struct hw_profile *p)
{
	const struct hw_stack *root = profile_stack(p, "/");

	return root && (stack_has_layer(root, "loop") || stack_has_layer(root, "nbd"));
}

/*
 * What keeps an image for any machine from being refused: the machine that builds it is not the one that boots it. A
 * chroot alone does not tell that: of a rescue system, or an installer, it is on the very disks that are booted from.
 * NULL: nothing.
 */
static const char *built_elsewhere(const struct build *b)
{
	const char *where = b->mode == MODE_GENERIC && !b->opt->hardware ? confined_in("") : NULL;

	return where && (confined_contained("") || confined_below("") || is_disk_image(&b->profile)) ? where : NULL;
}

/* A stack that early-init cannot assemble is refused before anything is built: exit 3, the old image stays. */
static struct err *check_stacks(const struct build *b)
{
	const char *where = built_elsewhere(b);
	const struct config_words *features = &b->config.image.features;
	CLEANUP(buf_free) struct buf why = {0}, way_out = {0};

	if (!where)
		return stack_check(&b->profile, features);
	if (stack_obstacle(&b->profile, features, &why, &way_out))
		warn("%s; this is %s, so that is taken for a part of the machine that builds, not of the one that "
		     "boots the image",
		     why.data, where);
	return NULL;
}

struct err *build_read_hardware(struct build *b)
{
	bool this_machine = !*b->sysroot;

	build_enter(b, STAGE_HARDWARE);
	if (b->opt->hardware)
		TRY(profile_read(b->opt->hardware, &b->profile));
	else if (this_machine || b->mode == MODE_HOST)
		TRY(profile_capture("", b->sysroot, &b->profile));
	else
		return NULL;
	b->has_profile = true;
	if (b->mode == MODE_HOST)
		profile_warn_unknown(&b->profile);
	return check_stacks(b);
}
