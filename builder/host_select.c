/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_select_parts.h"

#include <string.h>

#include "../early-init/plan/netroot.h"
#include "index_write.h"
#include "stack.h"

/* More modules than one alias of any kernel names. */
#define MATCHES_MAX 64

/* serio_raw matches every PS/2 device, and would take a keyboard away from the console. */
static bool takes_keyboards_away(const char *module)
{
	return strcmp(module, "serio_raw") == 0;
}

static struct err *want_once(struct host_selection *s, const struct index_module *m, const char *reason)
{
	if (takes_keyboards_away(m->name))
		return NULL;
	if (strmap_put(&s->seen, m->name, (void *)(uintptr_t)1))
		return NULL;
	return s->caller->want(s->caller->arg, m->name, reason);
}

struct err *host_want_query(struct host_selection *s, const char *query, const char *why, host_takes_fn *takes,
			    unsigned *found)
{
	struct module_match matches[MATCHES_MAX];
	errint n = lookup_modules(&s->ix, NULL, query, LOOKUP_USABLE, matches, MATCHES_MAX);

	*found = 0;
	for (errint i = 0; i < n && i < MATCHES_MAX; i++) {
		AUTOFREE char *reason = NULL;
		struct index_module m;

		if (index_module(&s->ix, matches[i].module, &m) < 0)
			continue;
		++*found;
		/* modprobe.d's blacklist holds for the boot as well: by alias such a module would not be loaded. */
		if (!(m.flags & MODULE_PRESENT) || (m.flags & MODULE_BLACKLISTED) || (takes && !takes(s, m.name)))
			continue;
		reason = matches[i].alias ? xasprintf("%s (alias %s)", why, matches[i].alias) : xstrdup(why);
		TRY(want_once(s, &m, reason));
	}
	return NULL;
}

struct err *host_want_device(struct host_selection *s, const struct hw_device *d, const char *what,
			     host_takes_fn *takes)
{
	AUTOFREE char *why = xasprintf("%s %s", what, d->syspath);
	unsigned found = 0;

	if (d->modalias)
		TRY(host_want_query(s, d->modalias, why, takes, &found));
	/* An MMC card says its alias in the uevent alone (drivers/mmc/core/bus.c), which no profile has. */
	if (!d->modalias && d->driver && strcmp(d->driver, "mmcblk") == 0)
		TRY(host_want_query(s, "mmc:block", why, takes, &found));
	/* A driver bound by other means than an alias (scsi's sd, a platform device by name) is a module of its name,
	 * if any. */
	if (found == 0 && d->driver && kernel_module(s->k, d->driver))
		TRY(host_want_query(s, d->driver, why, takes, &found));
	return NULL;
}

bool host_is_above(const struct hw_device *d, const char *syspath)
{
	size_t n = strlen(d->syspath);

	return strncmp(d->syspath, syspath, n) == 0 && (syspath[n] == '/' || syspath[n] == '\0');
}

static bool on_way_to_root(const struct hw_profile *p, const struct hw_device *d)
{
	for (size_t i = 0; i < p->stacks.count; i++)
		if (stack_passes(&p->stacks.items[i], d->syspath))
			return true;
	return false;
}

/* A mount that the boot needs and whose disks the profile does not tell, or NULL; every disk of the machine may be it.
 */
static const char *unknown_mount(const struct hw_profile *p)
{
	static const char *const needed[] = {"/", "/usr", "resume"};

	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct hw_stack *s = profile_stack(p, needed[i]);
		size_t n = s ? s->layers.count : 0;

		if (s ? n == 0 || !s->layers.items[n - 1].syspath : i == 0)
			return needed[i];
	}
	return NULL;
}

static bool drives_storage(const struct host_selection *s, const char *module)
{
	return s->caller->drives_storage(s->caller->arg, module);
}

static struct err *select_storage(struct host_selection *s)
{
	const char *unknown = unknown_mount(s->p);
	AUTOFREE char *why = unknown ? xasprintf("storage driver (the disk of %s is not known) of", unknown) : NULL;

	for (size_t i = 0; i < s->p->devices.count; i++) {
		const struct hw_device *d = &s->p->devices.items[i];

		if (on_way_to_root(s->p, d))
			TRY(host_want_device(s, d, "driver of", NULL));
		else if (unknown)
			TRY(host_want_device(s, d, why, drives_storage));
	}
	return NULL;
}

static struct err *want_fs(struct host_selection *s, const char *fstype, const char *why)
{
	AUTOFREE char *alias = xasprintf("fs-%s", fstype);
	unsigned found;

	return host_want_query(s, alias, why, NULL, &found);
}

