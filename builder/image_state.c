/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image_state.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image_manifest.h"

const char *image_maker(const struct image *img)
{
	/* In this order: dracut's images may hold what others have too, never the other way round. */
	static const struct {
		const char *path, *maker;
	} marks[] = {
	    {MANIFEST_PATH, "rootward"},
	    {"/usr/lib/dracut", "dracut"},
	    {"/lib/dracut", "dracut"},
	    {"/scripts/init-top", "initramfs-tools"},
	    {"/conf/arch.conf", "initramfs-tools"},
	    {"/init_functions", "mkinitcpio"},
	    {"/etc/booster.init.yaml", "booster"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (image_follow(img, marks[i].path, true))
			return marks[i].maker;
	return NULL;
}

const char *image_state_name(enum image_state s)
{
	switch (s) {
	case IMAGE_CURRENT:
		return "ok";
	case IMAGE_STALE:
		return "stale";
	case IMAGE_MISSING:
		return "missing";
	case IMAGE_FOREIGN:
		return "foreign";
	case IMAGE_UNREADABLE:
		return "unreadable";
	case IMAGE_DAMAGED:
		break;
	}
	return "damaged";
}

static struct err *compare(const char *sysroot, const struct image *img, struct image_status *out)
{
	struct inputs then = {0};
	bool found = false;
	struct err *e = inputs_read(img, &then, &found);

	if (!e && found)
		inputs_changed(&then, sysroot, &out->changes);
	else if (!e)
		out->trouble = xstrdup("it does not say what it was built from");
	inputs_free(&then);
	out->state = out->changes.all.count || out->trouble ? IMAGE_STALE : IMAGE_CURRENT;
	return e;
}

static struct err *look(const char *sysroot, const char *path, struct image_status *out)
{
	CLEANUP(image_close) struct image img = {0};

	TRY(image_open(path, &img));
	out->maker = image_maker(&img);
	if (out->maker && strcmp(out->maker, "rootward") == 0)
		return compare(sysroot, &img, out);
	out->state = IMAGE_FOREIGN;
	return NULL;
}

bool image_is_forbidden(const char *path)
{
	AUTOCLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 && (errno == EACCES || errno == EPERM);
}

void image_status_read(const char *sysroot, const char *path, struct image_status *out)
{
	bool forbidden = image_is_forbidden(path);

	*out = (struct image_status){.state = IMAGE_MISSING};
	if (!forbidden && !path_exists(path))
		return;
	struct err *e = look(sysroot, path, out);
	if (!e)
		return;
	out->state = forbidden ? IMAGE_UNREADABLE : IMAGE_DAMAGED;
	free(out->trouble);
	out->trouble = xstrdup(forbidden && geteuid() != 0 ? "only root may read it: try as root" : err_message(e));
	err_free(e);
}

void image_status_free(struct image_status *s)
{
	input_changes_free(&s->changes);
	free(s->trouble);
	*s = (struct image_status){0};
}
