// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A shell before the hardware is looked at (rd.break=cmdline, pre-load): what
 * somebody needs to type there, or to log in from afar, is looked for, and
 * nothing else. No driver of a disk is loaded, which is what such a shell is for.
 */
#include <string.h>

#include "loader.h"
#include "uevents.h"

/* What more modules match is the CPU. */
#define MATCHES_MAX 16

bool module_leads_to_keyboard(const struct index_module *m)
{
	/* Between the processor and a keyboard or a card; disks lie behind some of them, their drivers elsewhere. */
	static const char *const dirs[] = {"usb", "virtio", "hv", "xen", "i2c", "spi", "mfd", "gpio", "pinctrl", "phy"};
	static const char drivers[] = "/kernel/drivers/", usb_disks[] = "usb/storage/";
	const char *at = m->path ? strstr(m->path, drivers) : NULL;

	if (m->flags & (MODULE_KEYBOARD | MODULE_NETWORK))
		return true;
	if (!at)
		return false;
	at += sizeof(drivers) - 1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		size_t len = strlen(dirs[i]);

		if (strncmp(at, dirs[i], len) == 0 && at[len] == '/')
			return strncmp(at, usb_disks, sizeof(usb_disks) - 1) != 0;
	}
	return false;
}

bool alias_leads_to_keyboard(const struct boot *b, const char *modalias)
{
	struct module_match matches[MATCHES_MAX];
	errint n = lookup_modules(&b->ix, &b->conf, modalias, LOOKUP_USABLE, matches, MATCHES_MAX);
	struct index_module m;

	for (errint i = 0; n <= MATCHES_MAX && i < n; i++)
		if (index_module(&b->ix, matches[i].module, &m) == 0 && module_leads_to_keyboard(&m))
			return true;
	return false;
}

static void seen(void *arg, const char *syspath, const char *modalias)
{
	device_seen(arg, syspath, modalias);
}

void coldplug_keyboards(struct boot *b)
{
	errint r = coldplug_walk("/sys", false, seen, b);

	if (r < 0)
		log_err("cannot look for keyboards: %s", strerror(-r));
}
