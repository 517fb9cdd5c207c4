/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyboard.h"

#include <string.h>

#include "../early-init/plan/glob.h"

/*
 * Keyboards as their bus names them. early-init's own profile has no input
 * devices, because it loads keyboard drivers only when someone is asked something.
 */
static const char *const patterns[] = {
    "usb:*ic03isc01ip01*",		      /* boot keyboard (HID 1.11, appendix B) */
    "serio:ty06*",			      /* PS/2, AT */
    "acpi:PNP03??:*",			      /* keyboard controllers */
    "acpi:*PNP0C50:*",			      /* HID over I2C */
    "acpi:*ACPI0C50:*",			      /* the same, Microsoft's id */
    "platform:i8042",			      /* PS/2 controller */
    "vmbus:f912ad6d2b17ea48bd65f927a61c7684", /* Hyper-V synthetic keyboard */
    "virtio:d00000012v*",		      /* virtio input */
    "xen:vkbd",				      /* Xen */
};

/*
 * An input device with keys and autorepeat: EV_KEY (1) and EV_REP (0x14) among
 * the event types that its modalias lists ("...-e0,1,4,11,14,k..."). Power
 * buttons and mice have no autorepeat.
 */
static bool repeats_keys(const char *modalias)
{
	const char *events = strstr(modalias, "-e"), *end = events ? strchr(events, 'k') : NULL;
	bool key = false, repeat = false;

	if (strncmp(modalias, "input:", 6) != 0 || !end)
		return false;
	for (const char *p = events + 2; p < end; p += strcspn(p, ",") + 1) {
		size_t n = strcspn(p, ",");

		key = key || (n == 1 && *p == '1');
		repeat = repeat || (n == 2 && memcmp(p, "14", 2) == 0);
	}
	return key && repeat;
}

bool is_keyboard(const struct hw_device *device)
{
	if (!device->modalias)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(patterns); i++)
		if (glob_match(patterns[i], device->modalias))
			return true;
	return repeats_keys(device->modalias);
}
