/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod_bin.h"

#include <string.h>

#define MAGIC 0xb007f457u
#define VERSION_MAJOR 2u
/* What a node's offset says of the fields it has. */
#define NODE_PREFIX 0x80000000u
#define NODE_VALUES 0x40000000u
#define NODE_CHILDREN 0x20000000u
#define NODE_OFFSET 0x0fffffffu
/* Longest key: libkmod's own buffers are PATH_MAX. */
#define KEY_MAX 4096
/* Bytes of a value: its priority and an empty text. */
#define VALUE_MIN 5

struct reader {
	const unsigned char *data;
	size_t size;
	size_t at;
	size_t nodes_left;  /* each node has bytes of its own: more than that is a loop */
	size_t values_left; /* and each value has VALUE_MIN: more are shared by nodes, which depmod never does */
	kmod_bin_fn *entry;
	void *arg;
	char key[KEY_MAX + 1];
};

static struct err *damaged(const struct reader *r)
{
	return err_new(EXIT_FAILED, "damaged at byte %zu", r->at);
}

static struct err *read_u32(struct reader *r, uint32_t *out)
{
	if (r->at > r->size || r->size - r->at < 4)
		return damaged(r);
	const unsigned char *p = r->data + r->at;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	r->at += 4;
	return NULL;
}

static struct err *read_string(struct reader *r, const char **out, size_t *len)
{
	const unsigned char *nul = r->at < r->size ? memchr(r->data + r->at, 0, r->size - r->at) : NULL;

	if (!nul)
		return damaged(r);
	*out = (const char *)r->data + r->at;
	*len = (size_t)(nul - (r->data + r->at));
	r->at += *len + 1;
	return NULL;
}

static struct err *read_values(struct reader *r, size_t key_len)
{
	uint32_t count, priority;
	const char *value;
	size_t len;

	TRY(read_u32(r, &count));
	r->key[key_len] = '\0';
	while (count--) {
		if (r->values_left-- == 0)
			return damaged(r);
		TRY(read_u32(r, &priority));
		TRY(read_string(r, &value, &len));
		r->entry(r->arg, r->key, key_len, value, priority);
	}
	return NULL;
}

static struct err *read_node(struct reader *r, uint32_t node, size_t key_len);

/* Children FIRST.. of a node, their offsets starting at byte AT. */
static struct err *read_children(struct reader *r, size_t at, unsigned first, unsigned count, size_t key_len)
{
	if (count && (first == 0 || key_len == KEY_MAX))
		return damaged(r);
	for (unsigned i = 0; i < count; i++) {
		uint32_t child;
		r->at = at + (size_t)i * 4;
		TRY(read_u32(r, &child));
		r->key[key_len] = (char)(first + i);
		if (child & NODE_OFFSET)
			TRY(read_node(r, child, key_len + 1));
	}
	return NULL;
}

/* The recursion is as deep as a key is long: KEY_MAX. */
static struct err *read_node(struct reader *r, uint32_t node, size_t key_len)
{
	unsigned first = 0, count = 0;
	size_t children = 0;

	r->at = node & NODE_OFFSET;
	if (r->nodes_left-- == 0)
		return damaged(r);
	if (node & NODE_PREFIX) {
		const char *prefix;
		size_t len;
		TRY(read_string(r, &prefix, &len));
		if (len > KEY_MAX - key_len)
			return damaged(r);
		memcpy(r->key + key_len, prefix, len);
		key_len += len;
	}
	if (node & NODE_CHILDREN) {
		if (r->at > r->size || r->size - r->at < 2 || r->data[r->at] > r->data[r->at + 1])
			return damaged(r);
		first = r->data[r->at];
		count = r->data[r->at + 1] - first + 1;
		children = r->at + 2;
		r->at = children + (size_t)count * 4;
	}
	if (node & NODE_VALUES)
		TRY(read_values(r, key_len));
	return read_children(r, children, first, count, key_len);
}

struct err *kmod_bin_read(const void *data, size_t size, kmod_bin_fn *entry, void *arg)
{
	struct reader r = {.data = data,
			   .size = size,
			   .nodes_left = size,
			   .values_left = size / VALUE_MIN,
			   .entry = entry,
			   .arg = arg};
	uint32_t magic = 0, version = 0, root = 0;

	TRY(read_u32(&r, &magic));
	TRY(read_u32(&r, &version));
	TRY(read_u32(&r, &root));
	if (magic != MAGIC)
		return err_new(EXIT_FAILED, "not a table of depmod");
	if (version >> 16 != VERSION_MAJOR)
		return err_new(EXIT_FAILED, "written by a depmod of another generation (version %u)", version >> 16);
	return root & NODE_OFFSET ? read_node(&r, root, 0) : NULL;
}
