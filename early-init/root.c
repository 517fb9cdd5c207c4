/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of the search: root, /usr, overlay. One try is in target.c, the time for it in root_wait.c. */
#include "root.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "netroot.h"
#include "overlay.h"

errint root_give_up(struct root_search *rs, errint err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(rs->why, sizeof(rs->why), fmt, args);
	va_end(args);
	rs->result = err;
	return err;
}

/*
 * Ask for the drivers of the types that rootfstype= names, or else of the one
 * that this image expects, before any device is there: they load beside the disk's.
 */
static void want_types(struct boot *b)
{
	const char *types = b->opt.rootfstype;
	char type[32], name[40];

	if (!types && b->ix.base)
		types = index_setting(&b->ix, "root-filesystem");
	for (unsigned i = 0; types && mount_type_at(types, NULL, i, type, sizeof(type)); i++) {
		snprintf(name, sizeof(name), "fs-%s", type);
		if (loader_want(b, name, b->opt.rootfstype ? "rootfstype=" : "root-filesystem of this image") < 0)
			log_debug("no module for file system %s in this image: built in, or missing", type);
	}
	if (overlay_wanted(b) && loader_want(b, "fs-overlay", "the overlay of the root") < 0)
		log_debug("no module for overlays in this image: built in, or missing");
}

static errint start_search(struct boot *b)
{
	struct root_search *rs = b->root;
	const struct boot_options *opt = &b->opt;

	*rs = (struct root_search){
	    .timer = rs->timer,
	    .timer_due_ns = rs->timer_due_ns,
	    .resume = rs->resume,
	    .net = rs->net,
	    .root = {.what = "root", .where = NEWROOT, .types = opt->rootfstype, .flags = opt->rootflags},
	    .usr = {.what = "/usr", .where = NEWROOT "/usr"},
	};
	rs->root.read_write = opt->read_write && !overlay_wanted(b);
	root_wait_begin(rs, opt->rootdelay_s, cmdline_root_limit(opt));
	return rootspec_parse(opt->root, &rs->root.spec);
}

static void check_spec(struct boot *b, errint err)
{
	struct root_search *rs = b->root;
	char shown[NETROOT_MASKED_MAX];
	const char *text = netroot_masked(b->opt.root ? b->opt.root : "", shown, sizeof(shown));

	if (rs->result < 0 || (rs->net && !rs->net->spec.device_only))
		return;
	if (err < 0)
		root_give_up(rs, err, "root=%s is malformed: write UUID=, LABEL=, PARTUUID=, PARTLABEL= or /dev/NAME",
			     text);
	else if (rs->root.spec.kind == ROOT_NET)
		root_give_up(rs, -EOPNOTSUPP, "root=%s is on the network: no network handler in this image", text);
	else if (rs->root.spec.kind == ROOT_UNSUPPORTED)
		root_give_up(rs, -EOPNOTSUPP,
			     "root=%s is of a kind that this image has no handler for (UUID=, LABEL=, PARTUUID=, "
			     "PARTLABEL= and /dev/NAME are known)",
			     text);
}

errint root_init(struct boot *b)
{
	errint err;

	/* Asked again after the shell was left: root_step() knows what is done and what to try anew. */
	if (b->root)
		return 0;
	b->root = calloc(1, sizeof(*b->root));
	if (!b->root) {
		log_err("no memory for the search of the root");
		return -ENOMEM;
	}
	err = start_search(b);
	if (netroot_init(b) == 0)
		check_spec(b, err);
	want_types(b);
	if (b->root->root.spec.kind == ROOT_AUTO)
		gpt_auto_prepare(b);
	return 0;
}

static struct mount_target *current_target(struct root_search *rs)
{
	switch (rs->state) {
	case ROOT_USR:
		return &rs->usr;
	case ROOT_OVERLAY:
		return &rs->overlay;
	case ROOT_SEARCH:
	case ROOT_MOUNTED:
		break;
	}
	return &rs->root;
}

/* A target is mounted: 1 there is another one to look for, 0 all are there, -errno. */
static errint next_target(struct boot *b)
{
	struct root_search *rs = b->root;
	errint err = 0;

	resume_too_late(b);
	if (rs->state == ROOT_SEARCH) {
		err = usr_wanted(b);
		if (err == 1) {
			root_wait_again(rs);
			rs->state = ROOT_USR;
		}
	}
	if (err == 0 && rs->state != ROOT_OVERLAY && overlay_wanted(b)) {
		err = overlay_target(b);
		if (err >= 0) {
			root_wait_again(rs);
			rs->state = ROOT_OVERLAY;
		}
	}
	return err;
}

bool root_pre_mount(struct boot *b)
{
	bool shell = b->opt.break_at == STAGE_PRE_MOUNT;

	/* They may change what an image was made of. */
	if (shell || hooks_waiting(HOOK_PRE_MOUNT))
		resume_too_late(b);
	bool ran = hooks_run(b, HOOK_PRE_MOUNT);
	break_at(b, STAGE_PRE_MOUNT);
	return ran || shell;
}

static errint search_step(struct boot *b)
{
	struct root_search *rs = b->root;
	struct mount_target *t = current_target(rs);
	errint err;

	if (root_delayed(b))
		return 0;
	/* Nothing is mounted before the kernel had its chance to resume. */
	err = resume_step(b);
	if (err > 0 || !resume_swap_known(b)) {
		root_wake(b, ROOT_RETRY_MS);
		return 0;
	}
	/* An overlay in memory has no device to be looked for: only what failed before is tried again. */
	if (rs->state == ROOT_OVERLAY && !t->where)
		err = 1;
	else
		err = rs->state == ROOT_SEARCH && rs->net ? netroot_step(b, t) : 2;
	if (err == 2)
		err = target_step(b, t);
	if (err == 0)
		return root_wait(b, t);
	if (err < 0)
		return err;
	err = next_target(b);
	if (err == 1)
		return search_step(b);
	if (err == 0)
		err = overlay_apply(b);
	if (err < 0)
		return err;
	rs->state = ROOT_MOUNTED;
	return 1;
}

/* The shell was left: what failed is tried anew; a root that is mounted stays. */
static void restart(struct boot *b)
{
	struct root_search *rs = b->root;

	if (rs->state == ROOT_SEARCH) {
		errint err = start_search(b);
		if (rs->net)
			netroot_restart(b);
		check_spec(b, err);
		return;
	}
	rs->result = 0;
	rs->reported = false;
	current_target(rs)->next_try_ns = 0;
	current_target(rs)->error = 0;
	root_wait_again(rs);
}

void root_forget(struct boot *b)
{
	b->root->state = ROOT_SEARCH;
	b->root->reported = true;
}

void root_look_again(struct boot *b)
{
	if (b->blocks && !(b->root && b->root->state == ROOT_MOUNTED))
		block_read_all_again(b);
}

errint root_step(struct boot *b)
{
	struct root_search *rs = b->root;
	errint err;

	if (rs->state == ROOT_MOUNTED)
		return 1;
	if (rs->reported)
		restart(b);
	err = rs->result < 0 ? rs->result : search_step(b);
	if (err >= 0)
		return err;
	rs->reported = true;
	coldplug_finish(b);
	diagnose(b);
	return err;
}
