/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that systemd's udev gives interfaces (systemd.net-naming-scheme(7)):
 * people write them on the command line, and no udev has given them here.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net_internal.h"
#include "textfile.h"

struct pci_place {
	char path[PATH_MAX]; /* of the PCI device in sysfs */
	unsigned domain, bus, slot, function;
};

/* The innermost PCI device of PATH: a virtio device stands below one. */
static bool find_pci(const char *path, struct pci_place *out)
{
	const char *at = path, *found = NULL;

	/* Below USB the name is that of the address. */
	if (strstr(path, "/usb"))
		return false;
	for (; (at = strchr(at, '/')); at++)
		if (sscanf(at, "/%4x:%2x:%2x.%1x", &out->domain, &out->bus, &out->slot, &out->function) == 4)
			found = at + 1 + strcspn(at + 1, "/");
	if (!found)
		return false;
	snprintf(out->path, sizeof(out->path), "%.*s", (int)(found - path), path);
	/* Of the last match, which a longer path may have overwritten with part of a later one. */
	at = strrchr(out->path, '/');
	return at && sscanf(at, "/%4x:%2x:%2x.%1x", &out->domain, &out->bus, &out->slot, &out->function) == 4;
}

/* Whether NAME is BASE with the suffixes that the function and the port of the device may add. */
static bool with_suffix(const char *name, const char *base, const struct pci_place *pci, const char *ifname)
{
	char path[96], port[32] = "", text[64];
	size_t len = strlen(base);
	uint64_t number = 0;

	if (strncmp(name, base, len) != 0)
		return false;
	name += len;
	snprintf(text, sizeof(text), "f%u", pci->function);
	if (strncmp(name, text, strlen(text)) == 0)
		name += strlen(text);
	else if (pci->function)
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/phys_port_name", ifname);
	if (text_read(path, port, sizeof(port)) > 0)
		snprintf(text, sizeof(text), "n%s", port);
	else
		text[0] = '\0';
	if (text[0] && strcmp(name, text) == 0)
		return true;
	snprintf(path, sizeof(path), "/sys/class/net/%s/dev_port", ifname);
	if (number_read(path, &number) == 0 && number) {
		snprintf(text, sizeof(text), "d%u", (unsigned)number);
		return strcmp(name, text) == 0;
	}
	return name[0] == '\0';
}

/* eno1: the firmware's own number of a device on the board. */
static bool onboard(const char *name, const struct pci_place *pci, const char *ifname)
{
	static const char *const files[] = {"acpi_index", "index"};
	char text[16], base[32];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (text_read_in(pci->path, files[i], text, sizeof(text)) <= 0)
			continue;
		snprintf(base, sizeof(base), "eno%s", text);
		if (with_suffix(name, base, pci, ifname))
			return true;
	}
	return false;
}

/* ens3: the number of the hotplug slot, whose address lacks the function. */
static bool in_slot(const char *name, const struct pci_place *pci, const char *ifname)
{
	static const char dir[] = "/sys/bus/pci/slots";
	char path[PATH_MAX], text[32], address[32], base[32];
	DIR *d = opendir(dir);
	bool found = false;
	struct dirent *e;

	snprintf(address, sizeof(address), "%04x:%02x:%02x", pci->domain, pci->bus, pci->slot);
	while (d && !found && (e = readdir(d))) {
		if (e->d_name[0] == '.' || path_format(path, sizeof(path), "%s/%s/address", dir, e->d_name) < 0 ||
		    text_read(path, text, sizeof(text)) <= 0 || strcmp(text, address) != 0)
			continue;
		snprintf(base, sizeof(base), "ens%.20s", e->d_name);
		found = with_suffix(name, base, pci, ifname);
	}
	if (d)
		closedir(d);
	return found;
}

bool net_name_predicted(const char *ifname, const struct net_mac *mac, const char *name)
{
	const uint8_t *m = mac->bytes;
	char base[48], link[96], path[PATH_MAX];
	struct pci_place pci;

	snprintf(base, sizeof(base), "enx%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	if (mac->set && strcmp(name, base) == 0)
		return true;
	if (strncmp(name, "en", 2) != 0 || path_format(link, sizeof(link), "/sys/class/net/%s/device", ifname) < 0 ||
	    !realpath(link, path) || !find_pci(path, &pci))
		return false;
	if (pci.domain)
		snprintf(base, sizeof(base), "enP%up%us%u", pci.domain, pci.bus, pci.slot);
	else
		snprintf(base, sizeof(base), "enp%us%u", pci.bus, pci.slot);
	return with_suffix(name, base, &pci, ifname) || onboard(name, &pci, ifname) || in_slot(name, &pci, ifname);
}
