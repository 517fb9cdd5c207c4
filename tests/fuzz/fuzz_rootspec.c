/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any root=, and any device facts against it: the first line of the input is
 * the text, the others fill the facts. What can be described in words that
 * are a form of root= again, must mean the same when read back.
 */
#include <stdlib.h>
#include <string.h>

#include "../../early-init/plan/rootspec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct root_spec *spec)
{
	char words[2 * ROOTSPEC_VALUE_MAX];
	struct root_spec again;

	rootspec_describe(spec, words, sizeof(words));
	switch (spec->kind) {
	case ROOT_UUID:
	case ROOT_LABEL:
	case ROOT_PARTUUID:
	case ROOT_PARTLABEL:
		/* Quotes of a value that are part of it are not written twice. */
		if (strpbrk(spec->value, "\"'/"))
			return;
		break;
	case ROOT_DEVNAME:
		break;
	default:
		return;
	}
	if (rootspec_parse(words, &again) != 0 || again.kind != spec->kind || strcmp(again.value, spec->value) != 0 ||
	    again.partnroff != spec->partnroff)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1), *rest, words[128], tiny[4];
	const char *line[10] = {0};
	struct block_facts dev;
	struct root_spec spec;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	rest = text;
	for (unsigned i = 0; i < ARRAY_SIZE(line) && rest; i++)
		line[i] = strsep(&rest, "\n");
	dev = (struct block_facts){.devname = line[1],
				   .disk = line[2],
				   .fs_type = line[3],
				   .fs_uuid = line[4],
				   .fs_label = line[4],
				   .part_uuid = line[5],
				   .part_label = line[5],
				   .bus = line[6],
				   .model = line[7],
				   .vendor = line[7],
				   .serial = line[8],
				   .wwn = line[9],
				   .partno = line[2] ? (unsigned)strlen(line[2]) % 4 : 0};
	if (rootspec_parse(line[0], &spec) == 0) {
		read_back(&spec);
		rootspec_describe(&spec, tiny, sizeof(tiny));
		if (rootspec_matches(&spec, &dev) && rootspec_near_miss(&spec, &dev, words, sizeof(words)))
			abort();
		if (!rootspec_matches(&spec, &dev))
			rootspec_near_miss(&spec, &dev, words, sizeof(words));
		if (rootspec_matches_from(&spec, &dev, &dev) && spec.partnroff)
			abort();
	}
	free(text);
	return 0;
}
