/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that a build would take as they are, and that the boot could do nothing with. */
#include <crypt.h>
#include <string.h>

#include "../early-init/plan/planner.h"
#include "config.h"

/* Where the single value KEY ("image.compress") was said. */
const char *config_origin(const struct config *c, const char *key)
{
	const char *origin = strmap_get(&c->origins, key);

	return origin ? origin : "configuration";
}

/* "ONE:OTHER", as planner_pairs.c reads it. */
static bool is_pair(const char *word)
{
	const char *colon = strchr(word, ':');

	return colon && colon != word && colon[1] && !strchr(colon + 1, ':');
}

static struct err *check_pairs(const struct config_words *list, const char *key, const char *form)
{
	for (size_t i = 0; i < list->words.count; i++) {
		const struct config_word *w = &list->words.items[i];
		if (!is_pair(w->text))
			return err_new(EXIT_USAGE, "%s: %s: '%s' is not %s", w->origin, key, w->text, form);
		if (i == PAIRS_MAX)
			return err_new(EXIT_USAGE,
				       "%s: %s: '%s' is one too many: at most %d pairs, those of other files included",
				       w->origin, key, w->text, PAIRS_MAX);
	}
	return NULL;
}

/* What no password ever matches would lock the shell for good: crypt(3) then gives NULL, "*0", or another length. */
static bool is_hash(const char *text)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *got = crypt_r("x", text, data);
	bool ok = got && *got != '*' && strlen(got) == strlen(text);

	free(data);
	return ok;
}

struct err *config_check(const struct config *c)
{
	const struct image_config *im = &c->image;

	TRY(check_pairs(&im->disk_drivers, "disk-drivers", "BUS:MODULE"));
	TRY(check_pairs(&im->load_requests, "load-requests", "MODULE:OTHER"));
	/* Its value is not shown: it may be the password itself. */
	if (im->emergency_password && !is_hash(im->emergency_password))
		return err_new(
		    EXIT_USAGE,
		    "%s: emergency-password: no hash of crypt(3) that a password can match: openssl passwd -6 "
		    "prints one",
		    config_origin(c, "image.emergency-password"));
	return NULL;
}
