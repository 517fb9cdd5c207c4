/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root's words for people's eyes: the console and the report of a failed boot are photographed and sent around. */
#include <stdio.h>
#include <string.h>

#include "netroot.h"
#include "netroot_internal.h"

/*
 * Where "USER:PASSWORD@" ends, at the '@'; NULL when TEXT has no place for it.
 * Also of words that parse as nothing: those are the ones that get shown. Hence
 * the last '@', where the parser takes the first: the password may hold one.
 */
static const char *credentials_end(const char *text, const char **start)
{
	static const char *const schemes[] = {"iscsi:", "cifs:", "smb:"};
	const char *url = strstr(text, "://"), *rest, *end = NULL;
	size_t len = 0;

	if (url) {
		*start = url + strlen("://");
		len = strcspn(*start, "/");
	}
	/* No way to tell where a password ends here: any byte may be in it. */
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		rest = netroot_after(text, schemes[i]);
		if (rest) {
			*start = rest;
			len = strlen(rest);
		}
	}
	for (size_t i = 0; i < len; i++)
		if ((*start)[i] == '@')
			end = *start + i;
	return end;
}

const char *netroot_masked(const char *text, char *out, size_t size)
{
	const char *start = text, *end = credentials_end(text, &start), *colon;

	colon = end ? memchr(start, ':', (size_t)(end - start)) : NULL;
	if (colon)
		snprintf(out, size, "%.*s:***%s", (int)(colon - text), text, end);
	else
		snprintf(out, size, "%s", text);
	return out;
}
