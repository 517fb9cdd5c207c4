/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What host mode takes for keyboards, and for the pins that keyboards and card slots hang on. */
#include <string.h>

#include "host_select_parts.h"
#include "keyboard.h"

static bool is_input(const struct hw_device *d)
{
	return d->modalias && strncmp(d->modalias, "input:", 6) == 0;
}

/* A keyboard on I2C, as ACPI tells it. */
static bool is_i2c_hid(const struct hw_device *d)
{
	return d->modalias && strstr(d->modalias, "0C50:");
}

/*
 * HID keyboards show their own modalias only below a transport driver, which may not have been loaded. hid-generic
 * leaves those alone that have a driver of their own (hid_have_special_driver), so that is asked for by the numbers.
 */
static struct err *want_hid(struct host_selection *s, const struct hw_device *keyboard)
{
	AUTOFREE char *query = NULL, *why = NULL;
	char vendor[5], product[5];
	unsigned found;

	if (strncmp(keyboard->modalias, "usb:", 4) != 0 && !is_i2c_hid(keyboard))
		return NULL;
	TRY(host_want_query(s, "hid:b0003g0001v00000000p00000000", "any HID keyboard", NULL, &found));
	if (sscanf(keyboard->modalias, "usb:v%4[0-9A-F]p%4[0-9A-F]", vendor, product) != 2)
		return NULL;
	query = xasprintf("hid:b0003g0001v0000%sp0000%s", vendor, product);
	why = xasprintf("HID keyboard %s:%s", vendor, product);
	return host_want_query(s, query, why, NULL, &found);
}

struct err *host_select_keyboards(struct host_selection *s)
{
	for (size_t i = 0; i < s->p->devices.count; i++) {
		const struct hw_device *keyboard = &s->p->devices.items[i];

		if (!is_keyboard(keyboard))
			continue;
		for (size_t j = 0; j < s->p->devices.count; j++) {
			const struct hw_device *d = &s->p->devices.items[j];

			/* An input device tells that there is a keyboard; what matches it is for graphical sessions. */
			if (host_is_above(d, keyboard->syspath) && !is_input(d))
				TRY(host_want_device(s, d, "keyboard at", NULL));
		}
		TRY(want_hid(s, keyboard));
	}
	return NULL;
}

/* Whose probe is put off until the pins are there. */
static bool needs_pins(const struct hw_profile *p)
{
	for (size_t i = 0; i < p->stacks.count; i++)
		for (size_t l = 0; l < p->stacks.items[i].layers.count; l++) {
			const char *syspath = p->stacks.items[i].layers.items[l].syspath;

			if (syspath && strstr(syspath, "/mmc_host/"))
				return true;
		}
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct hw_device *d = &p->devices.items[i];

		if (is_keyboard(d) && (is_i2c_hid(d) || strstr(d->syspath, "/i2c-")))
			return true;
	}
	return false;
}

static bool drives_pins(const struct host_selection *s, const char *module)
{
	static const char *const places[] = {"kernel/drivers/pinctrl/", "kernel/drivers/gpio/"};
	const struct kmodule *m = kernel_module(s->k, module);
	const char *path = m && m->own_path ? m->own_path : m ? m->path : NULL;

	for (unsigned i = 0; path && i < ARRAY_SIZE(places); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

struct err *host_select_pins(struct host_selection *s)
{
	bool needed = needs_pins(s->p);

	for (size_t i = 0; needed && i < s->p->devices.count; i++)
		TRY(host_want_device(s, &s->p->devices.items[i], "pins of a card slot or a keyboard:", drives_pins));
	return NULL;
}
