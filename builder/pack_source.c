/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack_source.h"

#include "compress.h"
#include "module_file.h"

struct err *pack_source_open(const struct entry *e, struct pack_source *out)
{
	if (e->source) {
		TRY(file_map(e->source, &out->map));
		out->data = out->map.data;
		out->size = out->map.size;
		return NULL;
	}
	out->data = e->data ? e->data : (const unsigned char *)"";
	out->size = e->data ? e->size : 0;
	return NULL;
}

struct err *pack_source_plain(struct pack_source *s)
{
	enum codec codec = codec_detect(s->data, s->size);

	if (codec == CODEC_NONE)
		return NULL;
	TRY(decompress(codec, s->data, s->size, MODULE_SIZE_MAX, &s->plain, &s->size));
	s->data = s->plain;
	return NULL;
}

void pack_source_close(struct pack_source *s)
{
	free(s->plain);
	file_unmap(&s->map);
	*s = (struct pack_source){0};
}
