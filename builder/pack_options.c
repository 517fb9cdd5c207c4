/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --compress says, and what the target kernel can read. */
#include <string.h>

#include "pack.h"

/* Of a host image: a tenth smaller than by zstd's own choice, for a sixth of a second. */
#define SMALL_LEVEL 9

static const struct kind {
	const char *name;
	bool solid;
	enum codec codec;
} kinds[] = {
    {"auto", false, CODEC_ZSTD},      {"zstd", false, CODEC_ZSTD},	{"none", false, CODEC_NONE},
    {"solid-zstd", true, CODEC_ZSTD}, {"solid-xz", true, CODEC_XZ},	{"solid-gzip", true, CODEC_GZIP},
    {"solid-lz4", true, CODEC_LZ4},   {"solid-none", true, CODEC_NONE}, {"xz", true, CODEC_XZ},
    {"gzip", true, CODEC_GZIP},	      {"lz4", true, CODEC_LZ4},
};

static const struct kind *find_kind(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
			return &kinds[i];
	return NULL;
}

static struct err *parse_level(const char *what, const char *text, const struct kind *k, int *level)
{
	int min, max;
	char *end;

	if (!codec_levels(k->codec, &min, &max))
		return err_new(EXIT_USAGE, "%s: %s takes no level", what, k->name);
	errno = 0;
	long n = strtol(text, &end, 10);
	if (!*text || *end || errno || n < min || n > max)
		return err_new(EXIT_USAGE, "%s: %s: level '%s' is none of %d to %d", what, k->name, text, min, max);
	*level = (int)n;
	return NULL;
}

/* https://reproducible-builds.org/specs/source-date-epoch/ ; cpio has 32 bits for it. */
static struct err *source_date(uint32_t *out)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;

	*out = 0;
	if (!text || !*text)
		return NULL;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > UINT32_MAX)
		return err_new(EXIT_USAGE, "SOURCE_DATE_EPOCH='%s' is no time: seconds since 1970, at most %u", text,
			       UINT32_MAX);
	*out = (uint32_t)n;
	return NULL;
}

struct err *pack_parse_kind(const char *what, const char *text, struct pack_options *out)
{
	size_t len = text ? strcspn(text, ":") : 0;
	const struct kind *k = text ? find_kind(text, len) : &kinds[0];

	if (!k)
		return err_new(EXIT_USAGE,
			       "%s: '%s' is unknown: auto, zstd or none (modules singly), solid-zstd, solid-xz, "
			       "solid-gzip, solid-lz4 or solid-none, each but none with :LEVEL",
			       what, text);
	*out = (struct pack_options){
	    .solid = k->solid, .codec = k->codec, .level = COMPRESS_LEVEL_DEFAULT, .automatic = k == &kinds[0]};
	if (text && text[len] == ':')
		TRY(parse_level(what, text + len + 1, k, &out->level));
	return source_date(&out->mtime);
}

static bool readable(const struct pack_target *t, enum codec c)
{
	return c == CODEC_NONE || !t->can_read || t->can_read(t->arg, c);
}

static const enum codec wanted[] = {CODEC_ZSTD, CODEC_GZIP, CODEC_XZ, CODEC_LZ4};

static struct err *cannot_unpack(const struct pack_options *opt, const struct pack_target *t)
{
	CLEANUP(buf_free) struct buf can = {0};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (t->can_read(t->arg, wanted[i]))
			buf_printf(&can, " solid-%s", codec_name(wanted[i]));
	return err_new(EXIT_FAILED,
		       "this kernel cannot unpack %s (its CONFIG_RD_ option is not set): compress with zstd%s instead",
		       codec_name(opt->codec), can.data ? can.data : "");
}

/* Of programs and data beside modules that are stored singly. */
static enum codec main_codec(const struct pack_target *t)
{
	if (!t->can_read)
		return CODEC_GZIP;
	/* Undone in half the time that zstd takes, and programs are small. */
	if (t->lz4_ends && t->can_read(t->arg, CODEC_LZ4))
		return CODEC_LZ4;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (t->can_read(t->arg, wanted[i]) && wanted[i] != CODEC_LZ4)
			return wanted[i];
	return CODEC_NONE;
}

struct err *pack_choose_main(struct pack_options *opt, const struct pack_target *t)
{
	/* Nothing is gained by leaving modules packed that every boot loads. */
	if (opt->automatic && t->all_loaded && t->can_read && t->can_read(t->arg, opt->codec)) {
		opt->solid = true;
		if (opt->level == COMPRESS_LEVEL_DEFAULT)
			opt->level = SMALL_LEVEL;
	}
	if (opt->solid && !readable(t, opt->codec))
		return cannot_unpack(opt, t);
	/* Without --compress none: what small programs gain is worth the few milliseconds of unpacking. */
	opt->main_codec = opt->codec == CODEC_NONE ? CODEC_NONE : main_codec(t);
	return NULL;
}

const char *pack_module_suffix(const struct pack_options *opt)
{
	return !opt->solid && opt->codec == CODEC_ZSTD ? ".zst" : "";
}
