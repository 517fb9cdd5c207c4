/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <blkid/blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void probe_cleanup(blkid_probe *pr)
{
	if (*pr)
		blkid_free_probe(*pr);
}

void probe_free(struct probe_result *r)
{
	for (unsigned i = 0; i < r->nparts; i++) {
		free(r->parts[i].uuid);
		free(r->parts[i].label);
		free(r->parts[i].type);
	}
	free(r->parts);
	free(r->type);
	free(r->usage);
	free(r->uuid);
	free(r->label);
	free(r->uuid_sub);
	free(r->table_uuid);
	*r = (struct probe_result){0};
}

static char *copy(const char *s)
{
	return s && *s ? strdup(s) : NULL;
}

static char *copy_value(blkid_probe pr, const char *name)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(pr, name, &value, NULL) == 0 ? copy(value) : NULL;
}

static errint read_signature(blkid_probe pr, struct probe_result *out)
{
	int rc;

	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_UUID |
						  BLKID_SUBLKS_LABEL);
	errno = 0;
	rc = blkid_do_safeprobe(pr);
	if (rc == -2) {
		out->ambivalent = true;
		return 0;
	}
	if (rc < 0)
		return errno ? -errno : -EIO;
	if (rc > 0)
		return 0;
	out->type = copy_value(pr, "TYPE");
	out->usage = copy_value(pr, "USAGE");
	out->uuid = copy_value(pr, "UUID");
	out->label = copy_value(pr, "LABEL");
	out->uuid_sub = copy_value(pr, "UUID_SUB");
	return 0;
}

static void copy_partition(blkid_partition part, struct probe_partition *out)
{
	const char *type = blkid_partition_get_type_string(part);
	char number[16];

	if (!type) {
		snprintf(number, sizeof(number), "0x%x", (unsigned)blkid_partition_get_type(part));
		type = number;
	}
	*out = (struct probe_partition){
	    .partno = (unsigned)blkid_partition_get_partno(part),
	    .uuid = copy(blkid_partition_get_uuid(part)),
	    .label = copy(blkid_partition_get_name(part)),
	    .type = copy(type),
	    .flags = blkid_partition_get_flags(part),
	};
}

static errint read_partitions(blkid_probe pr, struct probe_result *out)
{
	blkid_partlist list;
	blkid_parttable table;
	int count;

	blkid_probe_enable_partitions(pr, 1);
	list = blkid_probe_get_partitions(pr);
	if (!list)
		return 0;
	table = blkid_partlist_get_table(list);
	if (table)
		out->table_uuid = copy(blkid_parttable_get_id(table));
	count = blkid_partlist_numof_partitions(list);
	if (count <= 0)
		return 0;
	if (count > PROBE_PARTITIONS_MAX)
		count = PROBE_PARTITIONS_MAX;
	out->parts = calloc((size_t)count, sizeof(*out->parts));
	if (!out->parts)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		blkid_partition part = blkid_partlist_get_partition(list, i);
		if (part)
			copy_partition(part, &out->parts[out->nparts++]);
	}
	return 0;
}

errint probe_fd(int fd, struct probe_result *out)
{
	blkid_probe CLEANUP(probe_cleanup) pr = blkid_new_probe();
	char first;
	errint err, parts;

	*out = (struct probe_result){0};
	if (!pr)
		return -ENOMEM;
	/* libblkid takes an unreadable device for an empty one; one byte tells the difference and the errno. */
	if (pread(fd, &first, 1, 0) < 0)
		return -errno;
	errno = 0;
	if (blkid_probe_set_device(pr, fd, 0, 0) != 0)
		return errno ? -errno : -EIO;
	err = read_signature(pr, out);
	parts = read_partitions(pr, out);
	return err < 0 ? err : parts;
}
