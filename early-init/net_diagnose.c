/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the report of a failed boot says of the network. */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net_internal.h"
#include "plan/lookup.h"

#define ABSENT_MAX 4
#define CARDS_MAX 8
#define LINE_SIZE 600

struct report {
	net_say_fn *fn;
	void *arg;
};

static void say(const struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(const struct report *r, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	r->fn(r->arg, line);
}

static const char *state_text(const struct net_iface *i, char *out, size_t size)
{
	if (i->state == IFACE_FAILED)
		return i->why;
	if (i->state == IFACE_UP)
		return "up";
	if (!i->ip && i->state == IFACE_IDLE)
		return "not to be configured by the command line";
	net_iface_describe(i, out, size);
	return out;
}

static void say_iface(const struct report *r, const struct net_iface *i)
{
	char mac[NET_MAC_TEXT], a4[NET_ADDR_TEXT], a6[NET_ADDR_TEXT], state[200];

	say(r, "  %s: %s, %s%s, %s%s%s%s%s: %s", i->known.ifname, net_mac_text(&i->known.mac, mac),
	    i->driver[0] ? "driver " : "",
	    i->driver[0] ? i->driver
	    : i->kind[0] ? i->kind
			 : "driver unknown",
	    net_iface_has_link(i) ? "link"
	    : i->flags & IFF_UP	  ? "no link"
				  : "not set up",
	    i->known.address.family ? ", " : "", net_addr_text(&i->known.address, true, a4),
	    i->known.address6.family ? ", " : "", net_addr_text(&i->known.address6, true, a6),
	    state_text(i, state, sizeof(state)));
}

/* What a bus says of a network card; the class of a USB device is mostly its driver's secret. */
static bool says_network(const char *modalias)
{
	static const char *const prefixes[] = {"virtio:d00000001v", "vmbus:635161f83edfc546913ff2d2f965ed0e",
					       "xen:vif"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(modalias, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	if (strncmp(modalias, "pci:", 4) == 0)
		return strstr(modalias, "bc02") != NULL;
	/* Communications class, Ethernet networking; and its vendors' forms in the interface's part. */
	return strncmp(modalias, "usb:", 4) == 0 && strstr(modalias, "ic02isc06") != NULL;
}

/* A card without a driver: who would drive it. Whether it is one. */
static bool say_card(const struct report *r, struct boot *b, const char *syspath, const char *modalias)
{
	struct module_match m[ABSENT_MAX];
	struct index_module module;
	errint n = lookup_modules(&b->ix, &b->conf, modalias, LOOKUP_ABSENT, m, ABSENT_MAX);
	bool said = false;

	for (errint i = 0; i < n && i < ABSENT_MAX; i++) {
		if (m[i].module == MODULE_NONE || index_module(&b->ix, m[i].module, &module) < 0 ||
		    !(module.flags & MODULE_NETWORK))
			continue;
		said = true;
		say(r, "  network card %s (%.80s): driven by module %s, which is not in this image: %s", syspath,
		    modalias, module.name, module.absent_reason ? module.absent_reason : "reason unknown");
	}
	if (!said && says_network(modalias)) {
		said = true;
		say(r, "  network card %s (%.80s): no module of this kernel drives it", syspath, modalias);
	}
	return said;
}

bool net_is_card(struct boot *b, const char *modalias)
{
	struct module_match m[ABSENT_MAX];
	struct index_module module;
	errint n;

	if (!b->net || !b->net->started)
		return false;
	if (says_network(modalias))
		return true;
	n = lookup_modules(&b->ix, &b->conf, modalias, LOOKUP_ABSENT, m, ABSENT_MAX);
	for (errint i = 0; i < n && i < ABSENT_MAX; i++)
		if (m[i].module != MODULE_NONE && index_module(&b->ix, m[i].module, &module) == 0 &&
		    module.flags & MODULE_NETWORK)
			return true;
	return false;
}

static void say_words(const struct report *r, const struct netspec *spec)
{
	char text[300];

	for (unsigned i = 0; netspec_describe(spec, i, text, sizeof(text)); i++)
		say(r, "  asked for: %s", text);
}

void net_diagnose(struct boot *b, net_say_fn *fn, void *arg)
{
	const struct report r = {fn, arg};
	const struct net *n = b->net;
	const char *syspath, *modalias;
	unsigned cards = 0;

	if (!n || !n->started)
		return;
	say(&r, "%s", n->why[0] ? n->why : n->status == NET_STATUS_UP ? "network: up" : n->waits_for);
	say_words(&r, &n->spec);
	for (unsigned i = 0; i < n->count; i++)
		if (n->ifaces[i].there)
			say_iface(&r, &n->ifaces[i]);
	for (unsigned i = 0; b->ix.base && unmatched_device(i, &syspath, &modalias) && cards < CARDS_MAX; i++)
		cards += say_card(&r, b, syspath, modalias);
	if (!n->count && !cards)
		say(&r, "  no network card on any bus that was looked at (PCI, USB, virtio, ...)");
}
