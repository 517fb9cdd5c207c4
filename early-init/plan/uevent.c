/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel uevents: one key table for netlink messages and for sysfs uevent files. */
#include "uevent.h"

#include <limits.h>
#include <string.h>

#include "text.h"

static const char *const action_names[] = {
    [UEVENT_ADD] = "add",	[UEVENT_REMOVE] = "remove", [UEVENT_CHANGE] = "change", [UEVENT_BIND] = "bind",
    [UEVENT_UNBIND] = "unbind", [UEVENT_MOVE] = "move",	    [UEVENT_ONLINE] = "online", [UEVENT_OFFLINE] = "offline",
};

static enum uevent_action action_of(const char *name, size_t len)
{
	for (unsigned i = 0; i < ARRAY_SIZE(action_names); i++)
		if (strlen(action_names[i]) == len && memcmp(action_names[i], name, len) == 0)
			return (enum uevent_action)i;
	return UEVENT_OTHER;
}

/* Keys whose value is kept as text. */
static const struct {
	const char *key;
	size_t field;
} text_keys[] = {
    {"SUBSYSTEM", offsetof(struct uevent, subsystem)}, {"MODALIAS", offsetof(struct uevent, modalias)},
    {"DEVNAME", offsetof(struct uevent, devname)},     {"DEVTYPE", offsetof(struct uevent, devtype)},
    {"DRIVER", offsetof(struct uevent, driver)},       {"DISKSEQ", offsetof(struct uevent, diskseq)},
    {"PARTN", offsetof(struct uevent, partn)},	       {"PARTNAME", offsetof(struct uevent, partname)},
};

/* Which of MAJOR and MINOR were seen and made sense. */
enum { SEEN_MAJOR = 1, SEEN_MINOR = 2, SEEN_BOTH = 3 };

/* One NUL-terminated "KEY=VALUE"; what is not that, or not known, is skipped. */
static void take_pair(struct uevent *u, unsigned *seen, const char *pair)
{
	const char *value = strchr(pair, '=');
	size_t key_len;
	uint64_t n;

	if (!value)
		return;
	key_len = (size_t)(value++ - pair);
	for (unsigned i = 0; i < ARRAY_SIZE(text_keys); i++) {
		if (strlen(text_keys[i].key) == key_len && memcmp(text_keys[i].key, pair, key_len) == 0) {
			memcpy((char *)u + text_keys[i].field, &value, sizeof(value));
			return;
		}
	}
	if (key_len == 5 && memcmp(pair, "MAJOR", 5) == 0 && text_decimal(value, UINT_MAX, &n, NULL) == 0) {
		u->major = (unsigned)n;
		*seen |= SEEN_MAJOR;
	} else if (key_len == 5 && memcmp(pair, "MINOR", 5) == 0 && text_decimal(value, UINT_MAX, &n, NULL) == 0) {
		u->minor = (unsigned)n;
		*seen |= SEEN_MINOR;
	} else if (key_len == 6 && memcmp(pair, "SEQNUM", 6) == 0 && text_decimal(value, UINT64_MAX, &n, NULL) == 0) {
		u->seqnum = n;
	}
}

errint uevent_parse(const char *msg, size_t len, struct uevent *out)
{
	const char *at, *end = msg + len;
	unsigned seen = 0;

	*out = (struct uevent){.action = UEVENT_OTHER};
	if (len == 0 || len > UEVENT_MAX || msg[len - 1] != '\0')
		return -EBADMSG;
	at = strchr(msg, '@');
	if (!at || at == msg || at[1] != '/')
		return -EBADMSG;
	out->action = action_of(msg, (size_t)(at - msg));
	out->devpath = at + 1;
	for (const char *pair = at + strlen(at) + 1; pair < end; pair += strlen(pair) + 1)
		take_pair(out, &seen, pair);
	out->has_devno = seen == SEEN_BOTH;
	return 0;
}

errint uevent_parse_file(char *text, size_t len, struct uevent *out)
{
	unsigned seen = 0;

	*out = (struct uevent){.action = UEVENT_ADD};
	if (len == 0)
		return 0;
	if (text[len - 1] != '\n' && text[len - 1] != '\0')
		return -EBADMSG;
	for (char *line = text, *end = text + len; line < end;) {
		char *stop = line;

		while (*stop != '\n' && *stop != '\0')
			stop++;
		*stop = '\0';
		take_pair(out, &seen, line);
		line = stop + 1;
	}
	out->has_devno = seen == SEEN_BOTH;
	return 0;
}