/* What needs no disk says nothing of the one that the root will be on: a container's overlay, a live system. */
static bool is_on_disk(const char *fstype)
{
	static const char *const others[] = {"overlay", "tmpfs", "ramfs", "rootfs", "aufs", "swap"};

	for (unsigned i = 0; fstype && i < ARRAY_SIZE(others); i++)
		if (strcmp(fstype, others[i]) == 0)
			return false;
	return fstype != NULL;
}

static struct err *select_file_systems(struct host_selection *s)
{
	static const char *const common[] = {"ext4", "xfs", "btrfs", "f2fs", "squashfs", "erofs", "vfat"};
	bool known = false;

	for (size_t i = 0; i < s->p->stacks.count; i++) {
		const struct hw_stack *stack = &s->p->stacks.items[i];
		AUTOFREE char *why = xasprintf("file system of %s", stack->mount);

		if (!is_on_disk(stack->fstype))
			continue;
		if (strcmp(stack->mount, "/") == 0)
			known = true;
		TRY(want_fs(s, stack->fstype, why));
	}
	for (unsigned i = 0; !known && i < ARRAY_SIZE(common); i++)
		TRY(want_fs(s, common[i], "a common file system (that of / is not known)"));
	return NULL;
}

/* A root that no local disk holds: what the boot asks for by name, whatever devices show. */
static struct err *select_netroot(struct host_selection *s)
{
	static const struct {
		const char *word; /* type of the file system, or kind of a layer */
		enum netroot_kind kind;
	} roots[] = {{"nfs", NETROOT_NFS},	     {"nfs4", NETROOT_NFS}, {"9p", NETROOT_9P},
		     {"virtiofs", NETROOT_VIRTIOFS}, {"nbd", NETROOT_NBD},  {"iscsi", NETROOT_ISCSI},
		     {"nvme-fabrics", NETROOT_NVME}};
	const struct hw_stack *root = profile_stack(s->p, "/");
	unsigned found;

	for (unsigned i = 0; root && i < ARRAY_SIZE(roots); i++) {
		AUTOFREE char *why = xasprintf("root over %s", netroot_kind_name(roots[i].kind));
		AUTOFREE char *names = xstrdup(netroot_modules(roots[i].kind));
		char *rest = names, *name;

		if (!(root->fstype && strcmp(root->fstype, roots[i].word) == 0) &&
		    !stack_has_layer(root, roots[i].word))
			continue;
		while ((name = strsep(&rest, " ")))
			TRY(host_want_query(s, name, why, NULL, &found));
	}
	return NULL;
}

static bool is_card(const struct host_selection *s, const struct hw_device *d)
{
	struct module_match matches[MATCHES_MAX];
	errint n = d->modalias ? lookup_modules(&s->ix, NULL, d->modalias, LOOKUP_USABLE, matches, MATCHES_MAX) : 0;

	for (errint i = 0; i < n && i < MATCHES_MAX; i++) {
		struct index_module m;

		if (index_module(&s->ix, matches[i].module, &m) == 0 && m.flags & MODULE_PRESENT &&
		    s->caller->drives_network(s->caller->arg, m.name))
			return true;
	}
	return false;
}

/* The cards' own drivers are a feature's; here is the bus that each hangs on. */
static struct err *select_network(struct host_selection *s)
{
	for (size_t i = 0; i < s->p->devices.count; i++) {
		const struct hw_device *card = &s->p->devices.items[i];

		if (!is_card(s, card))
			continue;
		for (size_t j = 0; j < s->p->devices.count; j++) {
			const struct hw_device *d = &s->p->devices.items[j];

			if (j != i && host_is_above(d, card->syspath))
				TRY(host_want_device(s, d, "on the way to a network card:", NULL));
		}
	}
	return NULL;
}

struct err *host_select(const struct kernel *k, const struct hw_profile *p, const struct host_caller *caller)
{
	struct host_selection s = {.k = k, .p = p, .caller = caller};
	AUTOFREE unsigned char *index = NULL;
	struct err *e;
	size_t size;
	errint r;

	TRY(err_wrap(index_write(k, NULL, NULL, NULL, 0, &index, &size), "index of kernel %s", k->release));
	r = index_open(&s.ix, index, size);
	if (r < 0)
		return err_sys(-r, "index of kernel %s", k->release);
	e = select_storage(&s);
	if (!e)
		e = select_file_systems(&s);
	if (!e)
		e = select_netroot(&s);
	if (!e)
		e = select_network(&s);
	if (!e)
		e = host_select_keyboards(&s);
	if (!e)
		e = host_select_pins(&s);
	strmap_free(&s.seen);
	return e;
}
